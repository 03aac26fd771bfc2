"""An event gets one try and is gone.

What: A target of an EventBridge rule is not retried and has no dead-letter queue.

Why: With MaximumRetryAttempts 0 one throttled or failed call to the target loses the event.

Judged: An error where MaximumRetryAttempts is 0 and there is no DeadLetterConfig. Rules that are
    disabled, and those that an AWS service manages, are not judged.

CLI:
    aws events put-targets --rule nightly --targets \\
      'Id=t1,Arn=TARGET_ARN,DeadLetterConfig={Arn=DLQ_ARN}'

SAM:
    Events:
      Nightly:
        Type: EventBridgeRule
        Properties:
          RetryPolicy: {MaximumRetryAttempts: 0}
          DeadLetterConfig:
            Arn: !GetAtt NightlyDlq.Arn

CloudFormation:
    Type: AWS::Events::Rule
    Properties:
      Targets:
        - RetryPolicy: {MaximumRetryAttempts: 0}
          DeadLetterConfig:
            Arn: !GetAtt NightlyDlq.Arn

Terraform:
    resource "aws_cloudwatch_event_target" "nightly" {
      retry_policy { maximum_retry_attempts = 0 }
      dead_letter_config { arn = aws_sqs_queue.nightly_dlq.arn }
    }

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
"""

from collections.abc import Iterator

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventTarget
from dlqctl.audit.rule import Audit, Fault, Rule, setting


def judge(target: EventTarget, _: Audit) -> Iterator[Fault]:
    """Absent means 185."""
    if known(target.maximum_retry_attempts) != 0 or known(target.dead_letter) is not None:
        return
    if not known(target.enabled):
        return
    yield Fault(
        "an event that fails once is dropped",
        observed="MaximumRetryAttempts 0, no DeadLetterConfig",
        expected="a DeadLetterConfig, or retries",
        fix=setting(
            "Targets[].DeadLetterConfig.Arn",
            "the ARN of a standard queue",
            terraform="aws_cloudwatch_event_target dead_letter_config.arn",
        ),
    )


RULE = Rule(
    "eventbridge-no-retries-no-dlq",
    __doc__,
    severity=Severity.ERROR,
    judges=EventTarget,
    judge=judge,
    calls=("events:ListTargetsByRule",),
)
