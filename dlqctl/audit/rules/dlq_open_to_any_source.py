"""Any queue of the account may use this dead-letter queue.

What: A DLQ has no RedriveAllowPolicy, or one that allows all.

Why: A queue that somebody points at it by mistake mixes its messages with those that belong here,
    and a redrive may then send them to the wrong consumer.

Judged: Info where a DLQ of other queues has redrivePermission allowAll, or no policy. byQueue takes
    at most 10 sources: a DLQ that serves more is not asked for it.

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
from dlqctl.audit.subjects import is_dead_letter_queue

MOST_SOURCES = 10


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """A queue that nobody uses as a DLQ is not judged."""
    allow = known(queue.redrive_allow)
    if allow is not None and allow.permission is not RedrivePermission.ALLOW_ALL:
        return
    sources = audit.inventory.graph.sources_of(queue.ref)
    if len(sources.seen) > MOST_SOURCES:
        return
    names = sorted(source.ref for source in known(sources.all))
    yield Fault(
        "any queue of the account may send its dead letters here",
        observed="redrivePermission allowAll" if allow else "no RedriveAllowPolicy",
        expected="redrivePermission byQueue",
        fix=setting(
            "RedriveAllowPolicy",
            f"byQueue with sourceQueueArns {', '.join(names)}",
            terraform="aws_sqs_queue_redrive_allow_policy",
        ),
    )


RULE = Rule(
    "dlq-open-to-any-source",
    __doc__,
    severity=Severity.INFO,
    judges=Queue,
    where=is_dead_letter_queue,
    judge=judge,
    calls=("sqs:GetQueueAttributes",),
)
