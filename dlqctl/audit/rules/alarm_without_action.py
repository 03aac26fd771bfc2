"""An alarm goes off and nobody is told.

What: An alarm has no action for its ALARM state, or its actions are switched off.

Why: An alarm that only turns red in the console is seen by whoever happens to look there.

Judged: A warning where ActionsEnabled is false or AlarmActions empty, for alarms on AWS/SQS,
    AWS/Lambda, AWS/Kinesis, AWS/DynamoDB, AWS/Events, AWS/Scheduler, AWS/SNS or AWS/States. An
    alarm is let off when a composite alarm that acts names it, when it silences a composite alarm,
    or when a deployment watches it. Not judged where an EventBridge rule on alarm state changes
    may do the telling.

CLI:
    aws cloudwatch enable-alarm-actions --alarm-names orders-dlq-not-empty
    aws cloudwatch put-metric-alarm --alarm-name orders-dlq-not-empty --alarm-actions TOPIC_ARN

SAM:
    OrdersDlqNotEmpty:
      Type: AWS::CloudWatch::Alarm
      Properties:
        ActionsEnabled: true
        AlarmActions: [!Ref Operators]

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_cloudwatch_metric_alarm" "orders_dlq_not_empty" {
      actions_enabled = true
      alarm_actions   = [aws_sns_topic.operators.arn]
    }

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from collections.abc import Iterator

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.notifications import acts, is_passed_on
from dlqctl.audit.resources import Alarm
from dlqctl.audit.rule import Audit, Fault, Rule, setting

NAMESPACES = (
    "AWS/DynamoDB",
    "AWS/Events",
    "AWS/Kinesis",
    "AWS/Lambda",
    "AWS/SNS",
    "AWS/SQS",
    "AWS/Scheduler",
    "AWS/States",
)


def judge(alarm: Alarm, audit: Audit) -> Iterator[Fault]:
    """What else may act on it is asked only of an alarm that does not."""
    if known(acts(alarm)) or not _concerns_messages(alarm):
        return
    if known(is_passed_on(alarm, audit.inventory)):
        return
    off = alarm.actions_enabled is False
    yield Fault(
        "nobody is told when this alarm goes off",
        observed="ActionsEnabled false" if off else "AlarmActions empty",
        expected="ActionsEnabled true" if off else "at least one of AlarmActions",
        fix=setting("ActionsEnabled", "true", terraform="actions_enabled")
        if off
        else setting("AlarmActions", "the ARN of a topic", terraform="alarm_actions"),
    )


def _concerns_messages(alarm: Alarm) -> bool:
    watched = [metric.namespace for metric in known(alarm.metrics)]
    return any(one in watched or any(one in query for query in alarm.queries) for one in NAMESPACES)


RULE = Rule(
    "alarm-without-action",
    __doc__,
    severity=Severity.WARNING,
    judges=Alarm,
    judge=judge,
    calls=("cloudwatch:DescribeAlarms", "codedeploy:GetDeploymentGroup", "events:ListRules"),
)
