"""The alarm waits for an age that nothing can reach.

What: The threshold of an alarm on the age of messages or records is at or above their retention.

Why: What is as old as the retention period is deleted. The alarm never goes off, and what it
    should have told of is gone.

Judged: An error where an alarm on AWS/SQS ApproximateAgeOfOldestMessage (seconds) or AWS/Kinesis
    GetRecords.IteratorAgeMilliseconds goes off above a threshold that is not below the retention
    of the queue or stream. Not judged where the threshold is that of an expression over the
    metric. Streams are known where a mapping reads them.

CLI:
    aws cloudwatch put-metric-alarm --alarm-name orders-behind --threshold 3600 \\
      --namespace AWS/SQS --metric-name ApproximateAgeOfOldestMessage \\
      --dimensions Name=QueueName,Value=orders --statistic Maximum --period 60 \\
      --evaluation-periods 5 --comparison-operator GreaterThanThreshold

SAM:
    OrdersBehind:
      Type: AWS::CloudWatch::Alarm
      Properties:
        Threshold: 3600  # well below the queue's MessageRetentionPeriod

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_cloudwatch_metric_alarm" "orders_behind" {
      threshold = 3600 # well below the queue's message_retention_seconds
    }

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from collections.abc import Iterator

from dlqctl.audit.facts import Unknown, UnknownFactError, known
from dlqctl.audit.findings import Severity
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import Alarm, Metric, Queue, Stream
from dlqctl.audit.rule import Audit, Fault, Rule, setting

SQS = ("AWS/SQS", "ApproximateAgeOfOldestMessage")
KINESIS = ("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds")
UPWARDS = ("GreaterThanThreshold", "GreaterThanOrEqualToThreshold")


def judge(alarm: Alarm, audit: Audit) -> Iterator[Fault]:
    """Anomaly detection has no threshold, and one that goes off below it is another matter."""
    ages = [one for one in known(alarm.metrics) if (one.namespace, one.name) in (SQS, KINESIS)]
    if not ages or known(alarm.comparison) not in UPWARDS:
        return
    threshold = known(alarm.threshold)
    if threshold is None:
        return
    if known(alarm.is_math):
        raise UnknownFactError(Unknown(f"the threshold is of an expression over {ages[0].name}"))
    limit = _retention(ages[0], audit.inventory)
    if limit is None or threshold < limit:
        return
    yield Fault(
        "the alarm never goes off: nothing gets that old",
        observed=f"Threshold {threshold:.0f}",
        expected=f"below the retention, {limit}",
        fix=setting("Threshold", f"a value well below {limit}", terraform="threshold"),
    )


def _retention(metric: Metric, inventory: Inventory) -> int | None:
    """In the unit of the metric; None where there is no such queue or stream."""
    if metric.namespace == SQS[0]:
        queue = known(inventory.named(Queue, metric.dimensions.get("QueueName", "")))
        return known(queue.retention_seconds) if queue else None
    stream = known(inventory.named(Stream, metric.dimensions.get("StreamName", "")))
    return known(stream.retention_seconds) * 1_000 if stream else None


RULE = Rule(
    "alarm-age-beyond-retention",
    __doc__,
    severity=Severity.ERROR,
    judges=Alarm,
    judge=judge,
    calls=(
        "cloudwatch:DescribeAlarms",
        "kinesis:DescribeStreamSummary",
        "sqs:GetQueueAttributes",
    ),
)
