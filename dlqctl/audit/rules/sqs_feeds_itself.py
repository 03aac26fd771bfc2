"""What fails is fed to the function that failed.

What: A function consumes the very queue that its own failed invocations are sent to.

Why: An event that the function can't process is sent to the queue, and received again by the
    same function, as a message about the failure: it fails once more, again and again, until it
    expires or is moved on. Nothing ever rests where a person could look at it.

Judged: An error where a mapping that is not switched off reads a queue which is the function's
    DeadLetterConfig or the OnFailure destination of its asynchronous invocations, under any
    qualifier. A mapping that is off may wait there for a redrive.

CLI:
    aws lambda update-function-configuration --function-name worker \\
      --dead-letter-config TargetArn=DLQ_ARN

SAM:
    Worker:
      Type: AWS::Serverless::Function
      Properties:
        DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt WorkerDlq.Arn}

CloudFormation:
    Type: AWS::Lambda::Function
    Properties:
      DeadLetterConfig: {TargetArn: !GetAtt WorkerDlq.Arn}

Terraform:
    resource "aws_lambda_function" "worker" {
      dead_letter_config { target_arn = aws_sqs_queue.worker_dlq.arn }
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import Fact, Reference, known
from dlqctl.audit.findings import Severity
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import EventSourceMapping, Function
from dlqctl.audit.rule import Audit, Fault, Rule
from dlqctl.audit.subjects import is_running, reads_queue


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """One way back seen is enough, whatever else is unknown."""
    source = known(mapping.source)
    if source is None or not is_running(mapping):
        return
    ways = dict(failure_destinations(known(mapping.function), audit.inventory))
    back = [way for way, to in ways.items() if isinstance(to, Reference) and to.ref == source.ref]
    if not back:
        for destination in ways.values():
            known(destination)
        known(audit.inventory.graph.invoke_configs_of(known(mapping.function).ref).all)
        return
    yield Fault(
        "the function consumes the queue that its own failures are sent to",
        observed=f"{source.ref} is its {' and '.join(back)}, and its source",
        expected="another queue for what fails",
        fix="point DeadLetterConfig or DestinationConfig.OnFailure at a queue of its own "
        "(Terraform: dead_letter_config, aws_lambda_function_event_invoke_config "
        "destination_config)",
    )


def failure_destinations(
    to: Reference, inventory: Inventory
) -> Iterator[tuple[str, Fact[Reference | None]]]:
    """Where the function's asynchronous failures go, by the setting that says so."""
    function = known(inventory.find(Function, to))
    if function is not None:
        yield "DeadLetterConfig", function.dead_letter
    for config in inventory.graph.invoke_configs_of(to.ref).seen:
        yield f"OnFailure ({config.ref})", config.on_failure


RULE = Rule(
    "sqs-feeds-itself",
    __doc__,
    severity=Severity.ERROR,
    judges=EventSourceMapping,
    where=reads_queue,
    judge=judge,
    calls=(*MAPPINGS, "lambda:ListFunctionEventInvokeConfigs", "lambda:ListFunctions"),
)
