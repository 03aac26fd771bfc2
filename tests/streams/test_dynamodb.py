"""DynamoDB stream records: the event that Lambda would have delivered, and plain values."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from hypothesis import given
from hypothesis import strategies as st

from dlqctl.streams import dynamodb
from dlqctl.streams.ranges import Shard

ARN = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-01-02T03:04:05.678"
SHARD = Shard(ARN, "shardId-00000001573689847184-864758bb")
RAW: dict[str, Any] = {
    "eventID": "c4ca4238a0b923820dcc509a6f75849b",
    "eventName": "MODIFY",
    "eventVersion": "1.1",
    "eventSource": "aws:dynamodb",
    "awsRegion": "eu-west-1",
    "dynamodb": {
        "ApproximateCreationDateTime": datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC),
        "Keys": {"id": {"S": "o-1"}},
        "NewImage": {"id": {"S": "o-1"}, "blob": {"B": b"\x00\xff"}, "blobs": {"BS": [b"a"]}},
        "OldImage": {"id": {"S": "o-1"}, "deep": {"M": {"l": {"L": [{"B": b"x"}]}}}},
        "SequenceNumber": "800000000003126276362",
        "SizeBytes": 41,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    },
}
EVENT_RECORD = {
    "eventID": "c4ca4238a0b923820dcc509a6f75849b",
    "eventName": "MODIFY",
    "eventVersion": "1.1",
    "eventSource": "aws:dynamodb",
    "awsRegion": "eu-west-1",
    "dynamodb": {
        "ApproximateCreationDateTime": 1795169472,
        "Keys": {"id": {"S": "o-1"}},
        "NewImage": {"id": {"S": "o-1"}, "blob": {"B": "AP8="}, "blobs": {"BS": ["YQ=="]}},
        "OldImage": {"id": {"S": "o-1"}, "deep": {"M": {"l": {"L": [{"B": "eA=="}]}}}},
        "SequenceNumber": "800000000003126276362",
        "SizeBytes": 41,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    },
    "eventSourceARN": ARN,
}


def test_the_event_record_key_by_key() -> None:
    record = dynamodb.from_api(RAW, stream_arn=ARN)
    assert record.event == EVENT_RECORD
    assert record.sequence.text == "800000000003126276362"
    assert record.size_bytes == 41


def test_an_item_that_expired_says_who_deleted_it_as_lambda_spells_it() -> None:
    who = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    record = dynamodb.from_api({**RAW, "userIdentity": who}, stream_arn=ARN)
    assert record.event["userIdentity"] == {
        "principalId": "dynamodb.amazonaws.com",
        "type": "Service",
    }


def test_images_that_are_not_there_stay_away() -> None:
    change = {k: v for k, v in RAW["dynamodb"].items() if k not in ("NewImage", "OldImage")}
    record = dynamodb.from_api({**RAW, "dynamodb": change}, stream_arn=ARN)
    assert "NewImage" not in record.event["dynamodb"]
    line = dynamodb.line(record, shard=SHARD, pointers=["m1"])
    assert line["new_image"] is None
    assert line["keys"] == {"id": "o-1"}


def test_a_line_as_the_contract_has_it() -> None:
    line = dynamodb.line(dynamodb.from_api(RAW, stream_arn=ARN), shard=SHARD, pointers=["m1"])
    assert line == {
        "stream": ARN,
        "shard_id": SHARD.shard_id,
        "sequence_number": "800000000003126276362",
        "event_name": "MODIFY",
        "arrived_at": "2026-11-20T10:11:12.000Z",
        "pointers": ["m1"],
        "keys": {"id": "o-1"},
        "new_image": {"id": "o-1", "blob": "AP8=", "blobs": ["YQ=="]},
        "old_image": {"id": "o-1", "deep": {"l": ["eA=="]}},
        "dynamodb": EVENT_RECORD["dynamodb"],
    }


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("1", 1),
        ("-0", 0),
        ("1.5", 1.5),
        ("0.1", 0.1),
        ("12345678901234567890123456789012345678", 12345678901234567890123456789012345678),
        ("0.12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678"),
        ("12345678901234567890.5", "12345678901234567890.5"),
        ("1E+125", 1e125),
        ("100", 100),
        ("1.50", 1.5),
        ("what", "what"),
        ("NaN", "NaN"),
    ],
)
def test_numbers_lose_no_digit(written: str, shown: object) -> None:
    plain = dynamodb.plain_value({"N": written})
    assert plain == shown
    assert type(plain) is type(shown)


digits = st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**28))


@given(digits)
def test_plain_numbers_are_exact(number: Decimal) -> None:
    plain = dynamodb.plain_value({"N": str(number)})
    assert Decimal(str(plain) if not isinstance(plain, float) else repr(plain)) == number


values = st.recursive(
    st.one_of(
        st.builds(lambda text: {"S": text}, st.text(max_size=5)),
        st.builds(lambda n: {"N": str(n)}, st.integers(-(10**37), 10**37)),
        st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
        st.just({"NULL": True}),
        st.builds(lambda texts: {"SS": sorted(texts)}, st.sets(st.text(max_size=3), min_size=1)),
    ),
    lambda inner: st.one_of(
        st.builds(lambda items: {"L": items}, st.lists(inner, max_size=3)),
        st.builds(lambda items: {"M": items}, st.dictionaries(st.text(max_size=3), inner)),
    ),
)


@given(values)
def test_plain_values_are_those_of_boto3(typed: dict[str, Any]) -> None:
    def comparable(value: Any) -> Any:
        if isinstance(value, Decimal):
            return int(value)
        if isinstance(value, set):
            return sorted(value)
        if isinstance(value, list):
            return [comparable(one) for one in value]
        if isinstance(value, dict):
            return {name: comparable(one) for name, one in value.items()}
        return value

    assert dynamodb.plain_value(typed) == comparable(TypeDeserializer().deserialize(typed))


def test_a_type_of_tomorrow_is_shown_typed() -> None:
    assert dynamodb.plain_value({"V": "vector"}) == {"V": "vector"}


def test_a_kept_record_is_handed_over_as_it_was() -> None:
    record = dynamodb.from_event(EVENT_RECORD)
    assert record.event is EVENT_RECORD
    assert record == dynamodb.from_api(RAW, stream_arn=ARN)
