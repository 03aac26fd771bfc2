"""The alarm on this dead-letter queue never goes off.

What: The only alarm on a DLQ watches NumberOfMessagesSent.

Why: That metric counts calls of SendMessage. Messages that SQS itself moves to the DLQ are not
    counted, so the alarm stays quiet however many arrive.

Judged: An error for each such alarm on a queue that only redrive policies feed, unless another
    alarm watches ApproximateNumberOfMessagesVisible. Lambda, EventBridge and SNS do send: a queue
    that they feed is not judged.

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
        Statistic: Maximum

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_cloudwatch_metric_alarm" "orders_dlq_not_empty" {
      metric_name = "ApproximateNumberOfMessagesVisible"
      statistic   = "Maximum"
    }

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/dead-letter-queues-alarms-cloudwatch.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import FEEDS
from dlqctl.audit.facts import Matches, known
from dlqctl.audit.findings import Severity
from dlqctl.audit.graph import FailurePath
from dlqctl.audit.resources import Alarm, Queue
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import is_dead_letter_queue

WRONG, RIGHT = "NumberOfMessagesSent", "ApproximateNumberOfMessagesVisible"


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """A right alarm beside it makes the wrong one harmless."""
    wrong = _alarms(queue, audit, WRONG)
    if wrong.exists is False or known(_alarms(queue, audit, RIGHT).exists):
        return
    known(wrong.exists)
    feeds = audit.inventory.graph.feeds(queue.ref)
    if any(feed.path is not FailurePath.REDRIVE for feed in feeds.seen):
        return
    known(feeds.all)
    for alarm in wrong.seen:
        yield Fault(
            f"the alarm does not see what SQS moves to {queue.name or queue.ref}",
            observed=f"MetricName {WRONG}",
            expected=f"MetricName {RIGHT}",
            fix=setting("MetricName", f"{RIGHT}, Statistic Maximum", terraform="metric_name"),
            resource=alarm,
        )


def _alarms(queue: Queue, audit: Audit, metric: str) -> Matches[Alarm]:
    return audit.inventory.graph.alarms_on(
        queue, namespace="AWS/SQS", metric=metric, dimension="QueueName"
    )


RULE = Rule(
    "alarm-on-wrong-dlq-metric",
    __doc__,
    severity=Severity.ERROR,
    judges=Queue,
    where=is_dead_letter_queue,
    judge=judge,
    calls=("cloudwatch:DescribeAlarms", *FEEDS),
)
