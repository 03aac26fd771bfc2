"""Letters that point at records in a stream or topic: mappings, Pipes and Kafka.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from dlqctl.sandbox.functions import create_function, function_arn
from dlqctl.sandbox.queues import Message, create_dlq, send
from dlqctl.sandbox.server import ACCOUNT_ID, REGION
from dlqctl.sandbox.shipments import (
    FUNCTION,
    STREAM_ARN,
    Batch,
    Shipments,
    batch,
    expired_batch,
)

if TYPE_CHECKING:
    from dlqctl.sandbox.clients import Clients

STREAM_FAILURES_QUEUE = "stream-failures"
INVENTORY_TABLE = "inventory"
SYNC_FUNCTION = "sync-inventory"
_ACCEPTS = "def handler(event, context):\n    return {'batchItemFailures': []}\n"
_CLUSTER = (
    f"arn:aws:kafka:{REGION}:{ACCOUNT_ID}:cluster/clicks/0b6a1c52-1d4e-4a57-9d0e-b1d2c3a4e5f6-2"
)
_TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:stream-alerts"
_EXPIRED_HOURS_AGO = 30

Document = dict[str, object]


def seed_streams(clients: Clients) -> None:
    """Pointers of every kind on one queue, to records that are there and some that are gone."""
    now = datetime.now(UTC)
    url = create_dlq(clients.sqs, STREAM_FAILURES_QUEUE)
    shipments = Shipments(clients)
    shipments.open(failures_queue=STREAM_FAILURES_QUEUE)
    parcels = shipments.scan_parcels()
    changes = _change_inventory(clients)
    documents = [
        _kinesis(batch(parcels, 0, 7)),
        _kinesis(batch(parcels, 4, 6)),
        _kinesis(batch(parcels, 12, 1)),
        _too_old(expired_batch(parcels, hours_ago=_EXPIRED_HOURS_AGO)),
        _dynamodb(changes),
        _pipe(changes),
        _kafka(now),
        _notification(now, _kinesis(batch(parcels, 20, 3))),
    ]
    send(clients.sqs, url, [Message(json.dumps(document), {}) for document in documents])


def _change_inventory(clients: Clients) -> Document:
    """Change some items of a table with a stream; where its records are."""
    table = clients.dynamodb.create_table(
        TableName=INVENTORY_TABLE,
        AttributeDefinitions=[{"AttributeName": "sku", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "sku", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    create_function(clients, SYNC_FUNCTION, source=_ACCEPTS)
    for number in range(5):
        item = {"sku": {"S": f"TEA-{number:02}"}, "stock": {"N": str(12 * number)}}
        clients.dynamodb.put_item(TableName=INVENTORY_TABLE, Item=item)
    arn, streams = table["LatestStreamArn"], clients.table_streams
    shard_id = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = streams.get_records(ShardIterator=iterator)["Records"][1:4]
    moment = seconds(records[0]["dynamodb"]["ApproximateCreationDateTime"].astimezone(UTC))
    return {
        "shardId": shard_id,
        "startSequenceNumber": records[0]["dynamodb"]["SequenceNumber"],
        "endSequenceNumber": records[-1]["dynamodb"]["SequenceNumber"],
        "approximateArrivalOfFirstRecord": moment,
        "approximateArrivalOfLastRecord": moment,
        "batchSize": len(records),
        "streamArn": arn,
    }


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


def _kinesis_batch(place: Batch) -> Document:
    return {
        "shardId": place.shard_id,
        "startSequenceNumber": place.start,
        "endSequenceNumber": place.end,
        "approximateArrivalOfFirstRecord": milliseconds(place.arrived_at),
        "approximateArrivalOfLastRecord": milliseconds(place.arrived_at),
        "batchSize": place.count,
        "streamArn": STREAM_ARN,
    }


def _kinesis(place: Batch) -> Document:
    failed_at = place.arrived_at + timedelta(seconds=10)
    record = _lambda_record(failed_at, FUNCTION, "RetryAttemptsExhausted")
    return record | {"KinesisBatchInfo": _kinesis_batch(place)}


def _too_old(place: Batch) -> Document:
    """The record age ran out before the function was called: no responseContext."""
    record = _lambda_record(place.arrived_at + timedelta(hours=1), FUNCTION, "RecordAgeExceeded")
    del record["responseContext"]
    return record | {"KinesisBatchInfo": _kinesis_batch(place)}


def _dynamodb(changes: Document) -> Document:
    record = _lambda_record(datetime.now(UTC), SYNC_FUNCTION, "RetryAttemptsExhausted")
    return record | {"DDBStreamBatchInfo": changes}


def _pipe(changes: Document) -> Document:
    return {
        "context": {
            "partnerResourceArn": f"arn:aws:pipes:{REGION}:{ACCOUNT_ID}:pipe/inventory-to-search",
            "condition": "RetryAttemptsExhausted",
        },
        "version": "1.0",
        "timestamp": milliseconds(datetime.now(UTC)),
        "DDBStreamBatchInfo": changes,
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
