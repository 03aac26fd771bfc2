"""Good records of a failed batch are processed again.

What: A mapping from a stream doesn't let the function say where in a batch it failed.

Why: Without ReportBatchItemFailures the whole batch counts as failed, and what had succeeded
    before the bad record is processed again at each retry. Bisecting alone halves blindly and
    replays good records too; the answer of the function says exactly where to go on.

Judged: Info where FunctionResponseTypes lacks ReportBatchItemFailures and BatchSize is over 1.

CLI:
    aws lambda update-event-source-mapping --uuid UUID \\
      --function-response-types ReportBatchItemFailures

SAM:
    Events:
      Clicks:
        Type: Kinesis
        Properties:
          FunctionResponseTypes: [ReportBatchItemFailures]

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionResponseTypes: [ReportBatchItemFailures]

Terraform:
    resource "aws_lambda_event_source_mapping" "clicks" {
      function_response_types = ["ReportBatchItemFailures"]
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
    """A batch of one has no part that succeeded."""
    if known(mapping.reports_batch_item_failures) or known(mapping.batch_size) == 1:
        return
    yield Fault(
        "records that were processed are processed again when a later one fails",
        observed="FunctionResponseTypes is empty",
        expected="ReportBatchItemFailures",
        fix=setting(
            "FunctionResponseTypes",
            "[ReportBatchItemFailures] and let the function return batchItemFailures",
            terraform="function_response_types",
        ),
    )


RULE = Rule(
    "stream-no-partial-batch-response",
    __doc__,
    severity=Severity.INFO,
    judges=EventSourceMapping,
    where=reads_stream,
    judge=judge,
    calls=MAPPINGS,
)
