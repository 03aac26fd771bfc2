"""Messages that were received and must be given back: held invisible, released at the end."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from types import TracebackType
from typing import Protocol

from dlqctl.errors import DlqctlError
from dlqctl.letters import DeadLetter
from dlqctl.queues import MAX_BATCH_ENTRIES, MAX_VISIBILITY_SECONDS, LetterQueue

RELEASE_WORKERS = 8


class Clock(Protocol):
    """Seconds that only go forward."""

    def __call__(self) -> float: ...


class Holding:
    """The receipts of letters that are to be seen by others again.

    They are kept in a temporary SQLite database, which spills to disk: a scan may hold all of a
    queue's 120,000 in-flight messages. The time they stay hidden grows with the age of the scan
    (it at most doubles), so a killed process never hides a message for longer than it ran, and
    keeping N messages hidden for T seconds costs N·log(T) calls.

    A context manager: leaving it makes every held message visible again.
    """

    def __init__(self, queue: LetterQueue, *, visibility_seconds: int, clock: Clock) -> None:
        self._queue = queue
        self._visibility_seconds = visibility_seconds
        self._clock = clock
        self._started = clock()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._keeper: threading.Thread | None = None
        self._renewed: dict[str, str] = {}
        self._held = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._held.execute("PRAGMA cache_size = -4096")
        self._held.execute(
            "CREATE TABLE held"
            " (message_id TEXT PRIMARY KEY, receipt TEXT, until REAL) WITHOUT ROWID"
        )

    def __enter__(self) -> "Holding":
        self._keeper = threading.Thread(target=self._keep_on, name="holding", daemon=True)
        self._keeper.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._keeper:
            self._keeper.join()
        self.release()

    def __len__(self) -> int:
        with self._lock:
            return int(self._held.execute("SELECT count(*) FROM held").fetchone()[0])

    def hold(self, letters: Iterable[DeadLetter]) -> list[DeadLetter]:
        """Hold `letters`; returns those that were not held yet (SQS may deliver one twice)."""
        until = self._clock() + self._visibility_seconds
        with self._lock:
            new = []
            for letter in letters:
                fresh = self._held.execute(
                    "INSERT INTO held VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                    (letter.message_id, letter.receipt_handle, until),
                ).rowcount
                if fresh:
                    new.append(letter)
                else:
                    self._renewed[letter.message_id] = letter.receipt_handle
                    self._held.execute(
                        "UPDATE held SET receipt = ?2, until = ?3 WHERE message_id = ?1",
                        (letter.message_id, letter.receipt_handle, until),
                    )
            return new

    def receipt(self, letter: DeadLetter) -> str:
        """The letter's newest receipt: with an older one SQS deletes nothing, and says it did."""
        return self._renewed.get(letter.message_id, letter.receipt_handle)

    def drop(self, letters: Sequence[DeadLetter]) -> None:
        """Forget letters that are no longer to be given back: they were deleted."""
        with self._lock:
            for letter in letters if self._renewed else ():
                self._renewed.pop(letter.message_id, None)
            self._held.executemany(
                "DELETE FROM held WHERE message_id = ?",
                [(letter.message_id,) for letter in letters],
            )

    def keep(self) -> None:
        """Extend the invisibility of every held message that is past half of its time."""
        now = self._clock()
        seconds = int(
            max(self._visibility_seconds, min(now - self._started, MAX_VISIBILITY_SECONDS))
        )
        due = self._due(before=now + self._visibility_seconds / 2)
        for batch in _batches(due):
            extended = self._queue.hide([receipt for _, receipt in batch], seconds=seconds)
            with self._lock:
                for (message_id, receipt), done in zip(batch, extended, strict=True):
                    # One that can't be extended has become visible: it will be received again
                    # (or was already, and has a newer receipt).
                    self._held.execute(
                        "UPDATE held SET until = ?3 WHERE message_id = ?1 AND receipt = ?2",
                        (message_id, receipt, now + seconds if done else float("inf")),
                    )

    def release(self) -> int:
        """Make every held message visible again; returns how many could not be released."""
        with ThreadPoolExecutor(RELEASE_WORKERS) as pool:
            failed = sum(pool.map(self._release, _batches(self._due(before=float("inf")))))
        with self._lock:
            self._held.execute("DELETE FROM held")
        return failed

    def _release(self, batch: Sequence[tuple[str, str]]) -> int:
        try:
            return self._queue.hide([receipt for _, receipt in batch], seconds=0).count(False)
        except DlqctlError:
            return len(batch)  # they become visible by themselves, at the latest at `until`

    def _due(self, *, before: float) -> Iterator[tuple[str, str]]:
        after = ""
        while True:
            with self._lock:
                page = self._held.execute(
                    "SELECT message_id, receipt FROM held WHERE message_id > ? AND until <= ?"
                    " ORDER BY message_id LIMIT 1000",
                    (after, before),
                ).fetchall()
            if not page:
                return
            yield from page
            after = page[-1][0]

    def _keep_on(self) -> None:
        while not self._stop.wait(self._visibility_seconds / 4):
            try:
                self.keep()
            except DlqctlError:
                continue  # the next turn tries again; half of the time is still left


def _batches(receipts: Iterator[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    while batch := list(islice(receipts, MAX_BATCH_ENTRIES)):
        yield batch
