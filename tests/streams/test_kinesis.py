"""Kinesis records: the event that Lambda would have delivered, key by key, and readable lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlqctl.letters import SequenceNumber
from dlqctl.streams import kinesis
from dlqctl.streams.ranges import Shard
from dlqctl.streams.records import KinesisRecord

SHARD = Shard("arn:aws:kinesis:eu-west-1:111122223333:stream/orders", "shardId-000000000003")
NUMBER = "49668899999999999999999999999999999999999999999999999970"
ARRIVED = datetime(2026, 11, 20, 10, 11, 12, 123_000, tzinfo=timezone(timedelta(hours=2)))
RAW = {
    "SequenceNumber": NUMBER,
    "ApproximateArrivalTimestamp": ARRIVED,
    "Data": b'{"n": 1}',
    "PartitionKey": "customer-7",
    "EncryptionType": "KMS",
}
EVENT_RECORD = {
    "kinesis": {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": "customer-7",
        "sequenceNumber": NUMBER,
        "data": "eyJuIjogMX0=",
        "approximateArrivalTimestamp": 1795162272.123,
    },
    "eventSource": "aws:kinesis",
    "eventVersion": "1.0",
    "eventID": f"shardId-000000000003:{NUMBER}",
    "eventName": "aws:kinesis:record",
    "invokeIdentityArn": "arn:aws:iam::111122223333:role/orders",
    "awsRegion": "eu-west-1",
    "eventSourceARN": "arn:aws:kinesis:eu-west-1:111122223333:stream/orders",
}


def test_the_event_record_key_by_key() -> None:
    record = kinesis.from_api(RAW)
    role = "arn:aws:iam::111122223333:role/orders"
    built = kinesis.lambda_record(record, shard=SHARD, role_arn=role)
    assert built == EVENT_RECORD
    assert list(built) == list(EVENT_RECORD)


def test_a_whole_second_is_a_whole_number() -> None:
    assert kinesis.epoch_seconds(ARRIVED.replace(microsecond=0)) == 1795162272
    assert isinstance(kinesis.epoch_seconds(ARRIVED.replace(microsecond=0)), int)


def test_a_record_without_a_partition_key_has_none_in_the_event() -> None:
    record = kinesis.from_api({**RAW, "PartitionKey": None})
    built = kinesis.lambda_record(record, shard=SHARD, role_arn=None)
    assert "partitionKey" not in built["kinesis"]  # type: ignore[operator]
    assert kinesis.line(record, shard=SHARD, pointers=[])["partition_key"] is None


def test_a_record_that_was_kept_is_handed_over_as_it_was() -> None:
    kept = {**EVENT_RECORD, "somethingNew": True}
    record = kinesis.from_event(kept)
    assert kinesis.lambda_record(record, shard=SHARD, role_arn=None) is kept
    assert record == kinesis.from_api({**RAW, "ApproximateArrivalTimestamp": ARRIVED})


def test_a_line_as_the_contract_has_it() -> None:
    line = kinesis.line(kinesis.from_api(RAW), shard=SHARD, pointers=["m1", "m2"])
    assert line == {
        "stream": SHARD.stream_arn,
        "shard_id": "shardId-000000000003",
        "sequence_number": NUMBER,
        "partition_key": "customer-7",
        "arrived_at": "2026-11-20T08:11:12.123Z",
        "pointers": ["m1", "m2"],
        "data": {"n": 1},
        "data_base64": "eyJuIjogMX0=",
    }


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b'{"a": [1, null]}', {"a": [1, None]}),
        (b"12", 12),
        (b"plain text\n", "plain text\n"),
        ("né".encode(), "né"),
        (b"\x00\x01", None),
        (b"\xff\xfe", None),
        (b"\x1b[31m", None),
        (b"", ""),
        (b"null", "null"),
        (b"NaN", "NaN"),
    ],
)
def test_data_is_json_or_text_or_nothing(data: bytes, shown: object) -> None:
    assert kinesis.readable(data) == shown


@given(st.binary(max_size=200))
def test_any_bytes_make_a_line(data: bytes) -> None:
    record = KinesisRecord(SequenceNumber.parse("1"), data, "k", None)
    assert kinesis.line(record, shard=SHARD, pointers=[])["arrived_at"] is None


def test_timestamps_of_the_api_are_taken_to_utc() -> None:
    arrived = kinesis.from_api(RAW).arrived_at
    assert arrived is not None
    assert arrived.tzinfo is UTC
