"""The rule's dead-letter queue does not cover what the function fails to process.

What: A rule's target is a function, has a dead-letter queue, and the function has neither an
    on-failure destination nor a DLQ.

Why: For EventBridge the event is delivered once Lambda has accepted it. When the function then
    fails it is Lambda that retries and drops it; the rule's DLQ never sees it.

Judged: A warning where the target has a DeadLetterConfig and the function neither an
    EventInvokeConfig with OnFailure, under any qualifier, nor a DeadLetterConfig. Rules that are
    disabled, and those that an AWS service manages, are not judged.

CLI:
    aws lambda put-function-event-invoke-config --function-name worker \\
      --destination-config '{"OnFailure":{"Destination":"QUEUE_ARN"}}'

SAM:
    Worker:
      Type: AWS::Serverless::Function
      Properties:
        EventInvokeConfig:
          DestinationConfig:
            OnFailure:
              Type: SQS

CloudFormation:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      FunctionName: !Ref Worker
      Qualifier: $LATEST
      DestinationConfig:
        OnFailure:
          Destination: !GetAtt WorkerFailures.Arn

Terraform:
    resource "aws_lambda_function_event_invoke_config" "worker" {
      function_name = aws_lambda_function.worker.function_name
      destination_config {
        on_failure { destination = aws_sqs_queue.worker_failures.arn }
      }
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from collections.abc import Iterator

from dlqctl.audit.asynchronous import ON_FAILURE_FIX, keeps_failures
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventTarget, Function
from dlqctl.audit.rule import Audit, Fault, Rule


def judge(target: EventTarget, audit: Audit) -> Iterator[Fault]:
    """The rule itself is the asynchronous trigger."""
    to = known(target.target)
    if to.service != "lambda" or known(target.dead_letter) is None:
        return
    if not known(target.enabled):
        return
    function = known(audit.inventory.find(Function, to))
    if function is None or known(keeps_failures(function, audit.inventory)):
        return
    yield Fault(
        "the rule's dead-letter queue covers delivery, not processing",
        observed=f"{function.name or function.ref} has no OnFailure and no DeadLetterConfig",
        expected="an on-failure destination of the function",
        fix=ON_FAILURE_FIX,
    )


RULE = Rule(
    "eventbridge-delivery-only",
    __doc__,
    severity=Severity.WARNING,
    judges=EventTarget,
    judge=judge,
    calls=(
        "events:ListTargetsByRule",
        "lambda:ListFunctionEventInvokeConfigs",
        "lambda:ListFunctions",
    ),
)
