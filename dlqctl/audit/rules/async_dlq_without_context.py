"""Failed events are kept without the reason.

What: A function has a DeadLetterConfig and no on-failure destination.

Why: The dead-letter queue of a function receives the event, an error code and the beginning of the
    message. A destination also receives the response, the stack trace and the number of tries.

Judged: Info where DeadLetterConfig is the only thing. A function that is only polled is not judged:
    neither has an effect there.

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

from dlqctl.audit.asynchronous import ON_FAILURE_FIX, has_on_failure
from dlqctl.audit.calls import INVOCATIONS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Function
from dlqctl.audit.rule import Audit, Fault, Rule


def judge(function: Function, audit: Audit) -> Iterator[Fault]:
    """A function without any trigger may be invoked by code, and is judged."""
    dead_letter = known(function.dead_letter)
    if dead_letter is None or known(has_on_failure(function, audit.inventory)):
        return
    graph = audit.inventory.graph
    invoked = graph.invocations_of(function.ref).exists
    if invoked is not True and known(graph.mappings_to(function.ref).exists) and not known(invoked):
        return
    yield Fault(
        "failed events are kept without error and stack trace",
        observed=f"DeadLetterConfig {dead_letter.ref}, no OnFailure",
        expected="an on-failure destination",
        fix=ON_FAILURE_FIX,
    )


RULE = Rule(
    "async-dlq-without-context",
    __doc__,
    severity=Severity.INFO,
    judges=Function,
    judge=judge,
    calls=("lambda:ListEventSourceMappings", *INVOCATIONS),
)
