"""Records that are given up leave no trace.

What: A mapping from a stream has no on-failure destination.

Why: When the retry or the age limit is reached, Lambda skips the batch and reads on. Without a
    destination nothing says which records were skipped, so nobody can bring them back.

Judged: An error where DestinationConfig.OnFailure is empty and MaximumRetryAttempts or
    MaximumRecordAgeInSeconds is finite: records are dropped. A warning where both are infinite:
    then they are lost only when they expire in the stream.

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
from dlqctl.audit.facts import Unknown, known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import INFINITE, EventSourceMapping
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import reads_stream


def judge(mapping: EventSourceMapping, _: Audit) -> Iterator[Fault]:
    """One finite limit is enough to drop records."""
    if known(mapping.on_failure) is not None:
        return
    dropped = drops_records(mapping)
    yield Fault(
        "records that reach the limits are dropped without a trace"
        if dropped
        else "records that can't be processed expire in the stream without a trace",
        observed="no DestinationConfig.OnFailure",
        expected="a queue, a topic or a bucket",
        fix=setting(
            "DestinationConfig.OnFailure.Destination",
            "the ARN of an SQS queue, an SNS topic or an S3 bucket",
            terraform="destination_config.on_failure.destination_arn",
        ),
        severity=Severity.ERROR if dropped else Severity.WARNING,
    )


def drops_records(mapping: EventSourceMapping) -> bool:
    """Whether a limit is finite, known from one even where the other is unknown."""
    limits = (mapping.maximum_retry_attempts, mapping.maximum_record_age_seconds)
    if any(limit != INFINITE for limit in limits if not isinstance(limit, Unknown)):
        return True
    return any(known(limit) != INFINITE for limit in limits)


RULE = Rule(
    "stream-no-failure-destination",
    __doc__,
    severity=Severity.ERROR,
    judges=EventSourceMapping,
    where=reads_stream,
    judge=judge,
    calls=MAPPINGS,
)
