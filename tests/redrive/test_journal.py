"""The journal: on disk when it says so, one word per message and run, and plain about trouble."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from dlqctl.redrive.journal import EntryState, Journal, JournalError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite3"


def on_disk(path: Path) -> dict[str, str]:
    """What another process would read."""
    connection = sqlite3.connect(path)
    try:
        return dict(connection.execute("SELECT message_id, state FROM entries"))
    finally:
        connection.close()


def test_each_step_is_on_disk_when_it_returns(path: Path) -> None:
    with Journal(path) as journal:
        journal.sending("r", {"a": "t", "b": "t"}, at=1.0)
        assert on_disk(path) == {"a": "sending", "b": "sending"}
        journal.sent("r", {"a": "new"}, at=2.0, copied=False)
        assert on_disk(path) == {"a": "sent", "b": "sending"}
        journal.settle("r", ["a"], EntryState.DELETED, at=3.0)
        journal.flush()
        assert on_disk(path) == {"a": "deleted", "b": "sending"}


def test_what_was_said_last_is_written_when_it_is_closed(path: Path) -> None:
    with Journal(path) as journal:
        for n in range(100):
            journal.settle("r", [str(n)], EntryState.FAILED, at=1.0, code="Bad")
    assert len(on_disk(path)) == 100


def test_it_is_private(path: Path) -> None:
    with Journal(path):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_many_writers_at_once(path: Path) -> None:
    with Journal(path) as journal:

        def write(worker: int) -> None:
            for n in range(30):
                journal.sending("r", {f"{worker}-{n}": "t"}, at=1.0)
                journal.sent("r", {f"{worker}-{n}": f"new-{worker}-{n}"}, at=2.0, copied=False)

        threads = [threading.Thread(target=write, args=(worker,)) for worker in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert journal.counts("r") == {EntryState.SENT: 240}
        assert journal.targets("r") == {"t": 240}
        assert journal.bounced("r", ["new-3-7", "x"]) == {"new-3-7"}
        assert journal.bounced("another", ["new-3-7"]) == set()


def test_two_processes_share_one_journal(path: Path) -> None:
    with Journal(path) as one, Journal(path) as other:
        one.sending("r1", {"a": "t"}, at=1.0)
        other.sending("r2", {"a": "t"}, at=2.0)
        assert one.known(["a"])["a"].run == "r2"
        assert one.unconfirmed("r1") == other.unconfirmed("r2") == ["a"]


def test_what_is_unfinished_and_what_is_finished(path: Path) -> None:
    with Journal(path) as journal:
        journal.sending("r", dict.fromkeys(["a", "b", "c", "d"], "t"), at=1.0)
        journal.sent("r", {"b": "1", "c": "2"}, at=2.0, copied=False)
        journal.sent("r", {"d": "3"}, at=2.0, copied=True)
        journal.settle("r", ["c"], EntryState.DELETED, at=3.0)
        journal.settle("r", ["e"], EntryState.FAILED, at=3.0)
        journal.settle("r", ["f"], EntryState.IN_DOUBT, at=3.0)
        journal.flush()
        assert sorted(journal.unfinished("r")) == ["a", "b", "e", "f"]
        assert sorted(journal.finished("r")) == ["b", "c", "d"]


def test_runs_newest_first(path: Path) -> None:
    with Journal(path) as journal:
        for n in range(3):
            journal.start_run(f"r{n}", queue="q", options="{}", at=f"2026-11-20T10:00:0{n}Z")
        journal.end_run("r0", state="done", summary="{}", at="2026-11-20T11:00:00Z")
        assert [row.run for row in journal.runs()] == ["r2", "r1", "r0"]
        assert [row.run for row in journal.runs(limit=1)] == ["r2"]
        journal.start_run("r0", queue="q", options="other", at="later")
        row = journal.run("r0")
        assert row
        assert (row.state, row.options, row.ended_at) == ("running", "{}", None)
        assert journal.run("none") is None


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file is in the way")
    with pytest.raises(JournalError) as raised:
        Journal(tmp_path / "state" / "journal.sqlite3")
    assert "can't be written" in raised.value.message
    assert raised.value.hint
    assert "XDG_STATE_HOME" in raised.value.hint


def test_a_file_that_is_no_journal_is_told(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database " * 1000)
    with pytest.raises(JournalError, match="file is not a database"):
        Journal(path)
