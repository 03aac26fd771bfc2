"""A queue and its dead-letter queue are of different types.

What: A FIFO queue names a standard DLQ, or a standard queue a FIFO one.

Why: SQS does not move messages between the types, so the redrive policy protects nothing.

Judged: An error where one of the two is FIFO and the other is not.

CLI:
    aws sqs create-queue --queue-name orders-dlq.fifo --attributes FifoQueue=true
    aws sqs set-queue-attributes --queue-url URL --attributes \\
      '{"RedrivePolicy":"{\\"deadLetterTargetArn\\":\\"DLQ_ARN\\",\\"maxReceiveCount\\":\\"5\\"}"}'

SAM:
    OrdersDlq:
      Type: AWS::SQS::Queue
      Properties:
        FifoQueue: true  # as the queue that it serves

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_sqs_queue" "orders_dlq" {
      name       = "orders-dlq.fifo"
      fifo_queue = true # as the queue that it serves
    }

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from collections.abc import Iterator

from dlqctl.audit.destinations import is_fifo, is_missing
from dlqctl.audit.facts import known, parse_arn
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Queue
from dlqctl.audit.rule import Audit, Fault, Rule, setting


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """An ARN says the type of a queue; without one the queue has to be there."""
    redrive = known(queue.redrive)
    if redrive is None:
        return
    dead_letter = known(redrive.dead_letter)
    if parse_arn(dead_letter.ref) is None and known(is_missing(dead_letter, audit.inventory)):
        return
    fifo = known(queue.fifo)
    if known(is_fifo(dead_letter, audit.inventory)) == fifo:
        return
    wanted, found = ("FIFO", "standard") if fifo else ("standard", "FIFO")
    yield Fault(
        "messages can't be moved to a dead-letter queue of another type",
        observed=f"a {wanted} queue with a {found} DLQ",
        expected=f"a {wanted} DLQ",
        fix=setting(
            "RedrivePolicy.deadLetterTargetArn",
            f"the ARN of a {wanted} queue",
            terraform="redrive_policy",
        ),
    )


RULE = Rule(
    "dlq-type-mismatch",
    __doc__,
    severity=Severity.ERROR,
    judges=Queue,
    judge=judge,
    calls=("sqs:GetQueueAttributes",),
)
