"""No invocation can succeed.

What: An event source mapping invokes a function that does not exist, has failed, or may not run.

Why: Every message is received in vain: it uses up receives and goes to the DLQ, or holds up its
    shard, without the code having run once.

Judged: An error where the function does not exist, its State is Failed, or its reserved
    concurrency is 0.

CLI:
    aws lambda put-function-concurrency --function-name worker --reserved-concurrent-executions 5
    aws lambda update-event-source-mapping --uuid UUID --function-name worker

SAM:
    Worker:
      Type: AWS::Serverless::Function
      Properties:
        ReservedConcurrentExecutions: 5

CloudFormation:
    Type: AWS::Lambda::Function
    Properties:
      ReservedConcurrentExecutions: 5

Terraform:
    resource "aws_lambda_function" "worker" {
      reserved_concurrent_executions = 5
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSourceMapping, Function
from dlqctl.audit.rule import Audit, Fault, Rule, Scope, setting


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """Each reason has its own fix."""
    to = known(mapping.function)
    function = known(audit.inventory.find(Function, to))
    if function is None:
        yield Fault(
            "the mapping invokes a function that does not exist",
            observed=f"{to.ref} does not exist",
            expected="a function that exists",
            fix=setting("FunctionName", "an existing function", terraform="function_name")
            + "; delete the mapping where it is no longer wanted",
        )
        return
    if known(function.state) == "Failed":
        yield Fault(
            f"{function.name or function.ref} can't be invoked",
            observed="State is Failed",
            expected="Active",
            fix="deploy the function again; StateReason of get-function-configuration says why",
        )
    if known(function.reserved_concurrency) == 0:
        yield Fault(
            f"every invocation of {function.name or function.ref} is throttled",
            observed="ReservedConcurrentExecutions is 0",
            expected="none reserved, or 1 or more",
            fix=setting(
                "ReservedConcurrentExecutions",
                "5 or more, or remove it",
                terraform="reserved_concurrent_executions",
            ),
        )


RULE = Rule(
    "esm-function-unavailable",
    __doc__,
    severity=Severity.ERROR,
    judges=EventSourceMapping,
    judge=judge,
    calls=(
        *MAPPINGS,
        "lambda:GetFunctionConcurrency",
        "lambda:GetFunctionConfiguration",
        "lambda:ListFunctions",
    ),
    scope=Scope.LIVE,
)
