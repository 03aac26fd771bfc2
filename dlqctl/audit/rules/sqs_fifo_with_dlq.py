"""A DLQ breaks the order that a FIFO queue keeps.

What: A FIFO queue that a function consumes moves failed messages to a DLQ.

Why: Once a message is moved, the next of its group is processed without it. Redriven later, it
    arrives after its successors. Where the order carries meaning (the edits of a document), that
    is worse than waiting.

Judged: Info where a FIFO queue that a mapping consumes has a RedrivePolicy. Keep it where messages
    of a group don't build on each other.

CLI:
    aws sqs set-queue-attributes --queue-url URL --attributes '{"RedrivePolicy":""}'

SAM:
    Orders:
      Type: AWS::SQS::Queue
      Properties:
        FifoQueue: true

CloudFormation:
    Type: AWS::SQS::Queue
    Properties:
      FifoQueue: true

Terraform:
    resource "aws_sqs_queue" "orders" {
      fifo_queue = true
    }

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Queue
from dlqctl.audit.rule import Audit, Fault, Rule
from dlqctl.audit.subjects import is_consumed


def judge(queue: Queue, _: Audit) -> Iterator[Fault]:
    """Worth knowing; whether it matters only the messages say."""
    if not known(queue.fifo) or known(queue.redrive) is None:
        return
    yield Fault(
        "messages that fail leave the order of their group",
        observed="RedrivePolicy on a FIFO queue",
        expected="no RedrivePolicy, or groups whose messages don't build on each other",
        fix="remove RedrivePolicy (Terraform: redrive_policy), or suppress this where the order "
        "within a group doesn't matter",
    )


RULE = Rule(
    "sqs-fifo-with-dlq",
    __doc__,
    severity=Severity.INFO,
    judges=Queue,
    where=is_consumed,
    judge=judge,
    calls=(*MAPPINGS, "sqs:GetQueueAttributes"),
)
