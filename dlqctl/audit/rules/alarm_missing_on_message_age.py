"""Nobody is told when a queue's consumer falls behind.

What: A queue that a function consumes has no alarm on the age of its oldest message.

Why: A consumer that is throttled, broken or too slow leaves messages to wait; those that wait for
    the whole retention period are deleted without passing the dead-letter queue.

Judged: Info where no alarm (nor any metric-math input) is on AWS/SQS ApproximateAgeOfOldestMessage
    for a queue that a mapping which is on reads. Not judged where an alarm watches the metric by a
    Metrics Insights query or a SEARCH expression, which may include it.

CLI:
    aws cloudwatch put-metric-alarm --alarm-name orders-behind \\
      --namespace AWS/SQS --metric-name ApproximateAgeOfOldestMessage \\
      --dimensions Name=QueueName,Value=orders \\
      --statistic Maximum --period 60 --evaluation-periods 5 --threshold 3600 \\
      --comparison-operator GreaterThanThreshold --alarm-actions TOPIC_ARN

SAM:
    OrdersBehind:
      Type: AWS::CloudWatch::Alarm
      Properties:
        Namespace: AWS/SQS
        MetricName: ApproximateAgeOfOldestMessage
        Dimensions: [{Name: QueueName, Value: !GetAtt Orders.QueueName}]
        Statistic: Maximum
        Period: 60
        EvaluationPeriods: 5
        Threshold: 3600
        ComparisonOperator: GreaterThanThreshold
        AlarmActions: [!Ref Operators]

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_cloudwatch_metric_alarm" "orders_behind" {
      namespace           = "AWS/SQS"
      metric_name         = "ApproximateAgeOfOldestMessage"
      dimensions          = { QueueName = aws_sqs_queue.orders.name }
      statistic           = "Maximum"
      period              = 60
      evaluation_periods  = 5
      threshold           = 3600
      comparison_operator = "GreaterThanThreshold"
      alarm_actions       = [aws_sns_topic.operators.arn]
    }

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Queue
from dlqctl.audit.rule import Audit, Fault, Rule
from dlqctl.audit.subjects import running_readers

METRIC = "ApproximateAgeOfOldestMessage"


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """One alarm seen is enough."""
    alarms = audit.inventory.graph.alarms_on(
        queue, namespace="AWS/SQS", metric=METRIC, dimension="QueueName"
    )
    if alarms.seen or not running_readers(queue, audit.inventory) or known(alarms.exists):
        return
    yield Fault(
        "nobody is told when messages wait for too long",
        observed=f"no alarm on AWS/SQS {METRIC}",
        expected=f"an alarm on {METRIC} well below the queue's retention",
        fix=f"add an AWS::CloudWatch::Alarm on AWS/SQS {METRIC}, "
        f"QueueName {queue.name or queue.ref} (Terraform: aws_cloudwatch_metric_alarm)",
    )


RULE = Rule(
    "alarm-missing-on-message-age",
    __doc__,
    severity=Severity.INFO,
    judges=Queue,
    judge=judge,
    calls=("cloudwatch:DescribeAlarms", "sqs:GetQueueAttributes", *MAPPINGS),
)
