"""Messages that can't be processed go round until they expire.

What: A queue that a function consumes has no dead-letter queue.

Why: A message that always fails comes back after each visibility timeout, takes the place of good
    ones, and is deleted unseen at the end of the retention period.

Judged: An error where the queue has no RedrivePolicy. A queue that is itself a DLQ or an
    on-failure destination is not asked for one of its own.

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
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt OrdersDlq.Arn
        maxReceiveCount: 5

Terraform:
    resource "aws_sqs_queue" "orders" {
      redrive_policy = jsonencode({
        deadLetterTargetArn = aws_sqs_queue.orders_dlq.arn
        maxReceiveCount     = 5
      })
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import FEEDS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Queue
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import is_consumed, takes_failures


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """Asked last: whether it takes failures hangs on everything that could feed it."""
    if known(queue.redrive) is not None or takes_failures(queue, audit.inventory):
        return
    yield Fault(
        "messages that can't be processed are retried until they expire",
        observed="no RedrivePolicy",
        expected="a RedrivePolicy",
        fix=setting(
            "RedrivePolicy", "a DLQ and maxReceiveCount 5 or more", terraform="redrive_policy"
        ),
    )


RULE = Rule(
    "sqs-no-dlq",
    __doc__,
    severity=Severity.ERROR,
    judges=Queue,
    where=is_consumed,
    judge=judge,
    calls=FEEDS,
)
