"""DynamoDB stream records: as GetRecords gives them, as Lambda delivers them, as a line to read.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from dlqctl.documents import mapping, number, text
from dlqctl.letters import SequenceNumber
from dlqctl.record import timestamp
from dlqctl.streams.kinesis import epoch_seconds
from dlqctl.streams.ranges import Shard
from dlqctl.streams.records import DynamoRecord

EVENT_SOURCE = "aws:dynamodb"
_MAX_DIGITS = 38
_IMAGES = ("Keys", "NewImage", "OldImage")


def from_api(raw: Mapping[str, Any], *, stream_arn: str) -> DynamoRecord:
    """A record of GetRecords' answer, turned into the one that Lambda delivers."""
    change: dict[str, Any] = dict(raw.get("dynamodb", {}))
    created = change.get("ApproximateCreationDateTime")
    if isinstance(created, datetime):
        change["ApproximateCreationDateTime"] = epoch_seconds(created)
    for image in _IMAGES:
        if image in change:
            change[image] = _without_bytes(change[image])
    event = {
        "eventID": raw.get("eventID"),
        "eventName": raw.get("eventName"),
        "eventVersion": raw.get("eventVersion"),
        "eventSource": raw.get("eventSource"),
        "awsRegion": raw.get("awsRegion"),
        "dynamodb": change,
        "eventSourceARN": stream_arn,
    }
    if who := raw.get("userIdentity"):
        # GetRecords says PrincipalId and Type, events say principalId and type:
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
        event["userIdentity"] = {key[:1].lower() + key[1:]: value for key, value in who.items()}
    return DynamoRecord(
        sequence=SequenceNumber.parse(change["SequenceNumber"]),
        event=event,
        arrived_at=created.astimezone(UTC) if isinstance(created, datetime) else None,
        size_bytes=int(change.get("SizeBytes") or 0),
    )


def from_event(delivered: Mapping[str, object]) -> DynamoRecord:
    """A record of an event that was kept whole. Raises ValueError when it is not one."""
    change = mapping(delivered, "dynamodb") or {}
    created = change.get("ApproximateCreationDateTime")
    return DynamoRecord(
        sequence=SequenceNumber.parse(text(change, "SequenceNumber") or ""),
        event=delivered,
        arrived_at=datetime.fromtimestamp(created, UTC)
        if isinstance(created, int | float)
        else None,
        size_bytes=number(change, "SizeBytes") or 0,
    )


def _without_bytes(value: Any) -> Any:
    """Typed attribute values with every binary in base64, which is how JSON carries them."""
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {name: _without_bytes(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_bytes(one) for one in value]
    return value


def line(record: DynamoRecord, *, shard: Shard, pointers: Sequence[str]) -> dict[str, object]:
    """`record` as `dlqctl.stream-record/v1`: images as plain values, and typed in `dynamodb`."""
    change = mapping(record.event, "dynamodb") or {}
    return {
        "stream": shard.stream_arn,
        "shard_id": shard.shard_id,
        "sequence_number": record.sequence.text,
        "event_name": record.event.get("eventName"),
        "arrived_at": timestamp(record.arrived_at),
        "pointers": list(pointers),
        "keys": plain_image(change.get("Keys")),
        "new_image": plain_image(change.get("NewImage")),
        "old_image": plain_image(change.get("OldImage")),
        "dynamodb": change,
    }


def plain_image(image: object) -> dict[str, object] | None:
    """An item's attributes as plain JSON values; None when there is no image."""
    if not isinstance(image, Mapping):
        return None
    return {str(name): plain_value(value) for name, value in image.items()}


def plain_value(typed: object) -> object:
    """`{"N": "1"}` as 1. Sets become lists, binary stays base64.

    A number becomes a JSON number where reading that back gives the very same digits, else it
    stays a string: DynamoDB keeps 38 digits, most JSON readers 17.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
    """
    match typed:
        case {"N": str(written)}:
            return _plain_number(written)
        case {"NS": [*numbers]}:
            return [_plain_number(str(written)) for written in numbers]
        case {"NULL": _}:
            return None
        case {"M": Mapping() as items}:
            return {str(name): plain_value(value) for name, value in items.items()}
        case {"L": [*items]}:
            return [plain_value(value) for value in items]
        case {"S": value} | {"B": value} | {"BOOL": value} | {"SS": value} | {"BS": value}:
            return value
        case _:
            return typed


def _plain_number(written: str) -> int | float | str:
    try:
        exact = Decimal(written)
    except InvalidOperation:
        return written
    if not exact.is_finite():
        return written
    if exact.adjusted() < _MAX_DIGITS and exact == exact.to_integral_value():
        return int(exact)
    near = float(written)
    return near if Decimal(repr(near)) == exact else written
