"""An age limit that can never act.

What: A mapping's limit on the age of records is longer than its stream keeps them.

Why: The stream forgets a record before it reaches the limit, so it expires without an on-failure
    record: the setting reads like protection and is none.

Judged: A warning where MaximumRecordAgeInSeconds is finite and over the stream's retention. That
    is 86,400 seconds for DynamoDB Streams and can't be changed there.

CLI:
    aws lambda update-event-source-mapping --uuid UUID --maximum-record-age-in-seconds 21600
    aws kinesis increase-stream-retention-period --stream-name clicks --retention-period-hours 72

SAM:
    Events:
      Clicks:
        Type: Kinesis
        Properties:
          MaximumRecordAgeInSeconds: 21600

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      MaximumRecordAgeInSeconds: 21600

Terraform:
    resource "aws_lambda_event_source_mapping" "clicks" {
      maximum_record_age_in_seconds = 21600
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import INFINITE, EventSourceMapping
from dlqctl.audit.retention import stream_retention_seconds
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import reads_stream


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """An infinite age is stream-infinite-record-age's business."""
    age = known(mapping.maximum_record_age_seconds)
    if age == INFINITE:
        return
    retention = stream_retention_seconds(mapping, audit.inventory)
    if retention is None or age <= retention:
        return
    yield Fault(
        "records expire in the stream before they reach the age limit",
        observed=f"MaximumRecordAgeInSeconds is {age}",
        expected=f"at most {retention}, the stream's retention",
        fix=setting(
            "MaximumRecordAgeInSeconds",
            f"less than {retention}",
            terraform="maximum_record_age_in_seconds",
        ),
    )


RULE = Rule(
    "stream-record-age-beyond-retention",
    __doc__,
    severity=Severity.WARNING,
    judges=EventSourceMapping,
    where=reads_stream,
    judge=judge,
    calls=(*MAPPINGS, "kinesis:DescribeStreamSummary"),
)
