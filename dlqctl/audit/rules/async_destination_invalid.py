"""Failed invocations can't be delivered to where they should go.

What: The on-failure destination or the DeadLetterConfig of a function names something that does
    not exist, or a FIFO queue or topic.

Why: Lambda drops a failed event that it can't deliver, and says so in a metric only
    (DestinationDeliveryFailures, DeadLetterErrors).

Judged: An error for each destination that is FIFO or missing. Missing is judged for queues and
    functions only: topics, buckets and event buses are not looked for.

CLI:
    aws lambda put-function-event-invoke-config --function-name worker \\
      --destination-config '{"OnFailure":{"Destination":"STANDARD_QUEUE_ARN"}}'

SAM:
    Worker:
      Type: AWS::Serverless::Function
      Properties:
        EventInvokeConfig:
          DestinationConfig:
            OnFailure:
              Type: SQS
              Destination: !GetAtt WorkerFailures.Arn

CloudFormation:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      DestinationConfig:
        OnFailure:
          Destination: !GetAtt WorkerFailures.Arn

Terraform:
    resource "aws_lambda_function_event_invoke_config" "worker" {
      destination_config {
        on_failure { destination = aws_sqs_queue.worker_failures.arn }
      }
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from collections.abc import Iterator

from dlqctl.audit.destinations import is_fifo, is_missing
from dlqctl.audit.facts import Reference, known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Function, Resource
from dlqctl.audit.rule import Audit, Fault, Rule, Scope, setting


def judge(function: Function, audit: Audit) -> Iterator[Fault]:
    """Both ways of the function, and every qualifier of the first."""
    configs = audit.inventory.graph.invoke_configs_of(function.ref)
    for config in configs.seen:
        to = known(config.on_failure)
        if to is not None:
            yield from _judged(to, config, "DestinationConfig.OnFailure.Destination", audit)
    to = known(function.dead_letter)
    if to is not None:
        yield from _judged(to, function, "DeadLetterConfig.TargetArn", audit)
    known(configs.all)


def _judged(to: Reference, owner: Resource, field: str, audit: Audit) -> Iterator[Fault]:
    if known(is_fifo(to, audit.inventory)):
        wrong = "is FIFO"
    elif known(is_missing(to, audit.inventory)):
        wrong = "does not exist"
    else:
        return
    yield Fault(
        "failed events can't be delivered and are dropped",
        observed=f"{field} {to.ref} {wrong}",
        expected="a destination that exists, and no FIFO queue or topic",
        fix=setting(
            field,
            "the ARN of a standard queue",
            terraform="dead_letter_config.target_arn"
            if owner.TYPE == Function.TYPE
            else "destination_config.on_failure.destination",
        ),
        resource=owner,
    )


RULE = Rule(
    "async-destination-invalid",
    __doc__,
    severity=Severity.ERROR,
    judges=Function,
    judge=judge,
    calls=(
        "lambda:ListFunctionEventInvokeConfigs",
        "lambda:ListFunctions",
        "sqs:GetQueueAttributes",
    ),
    scope=Scope.LIVE,
)
