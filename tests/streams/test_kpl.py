"""Taking apart what the Kinesis Producer Library packed together."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlqctl.letters import SequenceNumber
from dlqctl.streams.kpl import UserRecord, deaggregate
from dlqctl.streams.lines import documents
from dlqctl.streams.ranges import Shard
from dlqctl.streams.records import KinesisRecord

MAGIC = b"\xf3\x89\x9a\xc2"


def varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def sealed(message: bytes) -> bytes:
    return MAGIC + message + hashlib.md5(message).digest()


def aggregate(users: list[tuple[str, str | None, bytes]]) -> bytes:
    keys = sorted({key for key, _, _ in users})
    hashes = sorted({one for _, one, _ in users if one is not None})
    message = b"".join(field(1, key.encode()) for key in keys)
    message += b"".join(field(2, one.encode()) for one in hashes)
    for key, one, data in users:
        record = field(1, keys.index(key))
        if one is not None:
            record += field(2, hashes.index(one))
        record += field(3, data)
        record += field(4, field(1, b"tag") + field(2, b"value"))
        message += field(3, record)
    return sealed(message)


users = st.lists(
    st.tuples(
        st.text(min_size=1, max_size=5),
        st.one_of(st.none(), st.integers(0, 2**128 - 1).map(str)),
        st.binary(max_size=200),
    ),
    max_size=10,
)


@given(users)
def test_what_was_packed_comes_out_again(given_users: list[tuple[str, str | None, bytes]]) -> None:
    assert deaggregate(aggregate(given_users)) == [
        UserRecord(n, data, key, one) for n, (key, one, data) in enumerate(given_users)
    ]


@given(st.binary(max_size=100))
def test_any_bytes_are_survived(data: bytes) -> None:
    assert deaggregate(data) is None or data.startswith(MAGIC)
    deaggregate(MAGIC + data)
    deaggregate(sealed(data))


@pytest.mark.parametrize(
    "message",
    [
        field(3, field(1, 0) + field(3, b"x")),  # names a key that is not in the table
        field(1, b"k") + field(3, field(1, 0)),  # no data
        field(1, b"k") + field(3, field(3, b"x")),  # no partition key
        field(1, b"\xff"),  # a key that is not text
        field(3, b"x")[:-1],  # cut off
        varint(1 << 3 | 3),  # a group, which the format has none of
        b"\xff" * 11,  # a number without an end
    ],
)
def test_a_damaged_aggregate_is_ordinary_data(message: bytes) -> None:
    assert deaggregate(sealed(message)) is None


def test_a_wrong_checksum_makes_it_ordinary_data() -> None:
    good = aggregate([("k", None, b"one")])
    assert deaggregate(good[:-1] + bytes([good[-1] ^ 1])) is None


def test_fields_of_tomorrow_are_skipped() -> None:
    message = field(1, b"k") + varint(9 << 3 | 5) + b"abcd" + varint(8 << 3 | 1) + b"12345678"
    message += field(7, 3) + field(3, field(1, 0) + field(3, b"x"))
    assert deaggregate(sealed(message)) == [UserRecord(0, b"x", "k")]


def test_each_user_record_is_a_line_of_its_own() -> None:
    data = aggregate([("a", None, b'{"n": 1}'), ("b", "7", b"text")])
    record = KinesisRecord(SequenceNumber.parse("5"), data, "ignored", None)
    shard = Shard("arn:aws:kinesis:eu-west-1:111122223333:stream/s", "shardId-0")
    apart = list(documents(record, shard=shard, pointers=["m"], take_apart=True))
    assert [(one["partition_key"], one["subsequence_number"], one["data"]) for one in apart] == [
        ("a", 0, {"n": 1}),
        ("b", 1, "text"),
    ]
    assert apart[1]["explicit_hash_key"] == "7"
    [whole] = documents(record, shard=shard, pointers=["m"])
    assert whole["data"] is None
    assert whole["partition_key"] == "ignored"
