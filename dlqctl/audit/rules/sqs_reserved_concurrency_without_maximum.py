"""The poller knows nothing of the function's reserved concurrency.

What: A function with reserved concurrency consumes a queue through a mapping that has no
    MaximumConcurrency.

Why: Lambda polls as if the function could scale freely, beginning with five batches at a time.
    What exceeds the reserved concurrency is throttled and returns, and each time counts as a
    receive on the way to the DLQ.

Judged: A warning where concurrency is reserved and the mapping has no MaximumConcurrency; an error
    where less than 5 is reserved, which the very first poll exceeds. A mapping in provisioned mode
    limits its pollers instead and can't have MaximumConcurrency.

CLI:
    aws lambda update-event-source-mapping --uuid UUID --scaling-config MaximumConcurrency=5

SAM:
    Events:
      Orders:
        Type: SQS
        Properties:
          ScalingConfig: {MaximumConcurrency: 5}

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      ScalingConfig: {MaximumConcurrency: 5}

Terraform:
    resource "aws_lambda_event_source_mapping" "orders" {
      scaling_config { maximum_concurrency = 5 }
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSourceMapping, Function
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import reads_queue

FIRST_BATCHES = 5
LOWEST_MAXIMUM = 2


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """MaximumConcurrency is 2 at least, so a function with less reserved needs more first."""
    if known(mapping.maximum_concurrency) is not None or known(mapping.provisioned_pollers):
        return
    function = known(audit.inventory.find(Function, known(mapping.function)))
    reserved = known(function.reserved_concurrency) if function else None
    if function is None or reserved is None:
        return
    name = function.name or function.ref
    enough = max(reserved, LOWEST_MAXIMUM)
    first = "" if reserved >= LOWEST_MAXIMUM else f"reserve {enough} or more for {name}, then "
    yield Fault(
        f"more messages are received than {name} may process",
        observed=f"reserved concurrency {reserved}, no MaximumConcurrency",
        expected=f"MaximumConcurrency {LOWEST_MAXIMUM} to {enough}",
        fix=first
        + setting(
            "ScalingConfig.MaximumConcurrency",
            f"{enough} or less",
            terraform="scaling_config.maximum_concurrency",
        ),
        severity=Severity.ERROR if reserved < FIRST_BATCHES else Severity.WARNING,
    )


RULE = Rule(
    "sqs-reserved-concurrency-without-maximum",
    __doc__,
    severity=Severity.WARNING,
    judges=EventSourceMapping,
    where=reads_queue,
    judge=judge,
    calls=(*MAPPINGS, "lambda:GetFunctionConcurrency", "lambda:ListFunctions"),
)
