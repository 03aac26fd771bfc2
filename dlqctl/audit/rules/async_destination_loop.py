"""A function invokes itself by way of its destinations.

What: A destination of the function leads back to it, or Lambda's detection of recursive loops is
    switched off for it.

Why: Each round makes the next. A loop runs, and costs, until somebody stops it; with the detection
    switched off Lambda does not stop it either.

Judged: An error where OnFailure, OnSuccess or DeadLetterConfig lead back, directly, through other
    functions or through topics with a function as subscriber; and where RecursiveLoop is Allow.
    What event buses and queues lead to is not followed (queues: see sqs-feeds-itself).

CLI:
    aws lambda put-function-recursion-config --function-name worker --recursive-loop Terminate
    aws lambda put-function-event-invoke-config --function-name worker \\
      --destination-config '{"OnFailure":{"Destination":"QUEUE_ARN"}}'

SAM:
    Worker:
      Type: AWS::Serverless::Function
      Properties:
        RecursiveLoop: Terminate

CloudFormation:
    Type: AWS::Lambda::Function
    Properties:
      RecursiveLoop: Terminate

Terraform:
    resource "aws_lambda_function_recursion_config" "worker" {
      function_name  = aws_lambda_function.worker.function_name
      recursive_loop = "Terminate"
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from collections.abc import Iterator

from dlqctl.audit.asynchronous import leads_back
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Function
from dlqctl.audit.rule import Audit, Fault, Rule, setting


def judge(function: Function, audit: Audit) -> Iterator[Fault]:
    """Each of the two stands without the other."""
    back = leads_back(function, audit.inventory)
    if back is True:
        yield Fault(
            "failed or finished invocations come back to the function",
            observed="its destination leads back to it",
            expected="a destination that does not",
            fix=setting(
                "DestinationConfig",
                "a queue that this function does not read",
                terraform="aws_lambda_function_event_invoke_config.destination_config",
            ),
        )
    if function.recursive_loop == "Allow":
        yield Fault(
            "Lambda does not stop recursive loops of this function",
            observed="RecursiveLoop Allow",
            expected="RecursiveLoop Terminate",
            fix=setting(
                "RecursiveLoop", "Terminate", terraform="aws_lambda_function_recursion_config"
            ),
        )
    known(function.recursive_loop)
    known(back)


RULE = Rule(
    "async-destination-loop",
    __doc__,
    severity=Severity.ERROR,
    judges=Function,
    judge=judge,
    calls=(
        "lambda:GetFunctionRecursionConfig",
        "lambda:ListFunctionEventInvokeConfigs",
        "lambda:ListFunctions",
        "sns:GetSubscriptionAttributes",
    ),
)
