"""A pipe from a stream drops what it can't deliver, or is blocked by it.

What: A pipe that reads Kinesis or DynamoDB Streams has no dead-letter queue, or tries for ever.

Why: Records that are given up without a DLQ leave no trace. With neither a retry nor an age limit
    a bad record is not given up: it blocks its shard until it expires in the stream.

Judged: A warning where there is no DeadLetterConfig, and one where both MaximumRetryAttempts and
    MaximumRecordAgeInSeconds are -1, for a pipe that runs. Pipes from other sources have neither
    setting: the source queue's own DLQ counts.

CLI:
    aws pipes update-pipe --name pump --role-arn ROLE_ARN --source-parameters \\
      '{"KinesisStreamParameters":{"MaximumRetryAttempts":5,"DeadLetterConfig":{"Arn":"DLQ_ARN"}}}'

SAM:
    Pump:
      Type: AWS::Pipes::Pipe
      Properties:
        SourceParameters:
          KinesisStreamParameters:
            MaximumRetryAttempts: 5
            MaximumRecordAgeInSeconds: 21600
            DeadLetterConfig:
              Arn: !GetAtt PumpDlq.Arn

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_pipes_pipe" "pump" {
      source_parameters {
        kinesis_stream_parameters {
          maximum_retry_attempts        = 5
          maximum_record_age_in_seconds = 21600
          dead_letter_config { arn = aws_sqs_queue.pump_dlq.arn }
        }
      }
    }

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html
"""

from collections.abc import Iterator

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import INFINITE, Pipe
from dlqctl.audit.rule import Audit, Fault, Rule, setting


def judge(pipe: Pipe, _: Audit) -> Iterator[Fault]:
    """One finite limit ends the trying: whichever is reached first counts."""
    source = known(pipe.source)
    if source is None or source.service not in ("kinesis", "dynamodb") or not known(pipe.running):
        return
    if known(pipe.dead_letter) is None:
        yield Fault(
            "records that the pipe gives up leave no trace",
            observed="no DeadLetterConfig",
            expected="a DeadLetterConfig",
            fix=setting(
                "SourceParameters DeadLetterConfig.Arn",
                "the ARN of a queue",
                terraform="aws_pipes_pipe source_parameters dead_letter_config.arn",
            ),
        )
    limits = (pipe.maximum_retry_attempts, pipe.maximum_record_age_seconds)
    if any(isinstance(limit, int) and limit != INFINITE for limit in limits):
        return
    for limit in limits:
        known(limit)
    yield Fault(
        "a record that always fails blocks its shard until it expires",
        observed="MaximumRetryAttempts -1, MaximumRecordAgeInSeconds -1",
        expected="a limit on retries or age",
        fix=setting(
            "SourceParameters MaximumRetryAttempts",
            "5, say",
            terraform="aws_pipes_pipe source_parameters maximum_retry_attempts",
        ),
    )


RULE = Rule(
    "pipes-no-dlq",
    __doc__,
    severity=Severity.WARNING,
    judges=Pipe,
    judge=judge,
    calls=("pipes:DescribePipe", "pipes:ListPipes"),
)
