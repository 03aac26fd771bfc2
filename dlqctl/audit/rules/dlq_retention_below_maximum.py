"""Dead letters are kept for less time than SQS could keep them.

What: A dead-letter queue, or a queue that takes failed invocations, keeps messages less than 14
    days.

Why: Every day counts once something has gone wrong, and keeping a message for longer costs
    nothing.

Judged: Info where MessageRetentionPeriod is below 1,209,600 s. Destinations of streams, Kafka and
    pipes hold pointers, which should not outlive their records, and are not judged.

CLI:
    aws sqs set-queue-attributes --queue-url DLQ_URL --attributes MessageRetentionPeriod=1209600

SAM:
    OrdersDlq:
      Type: AWS::SQS::Queue
      Properties:
        MessageRetentionPeriod: 1209600

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_sqs_queue" "orders_dlq" {
      message_retention_seconds = 1209600
    }

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import FEEDS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Queue
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import POINTERS, takes_failures

MAXIMUM_SECONDS = 1_209_600


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """One pointer among what it takes lets it off."""
    retention = known(queue.retention_seconds)
    if retention >= MAXIMUM_SECONDS:
        return
    feeds = audit.inventory.graph.feeds(queue.ref)
    if any(feed.path in POINTERS for feed in feeds.seen):
        return
    known(feeds.all)
    yield Fault(
        "dead letters expire sooner than they need to",
        observed=f"MessageRetentionPeriod {retention} s",
        expected=f"{MAXIMUM_SECONDS} s (14 days)",
        fix=setting(
            "MessageRetentionPeriod", MAXIMUM_SECONDS, terraform="message_retention_seconds"
        ),
    )


RULE = Rule(
    "dlq-retention-below-maximum",
    __doc__,
    severity=Severity.INFO,
    judges=Queue,
    where=takes_failures,
    judge=judge,
    calls=FEEDS,
)
