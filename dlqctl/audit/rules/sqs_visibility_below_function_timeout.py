"""A message comes back while it is still being processed.

What: A queue's visibility timeout is shorter than the timeout of the function that consumes it.

Why: SQS shows the message again before the function has finished, so it is processed twice, its
    receive count rises, and good messages end in the DLQ. Lambda refuses to create such a mapping
    but doesn't look again when the queue or the function is changed.

Judged: An error where VisibilityTimeout (30 seconds unless set) is below the function's Timeout
    (3 seconds unless set).

CLI:
    aws sqs set-queue-attributes --queue-url URL --attributes VisibilityTimeout=360

SAM:
    Orders:
      Type: AWS::SQS::Queue
      Properties:
        VisibilityTimeout: 360

CloudFormation:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 360

Terraform:
    resource "aws_sqs_queue" "orders" {
      visibility_timeout_seconds = 360
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSourceMapping, Function, Queue
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import reads_queue


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """Found on the queue: that is where the setting is."""
    source = known(mapping.source)
    queue = known(audit.inventory.find(Queue, source)) if source else None
    function = known(audit.inventory.find(Function, known(mapping.function)))
    if queue is None or function is None:
        return
    visibility, timeout = known(queue.visibility_timeout_seconds), known(function.timeout_seconds)
    if visibility >= timeout:
        return
    yield Fault(
        f"messages return while {function.name or function.ref} still works on them",
        observed=f"VisibilityTimeout is {visibility} s, the function's Timeout {timeout} s",
        expected=f"a VisibilityTimeout of at least {timeout} s",
        fix=setting(
            "VisibilityTimeout",
            f"{timeout} or more, better six times as much",
            terraform="visibility_timeout_seconds",
        ),
        resource=queue,
    )


RULE = Rule(
    "sqs-visibility-below-function-timeout",
    __doc__,
    severity=Severity.ERROR,
    judges=EventSourceMapping,
    where=reads_queue,
    judge=judge,
    calls=(*MAPPINGS, "lambda:ListFunctions", "sqs:GetQueueAttributes"),
)
