"""Good messages go to the DLQ after a few throttles.

What: A queue that a function consumes moves messages to its DLQ after very few receives.

Why: A receive counts even when the function was throttled and never saw the message. With a low
    maxReceiveCount a short burst sends good messages to the DLQ; with 1 the first hiccup does.

Judged: A warning where maxReceiveCount is below the option `minimum-receives` (5), an error where
    that is so and it is 1.

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

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Queue
from dlqctl.audit.rule import Audit, Fault, Option, Rule, setting
from dlqctl.audit.subjects import is_consumed

MINIMUM = Option("minimum-receives", 5, "receives that a message must be given")


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """No DLQ at all is sqs-no-dlq's business."""
    redrive = known(queue.redrive)
    if redrive is None:
        return
    receives, minimum = known(redrive.max_receive_count), audit.option(MINIMUM)
    if receives >= minimum:
        return
    yield Fault(
        "throttles count as receives: good messages go to the dead-letter queue",
        observed=f"maxReceiveCount is {receives}",
        expected=f"at least {minimum}",
        fix=setting(
            "RedrivePolicy.maxReceiveCount", f"{minimum} or more", terraform="redrive_policy"
        ),
        severity=Severity.ERROR if receives == 1 else Severity.WARNING,
    )


RULE = Rule(
    "sqs-max-receive-count-low",
    __doc__,
    severity=Severity.WARNING,
    judges=Queue,
    where=is_consumed,
    judge=judge,
    calls=(*MAPPINGS, "sqs:GetQueueAttributes"),
    options=(MINIMUM,),
)
