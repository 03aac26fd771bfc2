"""A dead-letter queue that never receives anything.

What: A function that is only polled (by event source mappings) has a DeadLetterConfig or an
    OnFailure destination.

Why: Both serve asynchronous invocations only. A mapping invokes and waits: what fails goes by the
    queue's RedrivePolicy or the mapping's own destination. Whoever watches the function's DLQ
    watches an empty queue.

Judged: Info where a mapping invokes the function, nothing that can be seen invokes it
    asynchronously (rules, schedules, topics, destinations, its resource policy), and it has a
    DeadLetterConfig or an OnFailure destination. An application that invokes it with credentials
    of its own can't be seen.

CLI:
    aws lambda update-function-configuration --function-name worker --dead-letter-config TargetArn=
    aws lambda delete-function-event-invoke-config --function-name worker

SAM:
    Worker:
      Type: AWS::Serverless::Function
      Properties:
        Events:
          Orders:
            Type: SQS
            Properties: {Queue: !GetAtt Orders.Arn}

CloudFormation:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: {deadLetterTargetArn: !GetAtt OrdersDlq.Arn, maxReceiveCount: 5}

Terraform:
    resource "aws_sqs_queue" "orders" {
      redrive_policy = jsonencode({
        deadLetterTargetArn = aws_sqs_queue.orders_dlq.arn, maxReceiveCount = 5
      })
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import INVOCATIONS, MAPPINGS
from dlqctl.audit.facts import Matches, known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventInvokeConfig, Function
from dlqctl.audit.rule import Audit, Fault, Rule
from dlqctl.audit.subjects import is_polled


def judge(function: Function, audit: Audit) -> Iterator[Fault]:
    """Asked last: who invokes it hangs on everything that could."""
    graph = audit.inventory.graph
    unused = [] if known(function.dead_letter) is None else ["DeadLetterConfig"]
    configs: Matches[EventInvokeConfig] = graph.invoke_configs_of(function.ref)
    unused += [
        f"OnFailure ({one.ref})" for one in configs.seen if known(one.on_failure) is not None
    ]
    if not unused:
        known(configs.all)
        return
    if known(graph.invocations_of(function.ref).exists):
        return
    yield Fault(
        "the function is only polled: its dead-letter queue never receives anything",
        observed=" and ".join(unused),
        expected="none; RedrivePolicy on the queue, OnFailure on a stream's mapping",
        fix="remove DeadLetterConfig and DestinationConfig (Terraform: dead_letter_config, "
        "aws_lambda_function_event_invoke_config); set RedrivePolicy on the queue instead",
    )


RULE = Rule(
    "sqs-unused-function-dlq",
    __doc__,
    severity=Severity.INFO,
    judges=Function,
    where=is_polled,
    judge=judge,
    calls=(*MAPPINGS, *INVOCATIONS),
)
