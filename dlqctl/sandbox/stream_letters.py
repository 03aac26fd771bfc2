"""Letters that point at records in a stream or topic: mappings, Pipes and Kafka.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from dlqctl.sandbox.functions import create_function, function_arn
from dlqctl.sandbox.queues import Message, create_dlq, queue_arn, send
from dlqctl.sandbox.server import ACCOUNT_ID, REGION

if TYPE_CHECKING:
    from dlqctl.sandbox.clients import Clients

STREAM_FAILURES_QUEUE = "stream-failures"
TRACK_SHIPMENTS_FUNCTION = "track-shipments"
_STREAM_NAME = "shipments"
_STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT_ID}:stream/{_STREAM_NAME}"
_TABLE_STREAM = (
    f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/inventory/stream/2026-01-02T03:04:05.678"
)
_CLUSTER = (
    f"arn:aws:kafka:{REGION}:{ACCOUNT_ID}:cluster/clicks/0b6a1c52-1d4e-4a57-9d0e-b1d2c3a4e5f6-2"
)
_TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:stream-alerts"
_FIRST_SEQUENCE_NUMBER = 49668899999999999999999999999999999999999999999999999970

Document = dict[str, object]


def seed_streams(clients: Clients) -> None:
    """Pointers of every kind on one queue, and a mapping (disabled) that leaves them there."""
    now = datetime.now(UTC)
    url = create_dlq(clients.sqs, STREAM_FAILURES_QUEUE)
    clients.kinesis.create_stream(StreamName=_STREAM_NAME, ShardCount=1)
    create_function(clients, TRACK_SHIPMENTS_FUNCTION)
    clients.functions.create_event_source_mapping(
        EventSourceArn=_STREAM,
        FunctionName=TRACK_SHIPMENTS_FUNCTION,
        StartingPosition="TRIM_HORIZON",
        Enabled=False,
        MaximumRetryAttempts=3,
        DestinationConfig={"OnFailure": {"Destination": queue_arn(STREAM_FAILURES_QUEUE)}},
    )
    documents = [
        _kinesis(now, hours_ago=5, first=0, batch_size=7),
        _kinesis(now, hours_ago=5, first=4, batch_size=6),
        _kinesis(now, hours_ago=4, first=12, batch_size=1),
        _too_old(now),
        _dynamodb(now),
        _pipe(now),
        _kafka(now),
        _notification(now, _kinesis(now, hours_ago=2, first=20, batch_size=3)),
    ]
    send(clients.sqs, url, [Message(json.dumps(document), {}) for document in documents])


def milliseconds(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as Lambda writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def seconds(moment: datetime) -> str:
    """ISO 8601 in UTC without a fraction, as Lambda writes DynamoDB arrival times."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _lambda_record(moment: datetime, function: str, condition: str) -> Document:
    return {
        "requestContext": {
            "requestId": "c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5",
            "functionArn": function_arn(function),
            "condition": condition,
            "approximateInvokeCount": 4,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": milliseconds(moment),
    }


def _kinesis_batch(moment: datetime, first: int, batch_size: int) -> Document:
    return {
        "shardId": "shardId-000000000003",
        "startSequenceNumber": str(_FIRST_SEQUENCE_NUMBER + first),
        "endSequenceNumber": str(_FIRST_SEQUENCE_NUMBER + first + batch_size - 1),
        "approximateArrivalOfFirstRecord": milliseconds(moment - timedelta(seconds=12)),
        "approximateArrivalOfLastRecord": milliseconds(moment - timedelta(seconds=10)),
        "batchSize": batch_size,
        "streamArn": _STREAM,
    }


def _kinesis(now: datetime, *, hours_ago: int, first: int, batch_size: int) -> Document:
    moment = now - timedelta(hours=hours_ago, milliseconds=first)
    record = _lambda_record(moment, TRACK_SHIPMENTS_FUNCTION, "RetryAttemptsExhausted")
    return record | {"KinesisBatchInfo": _kinesis_batch(moment, first, batch_size)}


def _too_old(now: datetime) -> Document:
    """The record age ran out before the function was called: no responseContext."""
    moment = now - timedelta(hours=3)
    record = _lambda_record(moment, TRACK_SHIPMENTS_FUNCTION, "RecordAgeExceeded")
    del record["responseContext"]
    return record | {"KinesisBatchInfo": _kinesis_batch(moment, 14, 2)}


def _dynamodb_batch(moment: datetime) -> Document:
    return {
        "shardId": "shardId-00000001573689847184-864758bb",
        "startSequenceNumber": "800000000003126276362",
        "endSequenceNumber": "800000000003126276394",
        "approximateArrivalOfFirstRecord": seconds(moment - timedelta(seconds=30)),
        "approximateArrivalOfLastRecord": seconds(moment - timedelta(seconds=21)),
        "batchSize": 3,
        "streamArn": _TABLE_STREAM,
    }


def _dynamodb(now: datetime) -> Document:
    moment = now - timedelta(hours=6)
    record = _lambda_record(moment, "sync-inventory", "RetryAttemptsExhausted")
    return record | {"DDBStreamBatchInfo": _dynamodb_batch(moment)}


def _pipe(now: datetime) -> Document:
    moment = now - timedelta(hours=1)
    return {
        "context": {
            "partnerResourceArn": f"arn:aws:pipes:{REGION}:{ACCOUNT_ID}:pipe/inventory-to-search",
            "condition": "RetryAttemptsExhausted",
        },
        "version": "1.0",
        "timestamp": milliseconds(moment),
        "DDBStreamBatchInfo": _dynamodb_batch(moment),
    }


def _kafka(now: datetime) -> Document:
    moment = now - timedelta(minutes=50)
    offsets = {
        "firstRecordOffset": "88012",
        "lastRecordOffset": "88019",
        "firstRecordTimestamp": milliseconds(moment - timedelta(seconds=9)),
        "lastRecordTimestamp": milliseconds(moment - timedelta(seconds=4)),
    }
    return _lambda_record(moment, "count-clicks", "MaximumPayloadSizeExceeded") | {
        "responseContext": None,
        "KafkaBatchInfo": {
            "batchSize": 8,
            "eventSourceArn": _CLUSTER,
            "bootstrapServers": "b-1.clicks.example.com:9098,b-2.clicks.example.com:9098",
            "payloadSize": 7_340_032,
            "recordsInfo": {"shop-clicks-4": offsets},
        },
    }


def _notification(now: datetime, record: Document) -> Document:
    """A pointer that came through an SNS on-failure destination."""
    return {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": _TOPIC,
        "Message": json.dumps(record),
        "Timestamp": milliseconds(now - timedelta(hours=2)),
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": "https://sns.example.invalid/SimpleNotificationService.pem",
        "UnsubscribeURL": "https://sns.example.invalid/?Action=Unsubscribe",
    }
