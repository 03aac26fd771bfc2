"""The dead-letter queue does not let this queue use it.

What: The RedriveAllowPolicy of the DLQ is denyAll, or byQueue without this queue among its sources.

Why: The DLQ decides which queues may name it. One that is not let in keeps its poison messages
    until they expire.

Judged: An error where the DLQ's policy excludes the queue. Without a policy every queue is let in.

CLI:
    aws sqs set-queue-attributes --queue-url DLQ_URL --attributes \\
      '{"RedriveAllowPolicy":"{\\"redrivePermission\\":\\"byQueue\\",\\"sourceQueueArns\\":[\\"ARN\\"]}"}'

SAM:
    OrdersDlq:
      Type: AWS::SQS::Queue
      Properties:
        RedriveAllowPolicy:
          redrivePermission: byQueue
          sourceQueueArns: [ARN]

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_sqs_queue_redrive_allow_policy" "orders" {
      queue_url = aws_sqs_queue.orders_dlq.id
      redrive_allow_policy = jsonencode({
        redrivePermission = "byQueue"
        sourceQueueArns   = [aws_sqs_queue.orders.arn]
      })
    }

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from collections.abc import Iterator

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Queue, RedrivePermission
from dlqctl.audit.rule import Audit, Fault, Rule, setting


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """The queue that is kept out is at fault in the report; the fix is at its DLQ."""
    redrive = known(queue.redrive)
    dead_letter = (
        known(audit.inventory.find(Queue, known(redrive.dead_letter))) if redrive else None
    )
    allow = known(dead_letter.redrive_allow) if dead_letter else None
    if dead_letter is None or allow is None or allow.permission is RedrivePermission.ALLOW_ALL:
        return
    if allow.permission is RedrivePermission.BY_QUEUE:
        if queue.ref in known(allow.sources):
            return
        observed = "byQueue, without this queue"
    else:
        observed = "denyAll"
    yield Fault(
        f"{dead_letter.name or dead_letter.ref} does not accept dead letters of this queue",
        observed=f"redrivePermission {observed}",
        expected="a RedriveAllowPolicy that lets this queue in",
        fix=setting(
            f"RedriveAllowPolicy of {dead_letter.name or dead_letter.ref}",
            f"byQueue with {queue.ref} among sourceQueueArns",
            terraform="aws_sqs_queue_redrive_allow_policy",
        ),
    )


RULE = Rule(
    "dlq-redrive-not-allowed",
    __doc__,
    severity=Severity.ERROR,
    judges=Queue,
    judge=judge,
    calls=("sqs:GetQueueAttributes",),
)
