"""Messages can expire on the dead-letter queue the moment they arrive.

What: A standard DLQ keeps messages no longer than a queue that it serves.

Why: On a standard queue the retention clock starts when a message is first sent, and moving it to
    the DLQ does not restart it. A message that spent its time in the source queue is deleted
    from the DLQ almost at once.

Judged: An error where the DLQ's MessageRetentionPeriod is at or below that of a queue whose
    RedrivePolicy names it. A FIFO DLQ restarts the clock and is not judged.

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

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
"""

from collections.abc import Iterator

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Queue
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import is_dead_letter_queue

MAXIMUM_RETENTION_SECONDS = 1_209_600


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """One source that keeps messages as long is enough."""
    if known(queue.fifo):
        return
    retention = known(queue.retention_seconds)
    sources = audit.inventory.graph.sources_of(queue.ref)
    for source in sources.seen:
        at_source = source.retention_seconds
        if isinstance(at_source, int) and at_source >= retention:
            yield _fault(source, at_source, retention)
            return
    for source in known(sources.all):
        known(source.retention_seconds)


def _fault(source: Queue, at_source: int, retention: int) -> Fault:
    at_most = at_source >= MAXIMUM_RETENTION_SECONDS
    return Fault(
        f"messages that waited in {source.name or source.ref} expire as they arrive here",
        observed=f"retention {retention} s, at the source {at_source} s",
        expected=f"more than {at_source} s" if not at_most else "a source that keeps them less",
        fix=setting("MessageRetentionPeriod", 1_209_600, terraform="message_retention_seconds")
        if not at_most
        else setting(
            "MessageRetentionPeriod",
            f"1209600 here and below that on {source.name or source.ref}",
            terraform="message_retention_seconds",
        ),
    )


RULE = Rule(
    "dlq-retention-not-longer",
    __doc__,
    severity=Severity.ERROR,
    judges=Queue,
    where=is_dead_letter_queue,
    judge=judge,
    calls=("sqs:GetQueueAttributes",),
)
