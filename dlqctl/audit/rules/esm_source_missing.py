"""The source of a mapping is gone.

What: An event source mapping reads a queue or a stream that does not exist.

Why: Mappings outlive their source. Nothing arrives, and a source that is created again under the
    same name may be read by a mapping that nobody remembers.

Judged: An error where the queue, Kinesis stream or DynamoDB stream does not exist. A queue in
    another account is not judged. Other sources (Kafka, Amazon MQ, DocumentDB) are not looked up.

CLI:
    aws lambda delete-event-source-mapping --uuid UUID

SAM:
    Events:
      Orders:
        Type: SQS
        Properties:
          Queue: !GetAtt Orders.Arn

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Orders.Arn

Terraform:
    resource "aws_lambda_event_source_mapping" "orders" {
      event_source_arn = aws_sqs_queue.orders.arn
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import STREAMS, EventSource, EventSourceMapping, Queue, Stream
from dlqctl.audit.rule import Audit, Fault, Rule, Scope, setting


def is_looked_up(mapping: EventSourceMapping, _: Inventory) -> bool:
    """The sources whose resources an audit reads."""
    return known(mapping.event_source) in STREAMS | {EventSource.SQS}


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """A table's stream has a new ARN each time it is switched on; mappings keep the old one."""
    source = known(mapping.source)
    kind = Queue if known(mapping.event_source) is EventSource.SQS else Stream
    if source is None or known(audit.inventory.find(kind, source)) is not None:
        return
    yield Fault(
        "the mapping reads a source that does not exist",
        observed=f"{source.ref} does not exist",
        expected="a source that exists",
        fix="delete the mapping, or create it again: "
        + setting("EventSourceArn", "an existing source", terraform="event_source_arn"),
    )


RULE = Rule(
    "esm-source-missing",
    __doc__,
    severity=Severity.ERROR,
    judges=EventSourceMapping,
    where=is_looked_up,
    judge=judge,
    calls=(
        *MAPPINGS,
        "dynamodb:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "sqs:GetQueueAttributes",
    ),
    scope=Scope.LIVE,
)
