"""Two corners for `dlqctl audit`, each in a Region of its own: one careless, one careful.

The rest of the sandbox is there for its letters. Here nothing is sent; only the configuration
matters, and `dlqctl list` in the sandbox's own Region shows none of it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dlqctl.sandbox.clients import Clients
from dlqctl.sandbox.functions import zipped
from dlqctl.sandbox.server import ACCOUNT_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_lambda.type_defs import DestinationConfigTypeDef

    from dlqctl.sandbox.server import Sandbox

CARELESS_REGION = "eu-west-2"
CAREFUL_REGION = "eu-central-1"

_DAY_SECONDS = 86_400
_TIMEOUT_SECONDS = 10
_S3: DestinationConfigTypeDef = {"OnFailure": {"Destination": "arn:aws:s3:::kept-records"}}


def seed_corners(sandbox: Sandbox) -> None:
    """Set up both corners."""
    _careless(Clients(sandbox, region=CARELESS_REGION))
    _careful(Clients(sandbox, region=CAREFUL_REGION))


def _careless(clients: Clients) -> None:
    """What people do when nobody told them.

    `parcels` has a DLQ that is too short-lived and gives up at the first failure; `refunds` has
    none and hides messages for less time than its function takes; `clicks` is read with every
    default; `thumbnails` is invoked by S3 and its failures go nowhere.
    """
    dead = _queue(clients, "parcels-dlq", MessageRetentionPeriod=_DAY_SECONDS)
    policy = {"deadLetterTargetArn": dead, "maxReceiveCount": 1}
    parcels = _queue(clients, "parcels", VisibilityTimeout=60, RedrivePolicy=policy)
    refunds = _queue(clients, "refunds", VisibilityTimeout=5)
    for name in ("parcels", "refunds", "clicks", "thumbnails"):
        _function(clients, name)
    clients.functions.create_event_source_mapping(
        EventSourceArn=parcels, FunctionName="parcels", BatchSize=1
    )
    clients.functions.create_event_source_mapping(EventSourceArn=refunds, FunctionName="refunds")
    clients.functions.create_event_source_mapping(
        EventSourceArn=_stream(clients, "clicks"),
        FunctionName="clicks",
        StartingPosition="LATEST",
        Enabled=False,
    )
    _allow_s3(clients, "thumbnails")


def _careful(clients: Clients) -> None:
    """The same, as it should be."""
    dead = _queue(
        clients,
        "parcels-dlq",
        MessageRetentionPeriod=14 * _DAY_SECONDS,
        RedriveAllowPolicy={
            "redrivePermission": "byQueue",
            "sourceQueueArns": [_arn("sqs", CAREFUL_REGION, "parcels")],
        },
    )
    policy = {"deadLetterTargetArn": dead, "maxReceiveCount": 5}
    parcels = _queue(clients, "parcels", VisibilityTimeout=60, RedrivePolicy=policy)
    _careful_alarms(clients)
    for name in ("parcels", "clicks", "thumbnails"):
        _function(clients, name)
        version = clients.functions.publish_version(FunctionName=name)["Version"]
        clients.functions.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    clients.functions.create_event_source_mapping(
        EventSourceArn=parcels,
        FunctionName="parcels:live",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    clients.functions.create_event_source_mapping(
        EventSourceArn=_stream(clients, "clicks"),
        FunctionName="clicks:live",
        StartingPosition="LATEST",
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=5,
        MaximumRecordAgeInSeconds=21_600,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig=_S3,
    )
    _allow_s3(clients, "thumbnails")
    clients.functions.put_function_event_invoke_config(
        FunctionName="thumbnails",
        MaximumRetryAttempts=2,
        MaximumEventAgeInSeconds=3_600,
        DestinationConfig=_S3,
    )


def _careful_alarms(clients: Clients) -> None:
    _alarm(clients, "AWS/SQS", "ApproximateNumberOfMessagesVisible", QueueName="parcels-dlq")
    _alarm(clients, "AWS/SQS", "ApproximateAgeOfOldestMessage", QueueName="parcels")
    _alarm(clients, "AWS/Lambda", "IteratorAge", FunctionName="clicks")


def _arn(service: str, region: str, resource: str) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT_ID}:{resource}"


def _queue(clients: Clients, name: str, **attributes: int | Mapping[str, object]) -> str:
    clients.sqs.create_queue(
        QueueName=name,
        Attributes={
            key: str(value) if isinstance(value, int) else json.dumps(value)  # type: ignore[misc]
            for key, value in attributes.items()
        },
    )
    return _arn("sqs", clients.region, name)


def _function(clients: Clients, name: str) -> None:
    clients.functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="function.handler",
        Role=f"arn:aws:iam::{ACCOUNT_ID}:role/{name}",
        Timeout=_TIMEOUT_SECONDS,
        Code={"ZipFile": zipped()},
    )


def _stream(clients: Clients, name: str) -> str:
    clients.kinesis.create_stream(StreamName=name, ShardCount=1)
    return _arn("kinesis", clients.region, f"stream/{name}")


def _allow_s3(clients: Clients, function: str) -> None:
    clients.functions.add_permission(
        FunctionName=function,
        StatementId="uploads",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::uploads",
    )


def _alarm(clients: Clients, namespace: str, metric: str, **dimension: str) -> None:
    ((name, value),) = dimension.items()
    clients.cloudwatch.put_metric_alarm(
        AlarmName=f"{value}-{metric}",
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0 if "Visible" in metric else 3_600,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[_arn("sns", clients.region, "operators")],
    )
