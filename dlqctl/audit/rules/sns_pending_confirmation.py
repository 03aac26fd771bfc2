"""A subscriber has not confirmed and receives nothing.

What: A subscription waits for confirmation.

Why: SNS delivers nothing until the subscriber confirms, and does not retry later what was published
    before: those messages are lost to it, and no dead-letter queue sees them.

Judged: A warning where PendingConfirmation is true.

CLI:
    aws sns confirm-subscription --topic-arn TOPIC_ARN --token TOKEN

SAM:
    Nothing to set: confirm the subscription, or remove it.

CloudFormation:
    Nothing to set: confirm the subscription, or remove it.

Terraform:
    resource "aws_sns_topic_subscription" "news" {
      endpoint_auto_confirms = true # for an HTTP endpoint that confirms by itself
    }

Source: https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.confirm.html
"""

from collections.abc import Iterator

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Subscription
from dlqctl.audit.rule import Audit, Fault, Rule, Scope


def judge(subscription: Subscription, _: Audit) -> Iterator[Fault]:
    """Nothing else matters until then."""
    if not known(subscription.pending_confirmation):
        return
    yield Fault(
        "nothing is delivered to this subscriber",
        observed="PendingConfirmation true",
        expected="a confirmed subscription",
        fix="confirm the subscription with the token that was sent to its endpoint, or remove it "
        "(AWS::SNS::Subscription; Terraform: aws_sns_topic_subscription)",
    )


RULE = Rule(
    "sns-pending-confirmation",
    __doc__,
    severity=Severity.WARNING,
    judges=Subscription,
    judge=judge,
    calls=("sns:GetSubscriptionAttributes", "sns:ListSubscriptions"),
    scope=Scope.LIVE,
)
