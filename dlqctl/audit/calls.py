"""The IAM actions that an audit may use: all of them read configuration, none reads messages."""

READ_ONLY = frozenset(
    {
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "codedeploy:GetDeploymentGroup",
        "codedeploy:ListApplications",
        "codedeploy:ListDeploymentGroups",
        "dynamodb:DescribeStream",
        "events:ListEventBuses",
        "events:ListRules",
        "events:ListTargetsByRule",
        "kinesis:DescribeStreamSummary",
        "lambda:GetFunctionConcurrency",
        "lambda:GetFunctionConfiguration",
        "lambda:GetFunctionRecursionConfig",
        "lambda:GetPolicy",
        "lambda:ListAliases",
        "lambda:ListEventSourceMappings",
        "lambda:ListFunctionEventInvokeConfigs",
        "lambda:ListFunctions",
        "pipes:DescribePipe",
        "pipes:ListPipes",
        "scheduler:GetSchedule",
        "scheduler:ListSchedules",
        "sns:GetSubscriptionAttributes",
        "sns:ListSubscriptions",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ListDeadLetterSourceQueues",
        "sqs:ListQueues",
        "states:DescribeStateMachine",
        "states:ListStateMachines",
        "sts:GetCallerIdentity",
        "tag:GetResources",
    }
)

# What the graph's answers hang on, for `Rule.calls`.
MAPPINGS = ("lambda:ListEventSourceMappings",)
FEEDS = (
    "events:ListTargetsByRule",
    "lambda:ListEventSourceMappings",
    "lambda:ListFunctionEventInvokeConfigs",
    "lambda:ListFunctions",
    "pipes:DescribePipe",
    "scheduler:GetSchedule",
    "sns:GetSubscriptionAttributes",
    "sqs:GetQueueAttributes",
)
INVOCATIONS = (
    "events:ListTargetsByRule",
    "lambda:GetPolicy",
    "lambda:ListAliases",
    "lambda:ListFunctionEventInvokeConfigs",
    "lambda:ListFunctions",
    "scheduler:GetSchedule",
    "sns:GetSubscriptionAttributes",
)
