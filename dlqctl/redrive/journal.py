"""The journal: what a redrive was about to do, and did, so that a crash loses nothing.

Each message is `sending` before it is sent, `sent` before it is deleted, then `deleted`; both
first steps are on disk before the engine goes on. Bodies are never written here.
"""

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
    new_id TEXT, code TEXT, at REAL NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS entries_message ON entries (message_id, run);
CREATE INDEX IF NOT EXISTS entries_run ON entries (run);
CREATE INDEX IF NOT EXISTS entries_new_id ON entries (substr(new_id, 1, 8))
    WHERE new_id IS NOT NULL;
"""
# Message ids are random: in a table ordered by them every row of a batch sits on a page of its
# own, which is written again at every step. Rows in the order of their coming share a page, which
# halves what a message costs. For the same reason no index holds `state`, one only the beginning
# of `new_id`, and the log may grow to 16 MB before its pages are moved into the database.
_LOG_PAGES = 4000
_BUSY_SECONDS = 30
# How long a word that nobody waits for may wait for a write that it can go with.
_TIDY_SECONDS = 0.1


class EntryState(StrEnum):
    """How far a message got."""

    SENDING = "sending"
    SENT = "sent"
    DELETED = "deleted"
    COPIED = "copied"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"


FINISHED = frozenset({EntryState.DELETED, EntryState.COPIED})


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


@dataclass(slots=True, eq=False)
class _Write:
    statement: str
    values: Sequence[object]
    awaited: bool = True
    written: bool = False
    error: DlqctlError | None = None


@dataclass(frozen=True, slots=True)
class _Upsert:
    """A word on some messages. One statement says it of all: SQLite lets other threads in, and
    then waits for its turn, at every statement."""

    row: str
    update: str

    def write(self, rows: Sequence[tuple[object, ...]], *, awaited: bool = True) -> _Write:
        return _Write(
            f"INSERT INTO entries VALUES {','.join([self.row] * len(rows))}"
            f" ON CONFLICT DO UPDATE SET {self.update}",
            [value for row in rows for value in row],
            awaited=awaited,
        )


_SENDING = _Upsert(
    "(?, ?, 'sending', ?, NULL, NULL, ?)",
    "state = 'sending', target = excluded.target, code = NULL,"
    " at = CASE WHEN state IN ('sending', 'in_doubt') THEN at ELSE excluded.at END",
)
_SENT = _Upsert(
    "(?, ?, ?, NULL, ?, NULL, ?)",
    "state = excluded.state, new_id = excluded.new_id, at = excluded.at",
)
_SETTLED = _Upsert(
    "(?, ?, ?, NULL, NULL, ?, ?)",
    "state = excluded.state, code = excluded.code,"
    " at = CASE excluded.state WHEN 'in_doubt' THEN at ELSE excluded.at END",
)


class Journal:
    """One SQLite file for all runs (WAL, synchronous=FULL, mode 0600).

    Who finds nobody writing commits all that has come together: with many workers one sync to
    disk serves many batches.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._reader = self._connect()
            self._reader.execute("PRAGMA journal_mode = WAL")
            self._reader.executescript(_SCHEMA)
            self._writer = self._connect()
        self._read_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._waiting: deque[_Write] = deque()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, check_same_thread=False, isolation_level=None, timeout=_BUSY_SECONDS
        )
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        return connection

    def __enter__(self) -> "Journal":
        self._thread = threading.Thread(target=self._tidy, name="journal", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()
        with self._write_lock:
            self._commit_waiting()
        self._writer.close()
        self._reader.close()

    def start_run(self, run: str, *, queue: str, options: str, at: str) -> None:
        """Record a new run, or that an earlier one goes on."""
        self._commit(
            "INSERT INTO runs VALUES (?, ?, ?, 'running', ?, NULL, NULL)"
            " ON CONFLICT (run) DO UPDATE SET state = 'running', ended_at = NULL",
            [run, queue, options, at],
        )

    def end_run(self, run: str, *, state: str, summary: str, at: str) -> None:
        """Record how a run ended: `done`, `interrupted` or `stopped`."""
        self._commit(
            "UPDATE runs SET state = ?, summary = ?, ended_at = ? WHERE run = ?",
            [state, summary, at, run],
        )

    def sending(self, run: str, targets: Mapping[str, str], *, at: float) -> None:
        """These messages (id → target ARN) are about to be sent. On disk when this returns.

        `at` stays the time of the first send of which nobody knows: SQS deduplicates from there.
        """
        if targets:
            self._wait_for(_SENDING.write([(id_, run, arn, at) for id_, arn in targets.items()]))

    def sent(self, run: str, new_ids: Mapping[str, str], *, at: float, copied: bool) -> None:
        """SQS confirmed these (id → new id). On disk when this returns: only then delete."""
        state = EntryState.COPIED if copied else EntryState.SENT
        if new_ids:
            rows = [(id_, run, state, new_id, at) for id_, new_id in new_ids.items()]
            self._wait_for(_SENT.write(rows))

    def settle(
        self, run: str, message_ids: Sequence[str], state: EntryState, *, at: float, code: str = ""
    ) -> None:
        """The last word on these messages. Returns at once: losing it costs a repeated delete."""
        if message_ids:
            rows = [(id_, run, state, code or None, at) for id_ in message_ids]
            self._waiting.append(_SETTLED.write(rows, awaited=False))

    def flush(self) -> None:
        """Wait until everything said so far is on disk."""
        self._commit("DELETE FROM entries WHERE 0", [])

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
        marks = _marks(message_ids)
        rows = self._read(
            # The plus keeps SQLite from going through all entries of the run instead.
            f"SELECT new_id FROM entries WHERE substr(new_id, 1, 8) IN ({marks})"
            f" AND new_id IN ({marks}) AND +run = ?",
            [*(id_[:8] for id_ in message_ids), *message_ids, run],
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
        """Ids of messages that `run` took up and that may still be on its queue."""
        rows = self._read(
            "SELECT message_id FROM entries WHERE run = ?"
            " AND state IN ('sending', 'sent', 'in_doubt', 'failed')",
            [run],
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

    def _commit(self, statement: str, values: Sequence[object]) -> None:
        self._wait_for(_Write(statement, values))

    def _wait_for(self, write: _Write) -> None:
        """Have it on disk, by one's own hand or by that of whoever was first."""
        self._waiting.append(write)
        with self._write_lock:
            if not (write.written or write.error):
                self._commit_waiting()
        if not write.written:
            raise write.error or JournalError(f"the journal was not written at {self.path}")

    def _commit_waiting(self) -> None:
        """Commit all that waits, as one transaction. The caller holds the write lock."""
        writes = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            with _explained(self.path), self._writer:
                self._writer.execute("BEGIN IMMEDIATE")
                for write in writes:
                    self._writer.execute(write.statement, write.values)
        except DlqctlError as error:
            # What nobody waits for is tried again, should there be room by then.
            self._waiting.extendleft(write for write in reversed(writes) if not write.awaited)
            for write in writes:
                write.error = error
        else:
            for write in writes:
                write.written = True

    def _tidy(self) -> None:
        while not self._stop.wait(_TIDY_SECONDS):
            if self._waiting:
                with self._write_lock:
                    self._commit_waiting()


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
