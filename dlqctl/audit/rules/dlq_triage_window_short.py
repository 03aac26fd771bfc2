"""There is little time to look at a dead letter before it expires.

What: A message that arrives on the DLQ may be deleted before a weekend is over.

Why: A standard DLQ counts from when the message was first sent, so the time that it spent being
    retried is gone. What is left is all the time a person has to find out and redrive it.

Judged: A warning where the time left is below the option `minimum-window` (3 days). On a standard
    DLQ it is the DLQ's retention less what the source may use up: maxReceiveCount x
    VisibilityTimeout, or the source's retention if that is less. Functions, rules, schedules and
    subscriptions send anew and a FIFO DLQ restarts the clock: there it is the whole retention.
    Destinations of streams and pipes hold pointers, which should not outlive their records, and
    are not judged.

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
from datetime import timedelta

from dlqctl.audit.calls import FEEDS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.graph import Feed
from dlqctl.audit.resources import Queue
from dlqctl.audit.rule import Audit, Fault, Option, Rule, setting
from dlqctl.audit.subjects import POINTERS, takes_failures

WINDOW = Option("minimum-window", timedelta(days=3), "time that must be left to look at a message")


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """The feed that leaves the least time decides."""
    wanted = int(audit.option(WINDOW).total_seconds())
    feeds = audit.inventory.graph.feeds(queue.ref)
    letters = [feed for feed in feeds.seen if feed.path not in POINTERS]
    if letters:
        retention = known(queue.retention_seconds)
        fifo = known(queue.fifo)
        spent = max(0 if fifo else _spent(feed, room=retention - wanted) for feed in letters)
        if retention - spent < wanted:
            yield Fault(
                "little time is left to look at a message before it expires",
                observed=f"{max(0, retention - spent)} s left: retention {retention} s, "
                f"up to {spent} s spent before it arrives",
                expected=f"at least {wanted} s",
                fix=setting(
                    "MessageRetentionPeriod", 1_209_600, terraform="message_retention_seconds"
                ),
            )
            return
    known(feeds.all)


def _spent(feed: Feed, *, room: int) -> int:
    """Asks for the source's retention only where the retries alone leave too little `room`."""
    source = feed.by
    if not isinstance(source, Queue):
        return 0
    redrive = known(source.redrive)
    if redrive is None:
        return 0
    retries = known(redrive.max_receive_count) * known(source.visibility_timeout_seconds)
    return retries if retries <= room else min(retries, known(source.retention_seconds))


RULE = Rule(
    "dlq-triage-window-short",
    __doc__,
    severity=Severity.WARNING,
    judges=Queue,
    where=takes_failures,
    judge=judge,
    calls=FEEDS,
    options=(WINDOW,),
)
