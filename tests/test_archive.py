"""Archives: whole messages, on disk, never half a line."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlqctl.archive import READ_BYTES, ArchiveWriter, archive_document
from dlqctl.errors import DlqctlError, UsageError
from dlqctl.letters import DeadLetter, MessageAttribute

LETTER = DeadLetter(
    message_id="m",
    queue_arn="arn",
    body='{"a": "é\ud800"}',
    attributes={"b": MessageAttribute("Binary.gz", b"\x00\xff")},
    receive_count=3,
    sent_at=datetime(2026, 11, 20, 10, 11, 12, 345_000, tzinfo=UTC),
    source_queue_arn="source",
    group_id="g",
    deduplication_id="d",
    sequence_number="1",
    trace_header="Root=1",
)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_everything_sqs_gave_is_in_it(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path / "a") as archive:
        archive.append([LETTER])
    assert lines(tmp_path / "a") == [
        {
            "schema": "dlqctl.archive/v1",
            "message_id": "m",
            "queue": "arn",
            "sent_at": "2026-11-20T10:11:12.345Z",
            "receive_count": 3,
            "source_queue": "source",
            "group_id": "g",
            "deduplication_id": "d",
            "sequence_number": "1",
            "trace_header": "Root=1",
            "attributes": {"b": {"type": "Binary.gz", "value": "AP8="}},
            "body": '{"a": "é\ud800"}',
        }
    ]


@given(
    body=st.text(),
    value=st.binary(max_size=40),
    text=st.text(max_size=40),
)
def test_bodies_and_attributes_come_back_as_they_were(body: str, value: bytes, text: str) -> None:
    letter = DeadLetter(
        "m",
        "q",
        body,
        {"b": MessageAttribute("Binary", value), "s": MessageAttribute("String.x", text)},
    )
    read = json.loads(json.dumps(archive_document(letter)))
    assert read["body"] == body
    assert b64decode(read["attributes"]["b"]["value"]) == value
    assert read["attributes"]["s"] == {"type": "String.x", "value": text}


def test_it_is_private_and_on_disk_when_append_returns(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with ArchiveWriter(path) as archive:
        assert path.stat().st_mode & 0o777 == 0o600
        archive.append([LETTER, LETTER])
        assert len(lines(path)) == 2


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("precious")
    with pytest.raises(UsageError, match="exists already"):
        ArchiveWriter(path)
    assert path.read_text() == "precious"


@pytest.mark.parametrize("size", [1, 100, READ_BYTES, READ_BYTES + 7, 3 * READ_BYTES])
@pytest.mark.parametrize("whole", [0, 2])
def test_a_resumed_archive_goes_on_after_its_last_whole_line(
    tmp_path: Path, size: int, whole: int
) -> None:
    """A process was killed while it wrote: what it was writing was not sent."""
    path = tmp_path / "a"
    with ArchiveWriter(path) as archive:
        for _ in range(whole):
            archive.append([LETTER])
    with path.open("ab") as file:
        file.write(b'{"body": "'.ljust(size, b"x")[:size])
    with ArchiveWriter(path, resume=True) as archive:
        archive.append([LETTER])
    assert len(lines(path)) == whole + 1


def test_a_resumed_archive_that_is_gone_begins_anew(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path / "a", resume=True) as archive:
        archive.append([LETTER])
    assert len(lines(tmp_path / "a")) == 1


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DlqctlError, match=r"can't write the archive .*No such file") as raised:
        ArchiveWriter(tmp_path / "none" / "a")
    assert raised.value.hint


FULL_DISK = """
import resource, sys
from pathlib import Path
from dlqctl.archive import ArchiveWriter
from dlqctl.errors import DlqctlError
from dlqctl.letters import DeadLetter

resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
archive = ArchiveWriter(Path(sys.argv[1]))
written = 0
try:
    while True:
        archive.append([DeadLetter("m", "q", "x" * 300)])
        written += 1
except DlqctlError as error:
    print(written, error.message)
"""


def test_on_a_full_disk_half_a_line_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "a"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    written, _, said = done.stdout.partition(" ")
    assert said.strip() == f"can't write the archive {path}: File too large"
    assert len(lines(path)) == int(written) > 0
