"""Kinesis records: as GetRecords gives them, as Lambda delivers them, as a line to read.

https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dlqctl.documents import mapping, parse_json, text
from dlqctl.letters import SequenceNumber
from dlqctl.record import timestamp
from dlqctl.streams.kpl import UserRecord
from dlqctl.streams.ranges import Shard
from dlqctl.streams.records import KinesisRecord

EVENT_SOURCE = "aws:kinesis"
_CONTROLS = {*range(0x20), 0x7F} - {ord("\t"), ord("\n"), ord("\r")}


def from_api(raw: Mapping[str, Any]) -> KinesisRecord:
    """A record of GetRecords' answer."""
    arrived = raw.get("ApproximateArrivalTimestamp")
    return KinesisRecord(
        sequence=SequenceNumber.parse(raw["SequenceNumber"]),
        data=bytes(raw["Data"]),
        partition_key=raw.get("PartitionKey"),
        arrived_at=arrived.astimezone(UTC) if arrived else None,
    )


def from_event(delivered: Mapping[str, object]) -> KinesisRecord:
    """A record of an event that was kept whole. Raises ValueError when it is not one."""
    fields = mapping(delivered, "kinesis") or {}
    arrived = fields.get("approximateArrivalTimestamp")
    return KinesisRecord(
        sequence=SequenceNumber.parse(text(fields, "sequenceNumber") or ""),
        data=b64decode(text(fields, "data") or "", validate=True),
        partition_key=text(fields, "partitionKey"),
        arrived_at=datetime.fromtimestamp(arrived, UTC)
        if isinstance(arrived, int | float)
        else None,
        delivered=delivered,
    )


def lambda_record(
    record: KinesisRecord, *, shard: Shard, role_arn: str | None
) -> Mapping[str, object]:
    """`record` as Lambda hands it to a function that runs as `role_arn` (None: not known).

    Aggregated data stays as it is: Lambda does not take it apart either.
    """
    if record.delivered is not None:
        return record.delivered
    kinesis: dict[str, object] = {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": record.partition_key,
        "sequenceNumber": record.sequence.text,
        "data": b64encode(record.data).decode("ascii"),
        "approximateArrivalTimestamp": epoch_seconds(record.arrived_at),
    }
    if record.partition_key is None:
        del kinesis["partitionKey"]
    return {
        "kinesis": kinesis,
        "eventSource": EVENT_SOURCE,
        "eventVersion": "1.0",
        "eventID": f"{shard.shard_id}:{record.sequence.text}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role_arn,
        "awsRegion": shard.stream_arn.split(":")[3],
        "eventSourceARN": shard.stream_arn,
    }


def epoch_seconds(moment: datetime | None) -> float | int | None:
    """Seconds since 1970 with at most three decimals; a whole number where there are none."""
    if moment is None:
        return None
    milliseconds = round(moment.timestamp() * 1000)
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000


def line(record: KinesisRecord, *, shard: Shard, pointers: Sequence[str]) -> dict[str, object]:
    """`record` as `dlqctl.stream-record/v1`, with the pointers that name it."""
    return {
        "stream": shard.stream_arn,
        "shard_id": shard.shard_id,
        "sequence_number": record.sequence.text,
        "partition_key": record.partition_key,
        "arrived_at": timestamp(record.arrived_at),
        "pointers": list(pointers),
        "data": readable(record.data),
        "data_base64": b64encode(record.data).decode("ascii"),
    }


def user_line(
    user: UserRecord, record: KinesisRecord, *, shard: Shard, pointers: Sequence[str]
) -> dict[str, object]:
    """One user record out of an aggregated `record`; `subsequence_number` is its place in it."""
    aggregate = line(record, shard=shard, pointers=pointers)
    return {
        **aggregate,
        "partition_key": user.partition_key,
        "data": readable(user.data),
        "data_base64": b64encode(user.data).decode("ascii"),
        "subsequence_number": user.number,
        "explicit_hash_key": user.explicit_hash_key,
    }


def readable(data: bytes) -> object | None:
    """JSON as its value, text as a string, anything else as None."""
    try:
        written = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    document = parse_json(written)
    if document is not None:
        return document
    return written if _CONTROLS.isdisjoint(map(ord, written)) else None
