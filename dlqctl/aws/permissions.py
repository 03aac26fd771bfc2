"""The IAM actions that each command needs: what the policies in the documentation are made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """Actions on one kind of resource. `optional`: without it the command says what it misses."""

    actions: tuple[str, ...]
    resource: str
    optional: bool = False


_DLQ = "arn:aws:sqs:REGION:ACCOUNT:YOUR-DLQ"
_STREAM = "arn:aws:kinesis:REGION:ACCOUNT:stream/YOUR-STREAM"
_TABLE_STREAM = "arn:aws:dynamodb:REGION:ACCOUNT:table/YOUR-TABLE/stream/*"
_FUNCTION = "arn:aws:lambda:REGION:ACCOUNT:function:YOUR-FUNCTION*"
_SOURCE = "arn:aws:sqs:REGION:ACCOUNT:YOUR-SOURCE-QUEUE"

_LOOK = Permission(
    (
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
    ),
    _DLQ,
)
_SOURCES_OF = Permission(("sqs:ListDeadLetterSourceQueues",), _DLQ)
_WHO_FAILED = Permission(("lambda:ListFunctions",), "*", optional=True)

PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    "list": (
        Permission(("sqs:ListQueues", "sqs:GetQueueAttributes"), "*"),
        Permission(
            (
                "cloudwatch:GetMetricData",
                "events:ListEventBuses",
                "events:ListRules",
                "events:ListTargetsByRule",
                "lambda:ListEventSourceMappings",
                "lambda:ListFunctionEventInvokeConfigs",
                "lambda:ListFunctions",
                "pipes:DescribePipe",
                "pipes:ListPipes",
                "scheduler:GetSchedule",
                "scheduler:ListSchedules",
                "sns:GetSubscriptionAttributes",
                "sns:ListSubscriptions",
            ),
            "*",
            optional=True,
        ),
    ),
    "peek": (
        _LOOK,
        _SOURCES_OF,
        _WHO_FAILED,
        Permission(("s3:GetObject",), "arn:aws:s3:::YOUR-PAYLOAD-BUCKET/*", optional=True),
    ),
    "redrive": (
        _LOOK,
        Permission(("sqs:DeleteMessage",), _DLQ),
        Permission(("sqs:ListDeadLetterSourceQueues",), _DLQ),
        Permission(("sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage"), _SOURCE),
        Permission(
            ("kms:Decrypt", "kms:GenerateDataKey"),
            "arn:aws:kms:REGION:ACCOUNT:key/THE-QUEUES-KEY",
            optional=True,
        ),
    ),
    "fetch-stream-records": (
        _LOOK,
        _SOURCES_OF,
        Permission(("kinesis:GetRecords", "kinesis:GetShardIterator"), _STREAM),
        Permission(("dynamodb:GetRecords", "dynamodb:GetShardIterator"), _TABLE_STREAM),
        Permission(("kinesis:DescribeStreamSummary",), _STREAM, optional=True),
        Permission(("dynamodb:DescribeStream",), _TABLE_STREAM, optional=True),
        Permission(("lambda:GetFunctionConfiguration",), _FUNCTION, optional=True),
        Permission(("lambda:InvokeFunction",), _FUNCTION, optional=True),
        Permission(("kinesis:PutRecords",), _STREAM, optional=True),
        Permission(("sqs:DeleteMessage",), _DLQ, optional=True),
        Permission(("s3:GetObject",), "arn:aws:s3:::YOUR-FAILURES-BUCKET/*", optional=True),
        Permission(("s3:ListBucket",), "arn:aws:s3:::YOUR-FAILURES-BUCKET", optional=True),
        Permission(
            ("kms:Decrypt",), "arn:aws:kms:REGION:ACCOUNT:key/THE-STREAMS-KEY", optional=True
        ),
    ),
}


def policy(command: str) -> dict[str, object]:
    """The IAM policy document for one command; optional statements have a Sid that says so."""
    statements = []
    for number, permission in enumerate(PERMISSIONS[command]):
        kind = "Optional" if permission.optional else "Needed"
        statements.append(
            {
                "Sid": f"{kind}{number}",
                "Effect": "Allow",
                "Action": sorted(permission.actions),
                "Resource": permission.resource,
            }
        )
    return {"Version": "2012-10-17", "Statement": statements}
