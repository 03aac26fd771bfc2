"""SNS may not write to the dead-letter queue of a subscription.

What: The policy of the queue that a subscription's RedrivePolicy names does not let SNS send to it
    on behalf of the topic.

Why: The message that could not be delivered can't be kept either, and is lost.

Judged: An error where the queue's policy does not allow sns.amazonaws.com sqs:SendMessage for the
    topic's ARN. Not judged where that hangs on a condition other than aws:SourceArn and
    aws:SourceAccount.

CLI:
    aws sqs set-queue-attributes --queue-url DLQ_URL --attributes file://policy.json
    # {"Policy": "{\\"Statement\\":[{\\"Effect\\":\\"Allow\\",
    #   \\"Principal\\":{\\"Service\\":\\"sns.amazonaws.com\\"},
    #   \\"Action\\":\\"sqs:SendMessage\\",\\"Resource\\":\\"DLQ_ARN\\",
    #   \\"Condition\\":{\\"ArnEquals\\":{\\"aws:SourceArn\\":\\"TOPIC_ARN\\"}}}]}"}

SAM:
    NewsDlqPolicy:
      Type: AWS::SQS::QueuePolicy
      Properties:
        Queues: [!Ref NewsDlq]
        PolicyDocument:
          Statement:
            - Effect: Allow
              Principal: {Service: sns.amazonaws.com}
              Action: sqs:SendMessage
              Resource: !GetAtt NewsDlq.Arn
              Condition: {ArnEquals: {aws:SourceArn: !Ref News}}

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_sqs_queue_policy" "news_dlq" {
      queue_url = aws_sqs_queue.news_dlq.id
      policy    = data.aws_iam_policy_document.news_dlq.json
    }

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html
"""

from collections.abc import Iterator

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.policies import allows
from dlqctl.audit.resources import Queue, Subscription
from dlqctl.audit.rule import Audit, Fault, Rule

SERVICE = "sns.amazonaws.com"


def judge(subscription: Subscription, audit: Audit) -> Iterator[Fault]:
    """A queue that is not there is sns-dlq-invalid's business."""
    dead_letter = known(subscription.dead_letter)
    queue = known(audit.inventory.find(Queue, dead_letter)) if dead_letter else None
    if queue is None:
        return
    topic = known(subscription.topic)
    allowed = allows(
        known(queue.policy),
        service=SERVICE,
        action="sqs:SendMessage",
        resource=queue.ref,
        source=topic.ref,
    )
    if known(allowed):
        return
    yield Fault(
        "SNS may not send to the dead-letter queue: the messages are lost",
        observed=f"the policy of {queue.name or queue.ref} does not allow {SERVICE}",
        expected=f"sqs:SendMessage for {SERVICE}, aws:SourceArn {topic.ref}",
        fix=f"allow {SERVICE} sqs:SendMessage on {queue.ref} with ArnEquals aws:SourceArn "
        f"{topic.ref} (AWS::SQS::QueuePolicy; Terraform: aws_sqs_queue_policy)",
    )


RULE = Rule(
    "sns-dlq-policy-denies",
    __doc__,
    severity=Severity.ERROR,
    judges=Subscription,
    judge=judge,
    calls=("sns:GetSubscriptionAttributes", "sns:ListSubscriptions", "sqs:GetQueueAttributes"),
)
