"""A throttled shard is retried until its records expire.

What: A mapping from a stream has no limit on the age of records.

Why: MaximumRetryAttempts counts errors of the function only. When the function can't be invoked
    at all (throttled, no permission) only the age limit ends the retries; without one the shard
    stands still and records expire in the stream, without an on-failure record.

Judged: A warning where MaximumRecordAgeInSeconds is -1, which is also the default.

CLI:
    aws lambda update-event-source-mapping --uuid UUID --maximum-record-age-in-seconds 21600

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
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import reads_stream


def judge(mapping: EventSourceMapping, _: Audit) -> Iterator[Fault]:
    """Whatever the retry limit is: it doesn't count throttles."""
    if known(mapping.maximum_record_age_seconds) != INFINITE:
        return
    yield Fault(
        "while the function can't be invoked, records are retried until they expire",
        observed="MaximumRecordAgeInSeconds is -1 (infinite)",
        expected="60 to 604,800, below the stream's retention",
        fix=setting(
            "MaximumRecordAgeInSeconds",
            "a limit well below the stream's retention, such as 21600",
            terraform="maximum_record_age_in_seconds",
        ),
    )


RULE = Rule(
    "stream-infinite-record-age",
    __doc__,
    severity=Severity.WARNING,
    judges=EventSourceMapping,
    where=reads_stream,
    judge=judge,
    calls=MAPPINGS,
)
