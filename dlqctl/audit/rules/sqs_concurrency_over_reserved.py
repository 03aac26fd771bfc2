"""More is polled than the function may process.

What: The mappings of a function may together invoke it more often at once than its reserved
    concurrency allows.

Why: Lambda receives messages up to MaximumConcurrency, is throttled, and lets them return. Each
    time counts as a receive, so messages go to the DLQ that no code has looked at.

Judged: A warning where the reserved concurrency is below the sum of MaximumConcurrency over the
    function's mappings that are not switched off. Those without MaximumConcurrency are the
    business of sqs-reserved-concurrency-without-maximum.

CLI:
    aws lambda put-function-concurrency --function-name worker --reserved-concurrent-executions 20
    aws lambda update-event-source-mapping --uuid UUID --scaling-config MaximumConcurrency=10

SAM:
    Worker:
      Type: AWS::Serverless::Function
      Properties:
        ReservedConcurrentExecutions: 20
        Events:
          Orders:
            Type: SQS
            Properties:
              ScalingConfig: {MaximumConcurrency: 10}

CloudFormation:
    Type: AWS::Lambda::Function
    Properties:
      ReservedConcurrentExecutions: 20

Terraform:
    resource "aws_lambda_function" "worker" {
      reserved_concurrent_executions = 20
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Function
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import is_polled, is_running


def judge(function: Function, audit: Audit) -> Iterator[Fault]:
    """What was seen may be too much already, whatever else there is."""
    if function.reserved_concurrency is None:
        return
    mappings = audit.inventory.graph.mappings_to(function.ref)
    maxima = [known(one.maximum_concurrency) for one in mappings.seen if is_running(one)]
    total = sum(maximum or 0 for maximum in maxima)
    if not total or total <= (reserved := known(function.reserved_concurrency)):
        known(mappings.all)
        return
    yield Fault(
        "more messages are received than the function may process",
        observed=f"reserved concurrency {reserved}, MaximumConcurrency {total} in all",
        expected=f"a reserved concurrency of at least {total}",
        fix=setting(
            "ReservedConcurrentExecutions",
            f"{total} or more, or lower ScalingConfig.MaximumConcurrency of its mappings",
            terraform="reserved_concurrent_executions, scaling_config.maximum_concurrency",
        ),
    )


RULE = Rule(
    "sqs-concurrency-over-reserved",
    __doc__,
    severity=Severity.WARNING,
    judges=Function,
    where=is_polled,
    judge=judge,
    calls=(*MAPPINGS, "lambda:GetFunctionConcurrency", "lambda:ListFunctions"),
)
