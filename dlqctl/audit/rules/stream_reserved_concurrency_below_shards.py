"""Shards wait for each other, and their records grow old.

What: A function has less reserved concurrency than its mapping from a stream uses.

Why: Each shard, times the parallelization factor, wants one invocation at a time. With less
    reserved, some are always throttled: the iterator age grows, throttles don't count as retries,
    and records may expire.

Judged: A warning where the reserved concurrency is below open shards times
    ParallelizationFactor, for a mapping that is not switched off. What else invokes the function
    is not counted.

CLI:
    aws lambda put-function-concurrency --function-name worker --reserved-concurrent-executions 8

SAM:
    Worker:
      Type: AWS::Serverless::Function
      Properties:
        ReservedConcurrentExecutions: 8

CloudFormation:
    Type: AWS::Lambda::Function
    Properties:
      ReservedConcurrentExecutions: 8

Terraform:
    resource "aws_lambda_function" "worker" {
      reserved_concurrent_executions = 8
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSourceMapping, Function, Stream
from dlqctl.audit.rule import Audit, Fault, Rule, Scope, setting
from dlqctl.audit.subjects import is_running, reads_stream


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """Missing functions and streams are the business of the esm rules."""
    function = known(audit.inventory.find(Function, known(mapping.function)))
    reserved = known(function.reserved_concurrency) if function else None
    source = known(mapping.source)
    if function is None or reserved is None or source is None or not is_running(mapping):
        return
    stream = known(audit.inventory.find(Stream, source))
    if stream is None:
        return
    shards, factor = known(stream.open_shards), known(mapping.parallelization_factor)
    if reserved >= shards * factor:
        return
    yield Fault(
        f"invocations of {function.name or function.ref} are throttled, records grow old",
        observed=f"reserved concurrency {reserved}",
        expected=f"at least {shards * factor}: {shards} open shards x {factor}",
        fix=setting(
            f"ReservedConcurrentExecutions of {function.name or function.ref}",
            f"{shards * factor} or more",
            terraform="reserved_concurrent_executions",
        ),
    )


RULE = Rule(
    "stream-reserved-concurrency-below-shards",
    __doc__,
    severity=Severity.WARNING,
    judges=EventSourceMapping,
    where=reads_stream,
    judge=judge,
    calls=(
        *MAPPINGS,
        "dynamodb:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "lambda:GetFunctionConcurrency",
        "lambda:ListFunctions",
    ),
    scope=Scope.LIVE,
)
