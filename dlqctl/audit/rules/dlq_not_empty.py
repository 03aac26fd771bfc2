"""Messages wait on a dead-letter queue.

What: A dead-letter queue or on-failure destination holds messages that nobody has dealt with.

Why: Each is work that was not done, and is deleted for good at the end of the retention period.

Judged: A warning where ApproximateNumberOfMessages is above 0, even where their age can't be known;
    an error where ApproximateAgeOfOldestMessage is past the option `oldest-percent` (80) of
    MessageRetentionPeriod. The metric counts from when a message was moved, the retention of a
    standard DLQ from when it was first sent: less time may be left than it says.

CLI:
    dlqctl peek orders-dlq
    dlqctl redrive orders-dlq

SAM:
    Nothing to set: look at the messages, then redrive or delete them.

CloudFormation:
    Nothing to set: look at the messages, then redrive or delete them.

Terraform:
    Nothing to set: look at the messages, then redrive or delete them.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import FEEDS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Queue
from dlqctl.audit.rule import Audit, Fault, Option, Rule, Scope
from dlqctl.audit.subjects import takes_failures

OLDEST = Option("oldest-percent", 80, "age of the oldest message, in percent of the retention")


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """What is not known of age or retention does not make it better than a warning."""
    count = known(queue.visible_messages)
    if not count or not takes_failures(queue, audit.inventory):
        return
    age, retention = queue.oldest_message_seconds, queue.retention_seconds
    about_to_expire = (
        isinstance(age, int)
        and isinstance(retention, int)
        and age * 100 > retention * audit.option(OLDEST)
    )
    oldest = f"the oldest {age} s" if isinstance(age, int) else "the oldest of unknown age"
    kept = f", kept for {retention} s" if isinstance(retention, int) else ""
    yield Fault(
        "messages are about to expire" if about_to_expire else "messages wait to be dealt with",
        observed=f"{count} messages, {oldest}{kept}",
        expected="0 messages",
        fix=f"dlqctl peek {queue.name or queue.ref}, then redrive or delete them",
        severity=Severity.ERROR if about_to_expire else None,
    )


RULE = Rule(
    "dlq-not-empty",
    __doc__,
    severity=Severity.WARNING,
    judges=Queue,
    judge=judge,
    calls=("cloudwatch:GetMetricData", *FEEDS),
    scope=Scope.LIVE,
    options=(OLDEST,),
)
