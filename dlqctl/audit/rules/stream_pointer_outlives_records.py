"""Dead letters that point at records which are gone.

What: A mapping from a stream sends its failures to a queue that keeps messages longer than the
    stream keeps records.

Why: An SQS destination receives a pointer (shard and sequence numbers), not the records. A
    pointer that is older than the stream's retention leads nowhere.

Judged: Info where the destination is an SQS queue whose MessageRetentionPeriod is over the
    stream's retention (86,400 seconds for DynamoDB Streams).

CLI:
    aws kinesis increase-stream-retention-period --stream-name clicks --retention-period-hours 336
    aws lambda update-event-source-mapping --uuid UUID \\
      --destination-config '{"OnFailure":{"Destination":"arn:aws:s3:::clicks-failed"}}'

SAM:
    Clicks:
      Type: AWS::Kinesis::Stream
      Properties:
        RetentionPeriodHours: 336

CloudFormation:
    Type: AWS::Kinesis::Stream
    Properties:
      RetentionPeriodHours: 336

Terraform:
    resource "aws_kinesis_stream" "clicks" {
      retention_period = 336
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSource, EventSourceMapping, Queue
from dlqctl.audit.retention import stream_retention_seconds
from dlqctl.audit.rule import Audit, Fault, Rule
from dlqctl.audit.subjects import reads_stream

S3 = "send failures to an S3 bucket, which keeps the records (DestinationConfig.OnFailure)"
LONGER = "raise the stream's RetentionPeriodHours (Terraform: retention_period), or "


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """A topic keeps nothing, a bucket keeps the records: only a queue has this clock."""
    destination = known(mapping.on_failure)
    if destination is None or destination.service != "sqs":
        return
    queue = known(audit.inventory.find(Queue, destination))
    retention = stream_retention_seconds(mapping, audit.inventory)
    if queue is None or retention is None:
        return
    kept = known(queue.retention_seconds)
    if kept <= retention:
        return
    table = known(mapping.event_source) is EventSource.DYNAMODB
    yield Fault(
        f"pointers on {queue.name or queue.ref} outlive the records they point at",
        observed=f"the queue keeps messages {kept} s, the stream keeps records {retention} s",
        expected=f"a stream that keeps records {kept} s, or a destination that keeps them itself",
        fix=S3 if table else LONGER + S3,
    )


RULE = Rule(
    "stream-pointer-outlives-records",
    __doc__,
    severity=Severity.INFO,
    judges=EventSourceMapping,
    where=reads_stream,
    judge=judge,
    calls=(*MAPPINGS, "kinesis:DescribeStreamSummary", "sqs:GetQueueAttributes"),
)
