"""The journal: what a redrive was about to do, and did, so that a crash loses nothing.

Each message is `sending` before it is sent, `sent` before it is deleted, then `deleted`; both
first steps are on disk before the engine goes on. Bodies are never written here.
"""

import os
import queue as queues_of_threads
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from dlqctl.errors import DlqctlError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    run TEXT PRIMARY KEY, queue TEXT NOT NULL, options TEXT NOT NULL, state TEXT NOT NULL,
    started_at TEXT NOT NULL, ended_at TEXT, summary TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
    message_id TEXT NOT NULL, run TEXT NOT NULL, state TEXT NOT NULL, target TEXT,
    new_id TEXT, code TEXT, at REAL NOT NULL, PRIMARY KEY (message_id, run)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_new_id ON entries (new_id) WHERE new_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS entries_run ON entries (run, state);
"""
_BUSY_SECONDS = 30


class EntryState(StrEnum):
    """How far a message got."""

    SENDING = "sending"
    SENT = "sent"
    DELETED = "deleted"
    COPIED = "copied"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the journal knows of one message. `at` is in seconds since the epoch."""

    message_id: str
    run: str
    state: EntryState
    target: str | None
    at: float


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as `dlqctl runs` shows it. `options` and `summary` are JSON text."""

    run: str
    queue: str
    options: str
    state: str
    started_at: str
    ended_at: str | None
    summary: str | None


@dataclass(frozen=True, slots=True)
class _Write:
    statement: str
    rows: Sequence[tuple[object, ...]]
    done: "Future[None] | None"


class Journal:
    """One SQLite file for all runs (WAL, synchronous=FULL, mode 0600).

    Writers hand their rows to one thread, which commits all that has come together: with many
    workers one sync to disk serves many batches.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._reader = self._connect()
            self._reader.execute("PRAGMA journal_mode = WAL")
            self._reader.executescript(_SCHEMA)
        self._read_lock = threading.Lock()
        self._writes: queues_of_threads.Queue[_Write | None] = queues_of_threads.Queue()
        self._thread: threading.Thread | None = None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, check_same_thread=False, isolation_level=None, timeout=_BUSY_SECONDS
        )
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def __enter__(self) -> "Journal":
        self._thread = threading.Thread(target=self._write_on, name="journal", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread:
            self._writes.put(None)
            self._thread.join()
        self._reader.close()

    def start_run(self, run: str, *, queue: str, options: str, at: str) -> None:
        """Record a new run, or that an earlier one goes on."""
        self._write(
            "INSERT INTO runs VALUES (?, ?, ?, 'running', ?, NULL, NULL)"
            " ON CONFLICT (run) DO UPDATE SET state = 'running', ended_at = NULL",
            [(run, queue, options, at)],
        )

    def end_run(self, run: str, *, state: str, summary: str, at: str) -> None:
        """Record how a run ended: `done`, `interrupted` or `stopped`."""
        self._write(
            "UPDATE runs SET state = ?, summary = ?, ended_at = ? WHERE run = ?",
            [(state, summary, at, run)],
        )

    def sending(self, run: str, targets: Mapping[str, str], *, at: float) -> None:
        """These messages (id → target ARN) are about to be sent. On disk when this returns.

        `at` stays the time of the first send of which nobody knows: SQS deduplicates from there.
        """
        self._write(
            "INSERT INTO entries VALUES (?, ?, 'sending', ?, NULL, NULL, ?)"
            " ON CONFLICT DO UPDATE SET state = 'sending', target = excluded.target, code = NULL,"
            " at = CASE WHEN state IN ('sending', 'in_doubt') THEN at ELSE excluded.at END",
            [(message_id, run, target, at) for message_id, target in targets.items()],
        )

    def sent(self, run: str, new_ids: Mapping[str, str], *, at: float, copied: bool) -> None:
        """SQS confirmed these (id → new id). On disk when this returns: only then delete."""
        state = EntryState.COPIED if copied else EntryState.SENT
        self._write(
            "UPDATE entries SET state = ?, new_id = ?, at = ? WHERE message_id = ? AND run = ?",
            [(state, new_id, at, message_id, run) for message_id, new_id in new_ids.items()],
        )

    def settle(
        self, run: str, message_ids: Sequence[str], state: EntryState, *, at: float, code: str = ""
    ) -> None:
        """The last word on these messages. Returns at once: losing it costs a repeated delete."""
        self._writes.put(
            _Write(
                "INSERT INTO entries VALUES (?, ?, ?, NULL, NULL, ?, ?) ON CONFLICT DO UPDATE"
                " SET state = excluded.state, code = excluded.code,"
                " at = CASE excluded.state WHEN 'in_doubt' THEN at ELSE excluded.at END",
                [(message_id, run, state, code or None, at) for message_id in message_ids],
                None,
            )
        )

    def flush(self) -> None:
        """Wait until everything said so far is on disk."""
        self._write("DELETE FROM entries WHERE 0", [])

    def known(self, message_ids: Sequence[str]) -> dict[str, Entry]:
        """What was said of these messages by any run, the latest word of each."""
        rows = self._read(
            "SELECT message_id, run, state, target, at FROM entries"
            f" WHERE message_id IN ({_marks(message_ids)}) ORDER BY at",
            message_ids,
        )
        entries = (Entry(row[0], row[1], EntryState(row[2]), row[3], row[4]) for row in rows)
        return {entry.message_id: entry for entry in entries}

    def bounced(self, run: str, message_ids: Sequence[str]) -> set[str]:
        """Which of these are messages that this very run has sent."""
        rows = self._read(
            f"SELECT new_id FROM entries WHERE new_id IN ({_marks(message_ids)}) AND run = ?",
            [*message_ids, run],
        )
        return {row[0] for row in rows}

    def counts(self, run: str) -> dict[EntryState, int]:
        """How many messages of `run` are in each state."""
        rows = self._read("SELECT state, count(*) FROM entries WHERE run = ? GROUP BY state", [run])
        return {EntryState(state): count for state, count in rows}

    def targets(self, run: str) -> dict[str, int]:
        """How many messages of `run` were sent to each queue."""
        rows = self._read(
            "SELECT target, count(*) FROM entries WHERE run = ?"
            " AND state IN ('sent', 'deleted', 'copied') GROUP BY target",
            [run],
        )
        return dict(rows)

    def unconfirmed(self, run: str) -> list[str]:
        """Ids of messages of which nobody knows whether `run` sent them."""
        rows = self._read(
            "SELECT message_id FROM entries WHERE run = ? AND state IN ('sending', 'in_doubt')"
            " ORDER BY message_id",
            [run],
        )
        return [row[0] for row in rows]

    def finished(self, run: str) -> list[str]:
        """Ids of messages that `run` has sent."""
        rows = self._read(
            "SELECT message_id FROM entries WHERE run = ?"
            " AND state IN ('sent', 'deleted', 'copied')",
            [run],
        )
        return [row[0] for row in rows]

    def unfinished(self, run: str) -> list[str]:
        """Ids of messages that `run` was about to send, or sent and did not delete."""
        rows = self._read(
            "SELECT message_id FROM entries WHERE run = ? AND state IN ('sending', 'sent')", [run]
        )
        return [row[0] for row in rows]

    def run(self, run: str) -> RunRow | None:
        """One run, or None."""
        rows = self._read("SELECT * FROM runs WHERE run = ?", [run])
        return next((RunRow(*row) for row in rows), None)

    def runs(self, *, limit: int = 1000) -> list[RunRow]:
        """The latest runs, newest first."""
        rows = self._read("SELECT * FROM runs ORDER BY started_at DESC, run DESC LIMIT ?", [limit])
        return [RunRow(*row) for row in rows]

    def _read(self, query: str, values: Sequence[object]) -> list[Any]:
        with self._read_lock, _explained(self.path):
            return self._reader.execute(query, values).fetchall()

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        done: Future[None] = Future()
        self._writes.put(_Write(statement, rows, done))
        done.result()

    def _write_on(self) -> None:
        connection = self._connect()
        ended = False
        while not ended:
            writes, ended = _all_waiting(self._writes)
            try:
                with _explained(self.path), connection:
                    connection.execute("BEGIN IMMEDIATE")
                    for write in writes:
                        connection.executemany(write.statement, write.rows)
            except DlqctlError as error:
                for write in writes:
                    if write.done:
                        write.done.set_exception(error)
            else:
                for write in writes:
                    if write.done:
                        write.done.set_result(None)
        connection.close()


def _all_waiting(
    writes: "queues_of_threads.Queue[_Write | None]",
) -> tuple[list[_Write], bool]:
    """Everything that waits to be written (at least one), and whether that was the last."""
    batch: list[_Write] = []
    write = writes.get()
    with suppress(queues_of_threads.Empty):
        while write is not None:
            batch.append(write)
            write = writes.get_nowait()
        return batch, True
    return batch, False


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise JournalError(
            f"the journal can't be written at {path}: {error}",
            hint="free some disk space, or set XDG_STATE_HOME to a folder that can be written;"
            " without a journal nothing is sent",
        ) from error


class JournalError(DlqctlError):
    """The journal can't be read or written; without it nothing is sent."""
