"""By the time someone reads the dead letter, its records may be gone.

What: A mapping from a stream sends its failures to SQS or SNS, and a record may already be so old
    when it is given up that little of the stream's retention is left.

Why: An SQS or SNS destination receives a pointer (shard and sequence numbers), not the records.
    They can be brought back only while the stream still has them.

Judged: An error where the stream's retention less MaximumRecordAgeInSeconds is below the option
    `minimum-window` (12 hours). An infinite age is stream-infinite-record-age's business; an S3
    destination keeps the records themselves. DynamoDB Streams keep records for 24 hours.

CLI:
    aws lambda update-event-source-mapping --uuid UUID --maximum-record-age-in-seconds 21600
    aws kinesis increase-stream-retention-period --stream-name orders --retention-period-hours 72

SAM:
    Events:
      Orders:
        Type: Kinesis
        Properties:
          MaximumRecordAgeInSeconds: 21600

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      MaximumRecordAgeInSeconds: 21600

Terraform:
    resource "aws_lambda_event_source_mapping" "orders" {
      maximum_record_age_in_seconds = 21600
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from collections.abc import Iterator
from datetime import timedelta

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import INFINITE, EventSource, EventSourceMapping
from dlqctl.audit.retention import stream_retention_seconds
from dlqctl.audit.rule import Audit, Fault, Option, Rule, setting
from dlqctl.audit.subjects import reads_stream

WINDOW = Option("minimum-window", timedelta(hours=12), "time that must be left to read the records")

LOWEST_AGE_SECONDS = 60


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """The last moment to give up, against the last moment the stream has the record."""
    destination = known(mapping.on_failure)
    if destination is None or destination.service not in ("sqs", "sns"):
        return
    age = known(mapping.maximum_record_age_seconds)
    if age == INFINITE:
        return
    retention = stream_retention_seconds(mapping, audit.inventory)
    wanted = int(audit.option(WINDOW).total_seconds())
    if retention is None or retention - age >= wanted:
        return
    table = known(mapping.event_source) is EventSource.DYNAMODB
    longer = "" if table else "raise the stream's retention, or "
    yield Fault(
        "the records behind a pointer may expire before anyone can fetch them",
        observed=f"{retention - age} s left: retention {retention} s, age limit {age} s",
        expected=f"at least {wanted} s",
        fix=setting(
            "MaximumRecordAgeInSeconds",
            f"{retention - wanted} or less, or {longer}send failures to S3",
            terraform="maximum_record_age_in_seconds",
        )
        if retention - wanted >= LOWEST_AGE_SECONDS
        else f"{longer}send failures to S3 (DestinationConfig.OnFailure)",
    )


RULE = Rule(
    "stream-pointer-window-short",
    __doc__,
    severity=Severity.ERROR,
    judges=EventSourceMapping,
    where=reads_stream,
    judge=judge,
    calls=(*MAPPINGS, "kinesis:DescribeStreamSummary"),
    options=(WINDOW,),
)
