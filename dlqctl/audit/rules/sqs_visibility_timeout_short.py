"""No room to try again when the function is throttled.

What: A queue's visibility timeout leaves too little time for Lambda to collect a batch, be
    throttled and try again.

Why: Lambda keeps a batch while it retries a throttled invocation. When the visibility timeout
    runs out meanwhile, the messages return, are received once more, and go to the DLQ without the
    function having seen them.

Judged: A warning where VisibilityTimeout is below the option `timeout-factor` (6) times the
    function's Timeout, plus MaximumBatchingWindowInSeconds.

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
from dlqctl.audit.rule import Audit, Fault, Option, Rule, setting
from dlqctl.audit.subjects import reads_queue

FACTOR = Option("timeout-factor", 6, "how many function timeouts a visibility timeout must cover")


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """Found on the queue: that is where the setting is."""
    source = known(mapping.source)
    queue = known(audit.inventory.find(Queue, source)) if source else None
    function = known(audit.inventory.find(Function, known(mapping.function)))
    if queue is None or function is None:
        return
    factor, timeout = audit.option(FACTOR), known(function.timeout_seconds)
    window = known(mapping.batching_window_seconds)
    visibility, wanted = known(queue.visibility_timeout_seconds), factor * timeout + window
    if visibility >= wanted:
        return
    yield Fault(
        f"no room to retry when {function.name or function.ref} is throttled",
        observed=f"VisibilityTimeout is {visibility} s",
        expected=f"at least {wanted} s: {factor} x Timeout {timeout} s + batching window "
        f"{window} s",
        fix=setting(
            "VisibilityTimeout", f"{wanted} or more", terraform="visibility_timeout_seconds"
        ),
        resource=queue,
    )


RULE = Rule(
    "sqs-visibility-timeout-short",
    __doc__,
    severity=Severity.WARNING,
    judges=EventSourceMapping,
    where=reads_queue,
    judge=judge,
    calls=(*MAPPINGS, "lambda:ListFunctions", "sqs:GetQueueAttributes"),
    options=(FACTOR,),
)
