"""An event that can't be delivered is dropped.

What: A target of an EventBridge rule has no dead-letter queue.

Why: EventBridge gives an event up after 24 hours or 185 retries, and at once when it lacks the
    permission or the target is gone. Without a DLQ it is then lost.

Judged: A warning where a target has no DeadLetterConfig. Rules that are disabled or that an AWS
    service manages are not judged.

CLI:
    aws events put-targets --rule nightly --targets \\
      'Id=t1,Arn=TARGET_ARN,DeadLetterConfig={Arn=DLQ_ARN}'

SAM:
    Events:
      Nightly:
        Type: EventBridgeRule
        Properties:
          DeadLetterConfig:
            Arn: !GetAtt NightlyDlq.Arn

CloudFormation:
    Type: AWS::Events::Rule
    Properties:
      Targets:
        - Id: t1
          Arn: !GetAtt Worker.Arn
          DeadLetterConfig:
            Arn: !GetAtt NightlyDlq.Arn

Terraform:
    resource "aws_cloudwatch_event_target" "nightly" {
      dead_letter_config { arn = aws_sqs_queue.nightly_dlq.arn }
    }

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from collections.abc import Iterator

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventTarget
from dlqctl.audit.rule import Audit, Fault, Rule, setting


def judge(target: EventTarget, _: Audit) -> Iterator[Fault]:
    """Whether the rule is on is asked only of a target without DLQ."""
    if known(target.dead_letter) is not None or not known(target.enabled):
        return
    yield Fault(
        "events that can't be delivered to this target are dropped",
        observed="no DeadLetterConfig",
        expected="a DeadLetterConfig",
        fix=setting(
            "Targets[].DeadLetterConfig.Arn",
            "the ARN of a standard queue",
            terraform="aws_cloudwatch_event_target dead_letter_config.arn",
        ),
    )


RULE = Rule(
    "eventbridge-no-dlq",
    __doc__,
    severity=Severity.WARNING,
    judges=EventTarget,
    judge=judge,
    calls=("events:ListTargetsByRule",),
)
