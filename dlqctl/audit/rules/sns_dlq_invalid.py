"""The dead-letter queue of a subscription can't take its messages.

What: A subscription's RedrivePolicy names a queue in another account or Region, of another type
    than the topic, or one that does not exist.

Why: SNS moves messages only to a queue in the subscription's own account and Region; FIFO topics
    want FIFO queues, standard topics standard ones. Anything else loses the message.

Judged: An error where the queue's ARN names another Region than the subscription's or another
    account than the one that is audited, where one of topic and queue is FIFO and the other is
    not, or where no such queue was found.

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

from dlqctl.audit.destinations import account_and_region, is_fifo, is_missing
from dlqctl.audit.facts import Reference, known
from dlqctl.audit.findings import Severity
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import Subscription
from dlqctl.audit.rule import Audit, Fault, Rule, setting


def judge(subscription: Subscription, audit: Audit) -> Iterator[Fault]:
    """No DLQ at all is sns-no-dlq's business."""
    dead_letter = known(subscription.dead_letter)
    wrong = _defect(dead_letter, subscription, audit.inventory) if dead_letter else None
    if dead_letter is None or wrong is None:
        return
    yield Fault(
        "messages that can't be delivered can't be kept either",
        observed=f"{dead_letter.ref} {wrong}",
        expected="a queue of the topic's type in the subscription's account and Region",
        fix=setting(
            "RedrivePolicy.deadLetterTargetArn",
            "the ARN of a queue of the topic's type in the subscription's account and Region",
            terraform="aws_sns_topic_subscription redrive_policy",
        ),
    )


def _defect(to: Reference, subscription: Subscription, inventory: Inventory) -> str | None:
    """A subscription belongs to who made it, whoever owns the topic that its ARN names."""
    there, topic = account_and_region(to.ref), known(subscription.topic)
    home = account_and_region(topic.ref)
    if there and home and there[1] != home[1]:
        return "is in another Region"
    if there and inventory.account_id and there[0] != inventory.account_id:
        return "is in another account"
    if known(is_missing(to, inventory)):
        return "does not exist"
    fifo = known(is_fifo(to, inventory))
    if fifo == known(is_fifo(topic, inventory)):
        return None
    return "is FIFO, the topic is not" if fifo else "is a standard queue, the topic is FIFO"


RULE = Rule(
    "sns-dlq-invalid",
    __doc__,
    severity=Severity.ERROR,
    judges=Subscription,
    judge=judge,
    calls=("sns:GetSubscriptionAttributes", "sns:ListSubscriptions", "sqs:GetQueueAttributes"),
)
