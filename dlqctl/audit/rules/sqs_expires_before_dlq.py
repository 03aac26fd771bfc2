"""Messages expire before they can reach the DLQ.

What: The receives that a queue allows take longer than it keeps messages.

Why: A message that always fails comes back after each visibility timeout. When the allowed
    receives add up to the retention period or more, SQS deletes it before it is moved to the DLQ.

Judged: An error where maxReceiveCount times VisibilityTimeout is at least MessageRetentionPeriod,
    for a queue that a mapping consumes.

CLI:
    aws sqs set-queue-attributes --queue-url URL --attributes MessageRetentionPeriod=1209600

SAM:
    Orders:
      Type: AWS::SQS::Queue
      Properties:
        MessageRetentionPeriod: 1209600

CloudFormation:
    Type: AWS::SQS::Queue
    Properties:
      MessageRetentionPeriod: 1209600

Terraform:
    resource "aws_sqs_queue" "orders" {
      message_retention_seconds = 1209600
    }

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Queue
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import is_consumed

MAXIMUM_RETENTION_SECONDS = 1_209_600


def judge(queue: Queue, _: Audit) -> Iterator[Fault]:
    """No DLQ at all is sqs-no-dlq's business."""
    redrive = known(queue.redrive)
    if redrive is None:
        return
    receives, visibility = known(redrive.max_receive_count), known(queue.visibility_timeout_seconds)
    retention, needed = known(queue.retention_seconds), receives * visibility
    if needed < retention:
        return
    longer = setting(
        "MessageRetentionPeriod",
        f"more than {needed}, or lower maxReceiveCount or VisibilityTimeout",
        terraform="message_retention_seconds",
    )
    shorter = setting(
        "RedrivePolicy.maxReceiveCount",
        "less, or lower VisibilityTimeout",
        terraform="redrive_policy",
    )
    yield Fault(
        "messages expire before they have been received often enough to reach the DLQ",
        observed=f"maxReceiveCount {receives} x VisibilityTimeout {visibility} s = {needed} s, "
        f"MessageRetentionPeriod is {retention} s",
        expected=f"a MessageRetentionPeriod above {needed} s",
        fix=longer if needed < MAXIMUM_RETENTION_SECONDS else shorter,
    )


RULE = Rule(
    "sqs-expires-before-dlq",
    __doc__,
    severity=Severity.ERROR,
    judges=Queue,
    where=is_consumed,
    judge=judge,
    calls=(*MAPPINGS, "sqs:GetQueueAttributes"),
)
