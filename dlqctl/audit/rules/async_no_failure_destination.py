"""What this function can't process is dropped.

What: Something invokes the function asynchronously, and failed invocations have nowhere to go.

Why: Lambda tries an event twice more, for six hours at most, and then discards it. Without a
    destination nothing is left but a metric.

Judged: An error where the function has an asynchronous trigger (a permission for a service that
    does not wait, the target of a rule or schedule, a subscription, a destination) and neither
    an EventInvokeConfig with OnFailure, under any qualifier, nor a DeadLetterConfig.

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
from dlqctl.audit.calls import INVOCATIONS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Function
from dlqctl.audit.rule import Audit, Fault, Rule


def judge(function: Function, audit: Audit) -> Iterator[Fault]:
    """One trigger seen is enough; without any, nothing can be dropped."""
    invocations = audit.inventory.graph.invocations_of(function.ref)
    if invocations.exists is False or known(keeps_failures(function, audit.inventory)):
        return
    known(invocations.exists)
    services = sorted({invocation.service for invocation in invocations.seen})
    yield Fault(
        "events that the function can't process are dropped",
        observed=f"invoked by {', '.join(services)}; no OnFailure, no DeadLetterConfig",
        expected="an on-failure destination",
        fix=ON_FAILURE_FIX,
    )


RULE = Rule(
    "async-no-failure-destination",
    __doc__,
    severity=Severity.ERROR,
    judges=Function,
    judge=judge,
    calls=INVOCATIONS,
)
