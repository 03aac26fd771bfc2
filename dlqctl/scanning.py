"""Reading a queue from end to end without taking anything from it."""

import queue as queues_of_threads
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from dlqctl.holding import Holding
from dlqctl.letters import DeadLetter
from dlqctl.queues import MAX_BATCH_ENTRIES, InFlightLimitError, LetterQueue

# A long poll asks all of a queue's servers; one empty answer may still cross a message on its way.
WAIT_SECONDS = 1
EMPTY_ANSWERS = 2


@dataclass(slots=True)
class ScanProgress:
    """What a scan has seen so far. `in_flight_limit`: SQS hands out no more until some return."""

    received: int = 0
    in_flight_limit: bool = False


class Scan:
    """Receives every message of a queue once and holds it invisible in `holding`.

    Iterating yields each letter once, as it comes. On a FIFO queue SQS gives no more of a message
    group while some of it is in flight: a scan sees at most the first ten messages of a group.
    """

    def __init__(
        self,
        queue: LetterQueue,
        holding: Holding,
        *,
        visibility_seconds: int,
        workers: int = 1,
        expected: int = 0,
    ) -> None:
        self._queue = queue
        self._holding = holding
        self._visibility_seconds = visibility_seconds
        self._workers = workers
        self._expected = expected
        self._lock = threading.Lock()
        self._empty_answers = 0
        self._stop = threading.Event()
        self.progress = ScanProgress()

    def letters(self, *, at_most: int | None = None) -> Generator[DeadLetter, None, None]:
        """Yield letters until the queue has no more, or `at_most` were received."""
        if self._workers == 1 or at_most is not None:
            while not self._done() and (at_most is None or self.progress.received < at_most):
                left = MAX_BATCH_ENTRIES if at_most is None else at_most - self.progress.received
                yield from self._receive(min(left, MAX_BATCH_ENTRIES))
            return
        yield from self._letters_of_workers()

    def _letters_of_workers(self) -> Generator[DeadLetter, None, None]:
        found: queues_of_threads.Queue[list[DeadLetter]] = queues_of_threads.Queue(
            self._workers * 4
        )
        with ThreadPoolExecutor(self._workers, thread_name_prefix="scan") as pool:
            work = [pool.submit(self._work, found) for _ in range(self._workers)]
            try:
                for _ in work:
                    while letters := found.get():
                        yield from letters
            finally:
                self._stop.set()
                while not all(future.done() for future in work):
                    _drain(found)
        for future in work:
            future.result()

    def _work(self, found: "queues_of_threads.Queue[list[DeadLetter]]") -> None:
        try:
            while not self._done():
                if letters := self._receive(MAX_BATCH_ENTRIES):
                    found.put(letters)
        except BaseException:
            self._stop.set()
            raise
        finally:
            found.put([])  # this worker's end

    def _receive(self, count: int) -> list[DeadLetter]:
        try:
            letters = self._queue.receive(
                count, visibility_seconds=self._visibility_seconds, wait_seconds=WAIT_SECONDS
            )
        except InFlightLimitError:
            self.progress.in_flight_limit = True
            return []
        new = self._holding.hold(letters)
        with self._lock:
            self.progress.received += len(new)
            self._empty_answers = 0 if letters else self._empty_answers + 1
        return new

    def _done(self) -> bool:
        with self._lock:
            enough = 1 if self.progress.received >= self._expected > 0 else EMPTY_ANSWERS
            return (
                self._stop.is_set()
                or self.progress.in_flight_limit
                or self._empty_answers >= enough
            )


def _drain(found: "queues_of_threads.Queue[list[DeadLetter]]") -> None:
    """Make room, so that no worker waits to put what nobody will take."""
    try:
        while True:
            found.get(timeout=0.01)
    except queues_of_threads.Empty:
        return
