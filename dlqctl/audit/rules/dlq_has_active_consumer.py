"""Something takes dead letters away before anyone has seen them.

What: An event source mapping that is on reads a dead-letter queue.

Why: The queue is drained as it fills: its alarm hardly fires, and what the consumer can't process
    either is retried without end, or lost when the DLQ has no DLQ of its own. Keep the mapping of
    a redrive function off until it is needed.

Judged: A warning where a mapping that is not switched off reads a queue that is the DLQ of a
    queue, function, rule, schedule, pipe or subscription; an error where that queue has no
    RedrivePolicy itself. An on-failure destination may have a consumer by design and is not judged.

CLI:
    aws lambda update-event-source-mapping --uuid UUID --no-enabled

SAM:
    Events:
      DeadLetters:
        Type: SQS
        Properties:
          Enabled: false

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      Enabled: false

Terraform:
    resource "aws_lambda_event_source_mapping" "dead_letters" {
      enabled = false
    }

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import FEEDS
from dlqctl.audit.facts import Reference, Unknown, known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSourceMapping, Queue
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import running_readers, takes_dead_letters


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """Whether it is a DLQ is asked last: few queues that are consumed are one."""
    active = running_readers(queue, audit.inventory)
    if not active or not takes_dead_letters(queue, audit.inventory):
        return
    unprotected = known(queue.redrive) is None
    yield Fault(
        "dead letters are taken away before anyone has seen them"
        + (", and lost if they fail again" if unprotected else ""),
        observed=f"read by {', '.join(_consumer(mapping) for mapping in active)}"
        + (", no RedrivePolicy" if unprotected else ""),
        expected="no mapping that is on",
        fix=setting("Enabled", "false on the mapping until you redrive", terraform="enabled"),
        severity=Severity.ERROR if unprotected else None,
    )


def _consumer(mapping: EventSourceMapping) -> str:
    match mapping.function:
        case Reference(ref=ref):
            return ref
        case Unknown():
            return mapping.ref


RULE = Rule(
    "dlq-has-active-consumer",
    __doc__,
    severity=Severity.WARNING,
    judges=Queue,
    judge=judge,
    calls=FEEDS,
)
