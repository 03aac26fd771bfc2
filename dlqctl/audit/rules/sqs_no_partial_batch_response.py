"""One bad message takes the good ones to the DLQ.

What: A mapping from SQS doesn't let the function say which messages of a batch failed.

Why: Without ReportBatchItemFailures one failure returns the whole batch to the queue. The good
    messages are processed again, their receive count rises with the bad one's, and they end in
    the DLQ beside it.

Judged: A warning where FunctionResponseTypes lacks ReportBatchItemFailures and BatchSize is
    over 1 (it is 10 unless set).

CLI:
    aws lambda update-event-source-mapping --uuid UUID \\
      --function-response-types ReportBatchItemFailures

SAM:
    Events:
      Orders:
        Type: SQS
        Properties:
          FunctionResponseTypes: [ReportBatchItemFailures]

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionResponseTypes: [ReportBatchItemFailures]

Terraform:
    resource "aws_lambda_event_source_mapping" "orders" {
      function_response_types = ["ReportBatchItemFailures"]
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSourceMapping
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import reads_queue


def judge(mapping: EventSourceMapping, _: Audit) -> Iterator[Fault]:
    """A batch of one has no good messages beside the bad one."""
    if known(mapping.reports_batch_item_failures) or known(mapping.batch_size) == 1:
        return
    yield Fault(
        "one failed message returns the whole batch to the queue",
        observed="FunctionResponseTypes is empty",
        expected="ReportBatchItemFailures",
        fix=setting(
            "FunctionResponseTypes",
            "[ReportBatchItemFailures] and let the function return batchItemFailures",
            terraform="function_response_types",
        ),
    )


RULE = Rule(
    "sqs-no-partial-batch-response",
    __doc__,
    severity=Severity.WARNING,
    judges=EventSourceMapping,
    where=reads_queue,
    judge=judge,
    calls=MAPPINGS,
)
