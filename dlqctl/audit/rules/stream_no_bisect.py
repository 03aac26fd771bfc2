"""One bad record takes the whole batch with it.

What: A mapping from a stream retries failed batches whole: BisectBatchOnFunctionError is false.

Why: Without bisecting, every record of the batch shares the fate of the bad one: all are retried,
    and all are discarded together. Halving a failed batch isolates the bad record and does not
    use up the retry quota.

Judged: A warning where BisectBatchOnFunctionError is false and BatchSize is over 1.

CLI:
    aws lambda update-event-source-mapping --uuid UUID --bisect-batch-on-function-error

SAM:
    Events:
      Orders:
        Type: Kinesis
        Properties:
          BisectBatchOnFunctionError: true

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      BisectBatchOnFunctionError: true

Terraform:
    resource "aws_lambda_event_source_mapping" "orders" {
      bisect_batch_on_function_error = true
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSourceMapping
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import reads_stream


def judge(mapping: EventSourceMapping, _: Audit) -> Iterator[Fault]:
    """A batch of one can't be halved."""
    if known(mapping.bisects_on_error) or known(mapping.batch_size) == 1:
        return
    yield Fault(
        "a failed batch is retried and discarded whole",
        observed="BisectBatchOnFunctionError is false",
        expected="BisectBatchOnFunctionError is true",
        fix=setting(
            "BisectBatchOnFunctionError", "true", terraform="bisect_batch_on_function_error"
        ),
    )


RULE = Rule(
    "stream-no-bisect",
    __doc__,
    severity=Severity.WARNING,
    judges=EventSourceMapping,
    where=reads_stream,
    judge=judge,
    calls=MAPPINGS,
)
