"""An event gets one try and is gone.

What: Asynchronous invocations are not retried, and failed ones have nowhere to go.

Why: With MaximumRetryAttempts 0 a single failure, be it a timeout or a deployment gone wrong,
    discards the event.

Judged: An error where an EventInvokeConfig has MaximumRetryAttempts 0 and no OnFailure, and the
    function has no DeadLetterConfig either.

CLI:
    aws lambda update-function-event-invoke-config --function-name worker \\
      --destination-config '{"OnFailure":{"Destination":"QUEUE_ARN"}}'

SAM:
    Worker:
      Type: AWS::Serverless::Function
      Properties:
        EventInvokeConfig:
          MaximumRetryAttempts: 0
          DestinationConfig:
            OnFailure:
              Type: SQS

CloudFormation:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      MaximumRetryAttempts: 0
      DestinationConfig:
        OnFailure:
          Destination: !GetAtt WorkerFailures.Arn

Terraform:
    resource "aws_lambda_function_event_invoke_config" "worker" {
      maximum_retry_attempts = 0
      destination_config {
        on_failure { destination = aws_sqs_queue.worker_failures.arn }
      }
    }

Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
"""

from collections.abc import Iterator

from dlqctl.audit.asynchronous import ON_FAILURE_FIX
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventInvokeConfig, Function
from dlqctl.audit.rule import Audit, Fault, Rule


def judge(config: EventInvokeConfig, audit: Audit) -> Iterator[Fault]:
    """The function's DeadLetterConfig holds for every qualifier."""
    if known(config.maximum_retry_attempts) != 0 or known(config.on_failure) is not None:
        return
    function = known(audit.inventory.find(Function, known(config.function)))
    if function is None or known(function.dead_letter) is not None:
        return
    yield Fault(
        "an event that fails once is dropped",
        observed="MaximumRetryAttempts 0, no OnFailure, no DeadLetterConfig",
        expected="an on-failure destination, or retries",
        fix=ON_FAILURE_FIX,
    )


RULE = Rule(
    "async-no-retries-no-destination",
    __doc__,
    severity=Severity.ERROR,
    judges=EventInvokeConfig,
    judge=judge,
    calls=("lambda:ListFunctionEventInvokeConfigs", "lambda:ListFunctions"),
)
