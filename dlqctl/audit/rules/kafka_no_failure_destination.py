"""Records that are given up leave no trace.

What: A mapping from Kafka has no on-failure destination.

Why: Once a limit on retries or age is set and reached, Lambda commits the offset and reads on;
    without a destination nobody learns which records were skipped. Without limits a bad record
    holds up its partition until the topic forgets it, unseen as well.

Judged: A warning where DestinationConfig.OnFailure is empty, for Amazon MSK and for one's own
    Kafka.

CLI:
    aws lambda update-event-source-mapping --uuid UUID \\
      --destination-config '{"OnFailure":{"Destination":"arn:aws:s3:::orders-failed"}}'

SAM:
    Events:
      Orders:
        Type: MSK
        Properties:
          DestinationConfig:
            OnFailure: {Type: S3, Destination: !GetAtt OrdersFailed.Arn}

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      DestinationConfig:
        OnFailure: {Destination: !GetAtt OrdersFailed.Arn}

Terraform:
    resource "aws_lambda_event_source_mapping" "orders" {
      destination_config {
        on_failure { destination_arn = aws_s3_bucket.orders_failed.arn }
      }
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSourceMapping
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import reads_kafka


def judge(mapping: EventSourceMapping, _: Audit) -> Iterator[Fault]:
    """Whatever the limits are."""
    if known(mapping.on_failure) is not None:
        return
    yield Fault(
        "records that can't be processed vanish without a trace",
        observed="no DestinationConfig.OnFailure",
        expected="a bucket, a queue, a topic or a Kafka topic",
        fix=setting(
            "DestinationConfig.OnFailure.Destination",
            "an S3 bucket, an SQS queue, an SNS topic or a topic of the same cluster",
            terraform="destination_config.on_failure.destination_arn",
        ),
    )


RULE = Rule(
    "kafka-no-failure-destination",
    __doc__,
    severity=Severity.WARNING,
    judges=EventSourceMapping,
    where=reads_kafka,
    judge=judge,
    calls=MAPPINGS,
)
