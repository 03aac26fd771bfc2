"""Which calls the chosen rules hang on, with those that must come before them."""

from collections.abc import Iterable, Mapping
from typing import Any

from dlqctl.audit.rule import Rule

ALWAYS = frozenset({"sts:GetCallerIdentity", "tag:GetResources"})
NARROWED = frozenset(
    {
        "lambda:ListEventSourceMappings",
        "lambda:ListFunctions",
        "sqs:GetQueueUrl",
        "sqs:ListDeadLetterSourceQueues",
    }
)

# To ask about one thing, one must know its name.
_FIRST: Mapping[str, tuple[str, ...]] = {
    "cloudwatch:GetMetricData": ("sqs:GetQueueAttributes",),
    "codedeploy:GetDeploymentGroup": ("codedeploy:ListDeploymentGroups",),
    "codedeploy:ListDeploymentGroups": ("codedeploy:ListApplications",),
    "dynamodb:DescribeStream": ("lambda:ListEventSourceMappings",),
    "events:ListRules": ("events:ListEventBuses",),
    "events:ListTargetsByRule": ("events:ListRules",),
    "kinesis:DescribeStreamSummary": ("lambda:ListEventSourceMappings",),
    "lambda:GetFunctionConcurrency": ("lambda:ListFunctions", "lambda:ListEventSourceMappings"),
    "lambda:GetFunctionConfiguration": ("lambda:ListFunctions", "lambda:ListEventSourceMappings"),
    "lambda:GetFunctionRecursionConfig": ("lambda:ListFunctions",),
    "lambda:GetPolicy": ("lambda:ListFunctions",),
    "lambda:ListAliases": ("lambda:ListFunctions",),
    "lambda:ListFunctionEventInvokeConfigs": ("lambda:ListFunctions",),
    "pipes:DescribePipe": ("pipes:ListPipes",),
    "scheduler:GetSchedule": ("scheduler:ListSchedules",),
    "sns:GetSubscriptionAttributes": ("sns:ListSubscriptions",),
    "sqs:GetQueueAttributes": ("sqs:ListQueues",),
    "sqs:ListQueues": (),
    "states:DescribeStateMachine": ("states:ListStateMachines",),
}


def needed(rules: Iterable[Rule[Any]], *, narrowed: bool = False) -> frozenset[str]:
    """The IAM actions that an audit with these rules uses, and no others.

    A `narrowed` one looks up what it was asked for by name.
    """
    calls = set(ALWAYS | NARROWED if narrowed else ALWAYS)
    waiting = [call for rule in rules for call in rule.calls]
    while waiting:
        call = waiting.pop()
        if call not in calls:
            calls.add(call)
            waiting.extend(_FIRST.get(call, ()))
    return frozenset(calls)
