"""EventBridge may not write to the dead-letter queue.

What: The policy of the queue that a target's DeadLetterConfig names does not let EventBridge send
    to it on behalf of the rule.

Why: The event that could not be delivered can't be kept either, and is lost. The console adds the
    permission by itself; the API, CloudFormation and Terraform do not.

Judged: An error where the queue's policy does not allow events.amazonaws.com sqs:SendMessage for
    the rule's ARN. Not judged where that hangs on a condition other than aws:SourceArn and
    aws:SourceAccount. Rules that are disabled or that an AWS service manages are left out.

CLI:
    aws sqs set-queue-attributes --queue-url DLQ_URL --attributes file://policy.json
    # {"Policy": "{\\"Statement\\":[{\\"Effect\\":\\"Allow\\",
    #   \\"Principal\\":{\\"Service\\":\\"events.amazonaws.com\\"},
    #   \\"Action\\":\\"sqs:SendMessage\\",\\"Resource\\":\\"DLQ_ARN\\",
    #   \\"Condition\\":{\\"ArnEquals\\":{\\"aws:SourceArn\\":\\"RULE_ARN\\"}}}]}"}

SAM:
    NightlyDlqPolicy:
      Type: AWS::SQS::QueuePolicy
      Properties:
        Queues: [!Ref NightlyDlq]
        PolicyDocument:
          Statement:
            - Effect: Allow
              Principal: {Service: events.amazonaws.com}
              Action: sqs:SendMessage
              Resource: !GetAtt NightlyDlq.Arn
              Condition: {ArnEquals: {aws:SourceArn: !GetAtt Nightly.Arn}}

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_sqs_queue_policy" "nightly_dlq" {
      queue_url = aws_sqs_queue.nightly_dlq.id
      policy    = data.aws_iam_policy_document.nightly_dlq.json
    }

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from collections.abc import Iterator

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.policies import allows
from dlqctl.audit.resources import EventTarget, Queue
from dlqctl.audit.rule import Audit, Fault, Rule

SERVICE = "events.amazonaws.com"


def judge(target: EventTarget, audit: Audit) -> Iterator[Fault]:
    """A queue that is not there is eventbridge-dlq-invalid's business."""
    dead_letter = known(target.dead_letter)
    if dead_letter is None or not known(target.enabled):
        return
    queue = known(audit.inventory.find(Queue, dead_letter))
    if queue is None:
        return
    allowed = allows(
        known(queue.policy),
        service=SERVICE,
        action="sqs:SendMessage",
        resource=queue.ref,
        source=target.ref,
    )
    if known(allowed):
        return
    yield Fault(
        "EventBridge may not send to the dead-letter queue: the events are lost",
        observed=f"the policy of {queue.name or queue.ref} does not allow {SERVICE}",
        expected=f"sqs:SendMessage for {SERVICE}, aws:SourceArn {target.ref}",
        fix=f"allow {SERVICE} sqs:SendMessage on {queue.ref} with ArnEquals aws:SourceArn "
        f"{target.ref} (AWS::SQS::QueuePolicy; Terraform: aws_sqs_queue_policy)",
    )


RULE = Rule(
    "eventbridge-dlq-policy-denies",
    __doc__,
    severity=Severity.ERROR,
    judges=EventTarget,
    judge=judge,
    calls=("events:ListTargetsByRule", "sqs:GetQueueAttributes"),
)
