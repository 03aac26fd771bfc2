"""The dead letter does not hold the records.

What: A mapping from a stream sends its failures to a destination that is not an S3 bucket. This
    rule is off unless it is selected.

Why: Queues and topics receive a pointer to the records, which can be followed only while the
    stream still has them. A bucket receives the whole batch, for as long as its lifecycle says.

Judged: Info where there is an on-failure destination and it is not S3.

CLI:
    aws lambda update-event-source-mapping --uuid UUID \\
      --destination-config '{"OnFailure":{"Destination":"arn:aws:s3:::clicks-failed"}}'

SAM:
    Events:
      Clicks:
        Type: Kinesis
        Properties:
          DestinationConfig:
            OnFailure: {Type: S3, Destination: !GetAtt ClicksFailed.Arn}

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      DestinationConfig:
        OnFailure: {Destination: !GetAtt ClicksFailed.Arn}

Terraform:
    resource "aws_lambda_event_source_mapping" "clicks" {
      destination_config {
        on_failure { destination_arn = aws_s3_bucket.clicks_failed.arn }
      }
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSourceMapping
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import reads_stream


def judge(mapping: EventSourceMapping, _: Audit) -> Iterator[Fault]:
    """No destination at all is stream-no-failure-destination's business."""
    destination = known(mapping.on_failure)
    if destination is None or destination.service == "s3":
        return
    yield Fault(
        "only pointers to failed records are kept, not the records",
        observed=f"OnFailure is {destination.ref}",
        expected="an S3 bucket",
        fix=setting(
            "DestinationConfig.OnFailure.Destination",
            "the ARN of an S3 bucket",
            terraform="destination_config.on_failure.destination_arn",
        ),
    )


RULE = Rule(
    "stream-destination-keeps-no-payload",
    __doc__,
    severity=Severity.INFO,
    judges=EventSourceMapping,
    where=reads_stream,
    judge=judge,
    calls=MAPPINGS,
    enabled=False,
)
