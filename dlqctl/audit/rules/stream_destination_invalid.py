"""Failures are sent to a place that can't take them.

What: The on-failure destination of a mapping from a stream does not exist, or is FIFO.

Why: Lambda delivers to standard queues and topics only. When delivery fails the records are
    skipped all the same, and only the metric DestinationDeliveryFailures says so.

Judged: An error where the destination is a queue that is FIFO or does not exist, or a topic whose
    name ends in `.fifo`. Topics and buckets are not looked up, so one that was deleted is not
    found; a queue in another account is not judged.

CLI:
    aws lambda update-event-source-mapping --uuid UUID \\
      --destination-config '{"OnFailure":{"Destination":"DLQ_ARN"}}'

SAM:
    Events:
      Clicks:
        Type: Kinesis
        Properties:
          DestinationConfig:
            OnFailure: {Type: SQS, Destination: !GetAtt ClicksDlq.Arn}

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      DestinationConfig:
        OnFailure: {Destination: !GetAtt ClicksDlq.Arn}

Terraform:
    resource "aws_lambda_event_source_mapping" "clicks" {
      destination_config {
        on_failure { destination_arn = aws_sqs_queue.clicks_dlq.arn }
      }
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.destinations import is_fifo, is_missing
from dlqctl.audit.facts import Reference, known
from dlqctl.audit.findings import Severity
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import EventSourceMapping
from dlqctl.audit.rule import Audit, Fault, Rule, Scope, setting
from dlqctl.audit.subjects import reads_stream


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """No destination at all is stream-no-failure-destination's business."""
    destination = known(mapping.on_failure)
    wrong = defect(destination, audit.inventory) if destination else None
    if destination is None or wrong is None:
        return
    yield Fault(
        "what fails can't be delivered to the on-failure destination",
        observed=f"{destination.ref} {wrong}",
        expected="a standard queue, a standard topic or a bucket that exists",
        fix=setting(
            "DestinationConfig.OnFailure.Destination",
            "the ARN of a standard queue, a standard topic or a bucket",
            terraform="destination_config.on_failure.destination_arn",
        ),
    )


def defect(destination: Reference, inventory: Inventory) -> str | None:
    """What is wrong with it, in words that follow its name."""
    if known(is_fifo(destination, inventory)):
        return "is FIFO"
    return "does not exist" if known(is_missing(destination, inventory)) else None


RULE = Rule(
    "stream-destination-invalid",
    __doc__,
    severity=Severity.ERROR,
    judges=EventSourceMapping,
    where=reads_stream,
    judge=judge,
    calls=(*MAPPINGS, "sqs:GetQueueAttributes"),
    scope=Scope.LIVE,
)
