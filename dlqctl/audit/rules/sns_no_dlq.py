"""A message that can't be delivered to a subscriber is dropped.

What: A subscription has no dead-letter queue.

Why: SNS retries a failing endpoint for a while (by protocol, from minutes to weeks) and does not
    retry at all where the endpoint is gone or denies access. Then the message is discarded.

Judged: A warning where a lambda, sqs, http, https or firehose subscription has no RedrivePolicy.
    One that is not confirmed receives nothing yet and is sns-pending-confirmation's business.

CLI:
    aws sns set-subscription-attributes --subscription-arn SUBSCRIPTION_ARN \\
      --attribute-name RedrivePolicy --attribute-value '{"deadLetterTargetArn":"DLQ_ARN"}'

SAM:
    Events:
      News:
        Type: SNS
        Properties:
          RedrivePolicy:
            deadLetterTargetArn: !GetAtt NewsDlq.Arn

CloudFormation:
    Type: AWS::SNS::Subscription
    Properties:
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt NewsDlq.Arn

Terraform:
    resource "aws_sns_topic_subscription" "news" {
      redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.news_dlq.arn })
    }

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
"""

from collections.abc import Iterator

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Subscription
from dlqctl.audit.rule import Audit, Fault, Rule, setting

PROTOCOLS = frozenset({"lambda", "sqs", "http", "https", "firehose"})


def judge(subscription: Subscription, _: Audit) -> Iterator[Fault]:
    """People's subscriptions (email, SMS …) are not asked for one."""
    protocol = known(subscription.protocol)
    if protocol not in PROTOCOLS or known(subscription.dead_letter) is not None:
        return
    if known(subscription.pending_confirmation):
        return
    yield Fault(
        f"messages that can't be delivered to this {protocol} subscriber are dropped",
        observed="no RedrivePolicy",
        expected="a RedrivePolicy",
        fix=setting(
            "RedrivePolicy",
            "deadLetterTargetArn, the ARN of a queue",
            terraform="aws_sns_topic_subscription redrive_policy",
        ),
    )


RULE = Rule(
    "sns-no-dlq",
    __doc__,
    severity=Severity.WARNING,
    judges=Subscription,
    judge=judge,
    calls=("sns:GetSubscriptionAttributes", "sns:ListSubscriptions"),
)
