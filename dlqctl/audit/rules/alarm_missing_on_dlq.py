"""Nobody is told when messages die.

What: A dead-letter queue or on-failure destination has no alarm on the number of its messages.

Why: The first step of every redrive is knowing that there is something to redrive, while the
    messages are still there.

Judged: A warning where no metric alarm (nor any metric-math input) is on AWS/SQS
    ApproximateNumberOfMessagesVisible for the queue. Not judged where an alarm watches the metric
    by a Metrics Insights query or a SEARCH expression, which may include it.

CLI:
    aws cloudwatch put-metric-alarm --alarm-name orders-dlq-not-empty \\
      --namespace AWS/SQS --metric-name ApproximateNumberOfMessagesVisible \\
      --dimensions Name=QueueName,Value=orders-dlq \\
      --statistic Maximum --period 60 --evaluation-periods 1 --threshold 0 \\
      --comparison-operator GreaterThanThreshold --alarm-actions TOPIC_ARN

SAM:
    OrdersDlqNotEmpty:
      Type: AWS::CloudWatch::Alarm
      Properties:
        Namespace: AWS/SQS
        MetricName: ApproximateNumberOfMessagesVisible
        Dimensions: [{Name: QueueName, Value: !GetAtt OrdersDlq.QueueName}]
        Statistic: Maximum
        Period: 60
        EvaluationPeriods: 1
        Threshold: 0
        ComparisonOperator: GreaterThanThreshold
        AlarmActions: [!Ref Operators]

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_cloudwatch_metric_alarm" "orders_dlq_not_empty" {
      alarm_name          = "orders-dlq-not-empty"
      namespace           = "AWS/SQS"
      metric_name         = "ApproximateNumberOfMessagesVisible"
      dimensions          = { QueueName = aws_sqs_queue.orders_dlq.name }
      statistic           = "Maximum"
      period              = 60
      evaluation_periods  = 1
      threshold           = 0
      comparison_operator = "GreaterThanThreshold"
      alarm_actions       = [aws_sns_topic.operators.arn]
    }

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/dead-letter-queues-alarms-cloudwatch.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import FEEDS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Queue
from dlqctl.audit.rule import Audit, Fault, Rule
from dlqctl.audit.subjects import takes_failures

METRIC = "ApproximateNumberOfMessagesVisible"


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """One alarm seen is enough."""
    alarms = audit.inventory.graph.alarms_on(
        queue, namespace="AWS/SQS", metric=METRIC, dimension="QueueName"
    )
    if known(alarms.exists):
        return
    yield Fault(
        "nobody is told when messages arrive on this dead-letter queue",
        observed=f"no alarm on AWS/SQS {METRIC}",
        expected="an alarm above 0",
        fix=f"add an AWS::CloudWatch::Alarm on AWS/SQS {METRIC}, "
        f"QueueName {queue.name or queue.ref} (Terraform: aws_cloudwatch_metric_alarm)",
    )


RULE = Rule(
    "alarm-missing-on-dlq",
    __doc__,
    severity=Severity.WARNING,
    judges=Queue,
    where=takes_failures,
    judge=judge,
    calls=("cloudwatch:DescribeAlarms", *FEEDS),
)
