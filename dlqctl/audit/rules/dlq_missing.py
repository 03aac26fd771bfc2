"""The dead-letter queue that a queue names is not there.

What: The deadLetterTargetArn of a queue's RedrivePolicy names a queue that does not exist, or one
    in another account or Region.

Why: SQS moves messages only to a queue in the same account and Region. Without one, a message that
    always fails stays where it is until it expires.

Judged: An error where the ARN's account or Region is not the queue's own, or where no such queue
    was found.

CLI:
    aws sqs set-queue-attributes --queue-url URL --attributes \\
      '{"RedrivePolicy":"{\\"deadLetterTargetArn\\":\\"DLQ_ARN\\",\\"maxReceiveCount\\":\\"5\\"}"}'

SAM:
    Orders:
      Type: AWS::SQS::Queue
      Properties:
        RedrivePolicy:
          deadLetterTargetArn: !GetAtt OrdersDlq.Arn
          maxReceiveCount: 5

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_sqs_queue" "orders" {
      redrive_policy = jsonencode({
        deadLetterTargetArn = aws_sqs_queue.orders_dlq.arn
        maxReceiveCount     = 5
      })
    }

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from collections.abc import Iterator

from dlqctl.audit.destinations import account_and_region
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Queue
from dlqctl.audit.rule import Audit, Fault, Rule, Scope, setting


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """What the ARN says of itself comes before what was found."""
    redrive = known(queue.redrive)
    if redrive is None:
        return
    dead_letter = known(redrive.dead_letter)
    there = account_and_region(dead_letter.ref)
    if there and there != account_and_region(queue.ref):
        wrong = "is in another account or Region"
    elif known(audit.inventory.find(Queue, dead_letter)) is None:
        wrong = "does not exist"
    else:
        return
    yield Fault(
        "messages that can't be processed have nowhere to go and expire",
        observed=f"{dead_letter.ref} {wrong}",
        expected="a queue in the same account and Region",
        fix=setting(
            "RedrivePolicy.deadLetterTargetArn",
            "the ARN of a queue that exists in the same account and Region",
            terraform="redrive_policy",
        ),
    )


RULE = Rule(
    "dlq-missing",
    __doc__,
    severity=Severity.ERROR,
    judges=Queue,
    judge=judge,
    calls=("sqs:GetQueueAttributes",),
    scope=Scope.LIVE,
)
