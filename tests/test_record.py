"""The public record: its keys are a contract."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from dlqctl import origins
from dlqctl.letters import DeadLetter, FailureError, FailureRecord, MessageAttribute
from dlqctl.record import SCHEMA, record_document, timestamp
from tests.origins.corpus import Case, cases

KEYS = {
    "message_id",
    "queue",
    "origin",
    "source",
    "target",
    "error",
    "failed_at",
    "sent_at",
    "receive_count",
    "expires_at",
    "group_id",
    "deduplication_id",
    "sequence_number",
    "pointer",
    "envelope",
    "attributes",
    "body",
    "body_text",
}
ERROR_KEYS = {"type", "message", "condition", "attempts"}
POINTER_KEYS = {"stream", "shard_id", "start", "end", "count", "first_arrival", "last_arrival"}


def test_the_schema_is_named() -> None:
    assert SCHEMA == "dlqctl.record/v1"


@pytest.mark.parametrize("case", cases(), ids=str)
def test_every_promised_key_is_there_whatever_the_origin(case: Case) -> None:
    document = record_document(origins.decode(case.letter))
    assert document.keys() >= KEYS
    error, pointer = document["error"], document["pointer"]
    assert error is None or (isinstance(error, dict) and set(error) == ERROR_KEYS)
    if case.origin in {"lambda-stream", "pipes"} and pointer is not None:
        assert isinstance(pointer, dict)
        assert set(pointer) == POINTER_KEYS


def test_values_are_plain_json() -> None:
    letter = DeadLetter(
        message_id="m",
        queue_arn="q",
        body='{"a": [1, null]}',
        attributes={
            "b": MessageAttribute("Binary.gzip", b"\x00\xff"),
            "n": MessageAttribute("Number.int", "3"),
        },
        receive_count=3,
        sent_at=datetime(2026, 11, 20, 10, 11, 12, 345678, UTC),
    )
    document = record_document(FailureRecord(letter, "unknown", error=FailureError(attempts=4)))
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["attributes"] == {
        "b": {"type": "Binary.gzip", "value": "AP8="},
        "n": {"type": "Number.int", "value": "3"},
    }
    assert document["body"] == {"a": [1, None]}
    assert document["body_text"] == '{"a": [1, null]}'
    assert document["sent_at"] == "2026-11-20T10:11:12.345Z"
    assert document["expires_at"] is None
    assert document["error"] == {"type": None, "message": None, "condition": None, "attempts": 4}


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (None, None),
        (datetime(2026, 11, 20, 10, 11, 12, 0, UTC), "2026-11-20T10:11:12.000Z"),
        (
            datetime(2026, 11, 20, 12, 11, 12, 0, timezone(timedelta(hours=2))),
            "2026-11-20T10:11:12.000Z",
        ),
    ],
)
def test_times_are_utc_to_the_millisecond(moment: datetime | None, written: str | None) -> None:
    assert timestamp(moment) == written
