"""One bad record blocks its shard until it expires.

What: A mapping from a stream retries a failed batch without limit.

Why: A shard is read in order. While a batch fails, nothing behind it is processed: a record that
    can never succeed holds up its shard until the stream forgets it, and good records behind it
    may expire as well.

Judged: A warning where MaximumRetryAttempts is -1, which is also the default.

CLI:
    aws lambda update-event-source-mapping --uuid UUID --maximum-retry-attempts 5

SAM:
    Events:
      Clicks:
        Type: Kinesis
        Properties:
          MaximumRetryAttempts: 5

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      MaximumRetryAttempts: 5

Terraform:
    resource "aws_lambda_event_source_mapping" "clicks" {
      maximum_retry_attempts = 5
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import INFINITE, EventSourceMapping
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import reads_stream


def judge(mapping: EventSourceMapping, _: Audit) -> Iterator[Fault]:
    """No retry at all is a limit too."""
    if known(mapping.maximum_retry_attempts) != INFINITE:
        return
    yield Fault(
        "a record that can't be processed blocks its shard until it expires",
        observed="MaximumRetryAttempts is -1 (infinite)",
        expected="0 to 10,000",
        fix=setting(
            "MaximumRetryAttempts", "a limit, such as 5", terraform="maximum_retry_attempts"
        ),
    )


RULE = Rule(
    "stream-infinite-retries",
    __doc__,
    severity=Severity.WARNING,
    judges=EventSourceMapping,
    where=reads_stream,
    judge=judge,
    calls=MAPPINGS,
)
