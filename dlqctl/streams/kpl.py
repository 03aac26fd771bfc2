"""Taking apart what the Kinesis Producer Library packs together: several records as one.

https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

_MAGIC = b"\xf3\x89\x9a\xc2"
_DIGEST_BYTES = 16
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_VARINT_BYTES = 10


@dataclass(frozen=True, slots=True)
class UserRecord:
    """One record out of an aggregate; `number` is its place in it, from 0."""

    number: int
    data: bytes
    partition_key: str
    explicit_hash_key: str | None = None


class _NotAggregatedError(ValueError):
    """The bytes are not what their first four promise."""


def deaggregate(data: bytes) -> list[UserRecord] | None:
    """The user records in `data`; None when it is not an aggregate, or a damaged one.

    As in AWS's own consumers, data whose checksum is wrong counts as ordinary data.
    """
    if not data.startswith(_MAGIC) or len(data) < len(_MAGIC) + _DIGEST_BYTES:
        return None
    message, digest = data[len(_MAGIC) : -_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    if hashlib.md5(message, usedforsecurity=False).digest() != digest:
        return None
    try:
        return _user_records(message)
    except (_NotAggregatedError, UnicodeDecodeError):
        return None


def _user_records(message: bytes) -> list[UserRecord]:
    partition_keys: list[str] = []
    hash_keys: list[str] = []
    packed: list[bytes] = []
    for number, value in _fields(message):
        match number, value:
            case 1, bytes():
                partition_keys.append(value.decode())
            case 2, bytes():
                hash_keys.append(value.decode())
            case 3, bytes():
                packed.append(value)
    return [
        _user_record(n, one, partition_keys=partition_keys, hash_keys=hash_keys)
        for n, one in enumerate(packed)
    ]


def _user_record(
    number: int, packed: bytes, *, partition_keys: list[str], hash_keys: list[str]
) -> UserRecord:
    partition_key: int | None = None
    hash_key: int | None = None
    data: bytes | None = None
    for field, value in _fields(packed):
        match field, value:
            case 1, int():
                partition_key = value
            case 2, int():
                hash_key = value
            case 3, bytes():
                data = value
    if data is None or partition_key is None:
        raise _NotAggregatedError("a record lacks its data or its partition key")
    try:
        return UserRecord(
            number,
            data,
            partition_keys[partition_key],
            hash_keys[hash_key] if hash_key is not None else None,
        )
    except IndexError as error:
        raise _NotAggregatedError("a record names a key that is not in the table") from error


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and values, in the order in which they are written.

    https://protobuf.dev/programming-guides/encoding/
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise _NotAggregatedError(f"wire type {kind}")
        if at + size > len(message):
            raise _NotAggregatedError("it ends inside a field")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for n, byte in enumerate(message[at : at + _MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * n)
        if byte < 0x80:
            return value, at + n + 1
    raise _NotAggregatedError("it ends inside a number")
