"""One bad record blocks its partition until it expires.

What: A mapping from Kafka retries failed batches without limit and has no on-failure destination.

Why: A partition is read in order. While a batch fails, nothing behind it is processed. With an
    on-failure destination Lambda itself stops after ten retries; without one it never does.

Judged: A warning where MaximumRetryAttempts is -1 (also the default) and
    DestinationConfig.OnFailure is empty. With ConsumptionMode Queue (share groups) retries are
    never infinite.

CLI:
    aws lambda update-event-source-mapping --uuid UUID --maximum-retry-attempts 5 \\
      --destination-config '{"OnFailure":{"Destination":"arn:aws:s3:::orders-failed"}}'

SAM:
    Events:
      Orders:
        Type: MSK
        Properties:
          MaximumRetryAttempts: 5
          DestinationConfig:
            OnFailure: {Type: S3, Destination: !GetAtt OrdersFailed.Arn}

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      MaximumRetryAttempts: 5
      DestinationConfig:
        OnFailure: {Destination: !GetAtt OrdersFailed.Arn}

Terraform:
    resource "aws_lambda_event_source_mapping" "orders" {
      maximum_retry_attempts = 5
      destination_config {
        on_failure { destination_arn = aws_s3_bucket.orders_failed.arn }
      }
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import INFINITE, EventSourceMapping
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import reads_kafka


def judge(mapping: EventSourceMapping, _: Audit) -> Iterator[Fault]:
    """With a destination, Lambda caps the retries."""
    if known(mapping.maximum_retry_attempts) != INFINITE or known(mapping.share_group):
        return
    if known(mapping.on_failure) is not None:
        return
    yield Fault(
        "a record that can't be processed blocks its partition until it expires",
        observed="MaximumRetryAttempts is -1 (infinite), no DestinationConfig.OnFailure",
        expected="0 to 10,000, or an on-failure destination",
        fix=setting(
            "MaximumRetryAttempts",
            "a limit, such as 5, and DestinationConfig.OnFailure to a destination",
            terraform="maximum_retry_attempts, destination_config",
        ),
    )


RULE = Rule(
    "kafka-infinite-retries",
    __doc__,
    severity=Severity.WARNING,
    judges=EventSourceMapping,
    where=reads_kafka,
    judge=judge,
    calls=MAPPINGS,
)
