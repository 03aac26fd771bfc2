"""Letters from files: raw bodies, peek's output, archives, and events that were kept whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlqctl import origins
from dlqctl.archive import archive_document
from dlqctl.errors import UsageError
from dlqctl.letters import DeadLetter, MessageAttribute
from dlqctl.record import record_document
from dlqctl.streams.gathering import Unreadable, gather
from dlqctl.streams.letter_files import FileLetter, letters_of_file
from tests.streams.test_gathering import BATCH, DOCUMENT, FUNCTION, body
from tests.streams.test_kinesis import EVENT_RECORD

LETTER = DeadLetter(
    "8f0d4a3e-0000-4000-8000-000000000001",
    "arn:aws:sqs:eu-west-1:111122223333:dlq",
    body(),
    {"tenant": MessageAttribute("Binary.x", b"\x00"), "n": MessageAttribute("Number", "1")},
)


def read(path: Path) -> list[FileLetter | Unreadable]:
    return list(letters_of_file(path, name=path.name))


def letters(path: Path) -> list[DeadLetter]:
    found = read(path)
    assert all(isinstance(one, FileLetter) for one in found)
    for one in found:
        assert isinstance(one, FileLetter)
        assert one.again() == one.letter
    return [one.letter for one in found if isinstance(one, FileLetter)]


def test_raw_bodies_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "raw.jsonl"
    path.write_text(f"{body()}\n\n{body(version='2.0')}\n")
    assert [(one.message_id, one.body) for one in letters(path)] == [
        ("raw.jsonl:1", body() + "\n"),
        ("raw.jsonl:3", body(version="2.0") + "\n"),
    ]


def test_one_body_over_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(DOCUMENT, indent=2))
    [one] = letters(path)
    assert one.message_id == "one.json"
    assert origins.decode(one).source == FUNCTION


def test_several_bodies_over_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_text("\n".join(json.dumps(DOCUMENT, indent=2) for _ in range(3)))
    assert [one.message_id for one in letters(path)] == ["some.json", "some.json#2", "some.json#3"]


@pytest.mark.parametrize("indent", [None, 2])
def test_the_output_of_peek_as_one_document(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "peek.json"
    record = record_document(origins.decode(LETTER))
    document = {"schema": "dlqctl.peek/v1", "queue": LETTER.queue_arn, "records": [record, record]}
    path.write_text(json.dumps(document, indent=indent))
    found = letters(path)
    assert [one.message_id for one in found] == [LETTER.message_id] * 2
    assert found[0].body == LETTER.body
    assert found[0].attributes == LETTER.attributes


def test_the_output_of_peek_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "peek.jsonl"
    record = record_document(origins.decode(LETTER))
    path.write_text(json.dumps({"schema": "dlqctl.record/v1", **record}) + "\n")
    [one] = letters(path)
    assert (one.message_id, one.body) == (LETTER.message_id, LETTER.body)


def test_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "archive.jsonl"
    path.write_text(json.dumps(archive_document(LETTER)) + "\n")
    [one] = letters(path)
    assert (one.message_id, one.body, one.attributes) == (
        LETTER.message_id,
        LETTER.body,
        LETTER.attributes,
    )


def test_what_the_aws_command_line_prints(tmp_path: Path) -> None:
    path = tmp_path / "aws.json"
    path.write_text(json.dumps({"Messages": [{"MessageId": "m1", "Body": body()}]}, indent=4))
    [one] = letters(path)
    assert (one.message_id, one.body) == ("m1", body())


def test_bodies_as_json_strings(tmp_path: Path) -> None:
    path = tmp_path / "strings.jsonl"
    path.write_text(json.dumps(body()) + "\n")
    [one] = letters(path)
    assert one.body == body()


def test_a_line_that_was_cut_off_is_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "raw.jsonl"
    path.write_text(f"{body()}\n{body()[:50]}\n{body()}\n")
    found = read(path)
    assert [type(one).__name__ for one in found] == ["FileLetter", "Unreadable", "FileLetter"]
    assert found[1] == Unreadable("raw.jsonl:2", "not JSON: 51 bytes")


def test_a_file_of_nothing_but_noise(tmp_path: Path) -> None:
    path = tmp_path / "noise"
    path.write_bytes(b"\x00\xff not json")
    [one] = read(path)
    assert isinstance(one, Unreadable)


def test_an_empty_file_holds_no_letters(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_text("\n")
    assert read(path) == []


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't read"):
        read(tmp_path / "nowhere")


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(data: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        found = [one for one in read(Path(file.name)) if isinstance(one, FileLetter)]
    gather(origins.decode(one.letter) for one in found)


def kept(**changes: Any) -> str:
    event = {"Records": [EVENT_RECORD]}
    number = EVENT_RECORD["kinesis"]["sequenceNumber"]  # type: ignore[index]
    batch = {**BATCH, "startSequenceNumber": number, "endSequenceNumber": number, "batchSize": 1}
    return json.dumps(
        {**DOCUMENT, "KinesisBatchInfo": batch, "payload": json.dumps(event), **changes}
    )


def test_an_event_that_was_kept_is_read_again_when_it_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "object.json"
    path.write_text(kept() + "\n")
    [one] = read(path)
    assert isinstance(one, FileLetter)
    again = {one.letter.message_id: one.again}
    [found] = gather([origins.decode(one.letter)], again=again).batches
    assert found.event is not None
    assert found.event()["Records"] == [EVENT_RECORD]


@pytest.mark.parametrize("payload", ["", "not json", "[]", '{"Records": [{}]}', '{"Records": []}'])
def test_a_damaged_payload_leaves_an_ordinary_pointer(payload: str) -> None:
    [found] = gather([origins.decode(DeadLetter("m", "", kept(payload=payload)))]).batches
    assert found.event is None


@pytest.mark.parametrize("damaged", [body()[:60], "hello world", '{"unclosed'])
def test_a_damaged_first_line_is_counted_and_the_rest_goes_on(tmp_path: Path, damaged: str) -> None:
    path = tmp_path / "bodies"
    path.write_text(f"{damaged}\n{body()}\n{body()}\n")
    first, *rest = read(path)
    assert isinstance(first, Unreadable)
    assert [isinstance(one, FileLetter) for one in rest] == [True, True]
