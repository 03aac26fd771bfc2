"""The dead-letter queue of a rule's target can't take its events.

What: A target's DeadLetterConfig names a FIFO queue, a queue in another Region, or one that does
    not exist.

Why: EventBridge delivers to standard queues in the rule's own Region only. The event that could
    not be delivered is then lost as well.

Judged: An error where the queue is FIFO, its ARN names another Region than the rule's, or no such
    queue was found. Rules that are disabled or that an AWS service manages are not judged.

CLI:
    aws events put-targets --rule nightly --targets \\
      'Id=t1,Arn=TARGET_ARN,DeadLetterConfig={Arn=STANDARD_QUEUE_ARN}'

SAM:
    Events:
      Nightly:
        Type: EventBridgeRule
        Properties:
          DeadLetterConfig:
            Arn: !GetAtt NightlyDlq.Arn  # without FifoQueue

CloudFormation:
    Type: AWS::Events::Rule
    Properties:
      Targets:
        - DeadLetterConfig:
            Arn: !GetAtt NightlyDlq.Arn  # without FifoQueue

Terraform:
    resource "aws_cloudwatch_event_target" "nightly" {
      dead_letter_config { arn = aws_sqs_queue.nightly_dlq.arn } # without fifo_queue
    }

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from collections.abc import Iterator

from dlqctl.audit.destinations import account_and_region, is_fifo, is_missing
from dlqctl.audit.facts import Reference, known
from dlqctl.audit.findings import Severity
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import EventTarget
from dlqctl.audit.rule import Audit, Fault, Rule, setting


def judge(target: EventTarget, audit: Audit) -> Iterator[Fault]:
    """No DLQ at all is eventbridge-no-dlq's business."""
    dead_letter = known(target.dead_letter)
    if dead_letter is None or not known(target.enabled):
        return
    wrong = _defect(dead_letter, target, audit.inventory)
    if wrong is None:
        return
    yield Fault(
        "events that can't be delivered can't be kept either",
        observed=f"{dead_letter.ref} {wrong}",
        expected="a standard queue that exists in the rule's Region",
        fix=setting(
            "Targets[].DeadLetterConfig.Arn",
            "the ARN of a standard queue in the rule's Region",
            terraform="aws_cloudwatch_event_target dead_letter_config.arn",
        ),
    )


def _defect(dead_letter: Reference, target: EventTarget, inventory: Inventory) -> str | None:
    here, there = account_and_region(target.ref), account_and_region(dead_letter.ref)
    if here and there and here[1] != there[1]:
        return "is in another Region"
    if known(is_fifo(dead_letter, inventory)):
        return "is FIFO"
    return "does not exist" if known(is_missing(dead_letter, inventory)) else None


RULE = Rule(
    "eventbridge-dlq-invalid",
    __doc__,
    severity=Severity.ERROR,
    judges=EventTarget,
    judge=judge,
    calls=("events:ListTargetsByRule", "sqs:GetQueueAttributes"),
)
