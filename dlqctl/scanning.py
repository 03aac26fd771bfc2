"""Reading a queue from end to end without taking anything from it."""

import queue as queues_of_threads
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from dlqctl.holding import Holding
from dlqctl.letters import DeadLetter
from dlqctl.queues import IN_FLIGHT_LIMIT, MAX_BATCH_ENTRIES, InFlightLimitError, LetterQueue

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
    Setting `finish` ends it after what is being received.
    """

    def __init__(
        self,
        queue: LetterQueue,
        holding: Holding,
        *,
        visibility_seconds: int,
        workers: int = 1,
        expected: int = 0,
        finish: threading.Event | None = None,
    ) -> None:
        self._queue = queue
        self._holding = holding
        self._visibility_seconds = visibility_seconds
        self._workers = workers
        self._expected = expected
        self._lock = threading.Lock()
        self._empty_answers = 0
        self._stop = finish or threading.Event()
        self._abandoned = threading.Event()
        self.progress = ScanProgress()

    def letters(self, *, at_most: int | None = None) -> Generator[DeadLetter, None, None]:
        """Yield letters until the queue has no more, or `at_most` were received.

        They are received in other threads, also when one would do: Ctrl-C interrupts the main
        thread, and what SQS has handed out must be held before anything else happens.
        """
        workers = self._workers if at_most is None else 1
        found: queues_of_threads.Queue[list[DeadLetter]] = queues_of_threads.Queue(workers * 4)
        with ThreadPoolExecutor(workers, thread_name_prefix="scan") as pool:
            work = [pool.submit(self._work, found, at_most) for _ in range(workers)]
            try:
                for _ in work:
                    while letters := found.get():
                        yield from letters
            finally:
                self._stop.set()
                self._abandoned.set()
        for future in work:
            future.result()

    def _work(
        self, found: "queues_of_threads.Queue[list[DeadLetter]]", at_most: int | None
    ) -> None:
        try:
            while not self._done() and (at_most is None or self.progress.received < at_most):
                left = MAX_BATCH_ENTRIES if at_most is None else at_most - self.progress.received
                if letters := self._receive(min(left, MAX_BATCH_ENTRIES)):
                    self._offer(found, letters)
        except BaseException:
            self._stop.set()
            raise
        finally:
            self._offer(found, [])  # this worker's end

    def _offer(
        self, found: "queues_of_threads.Queue[list[DeadLetter]]", letters: list[DeadLetter]
    ) -> None:
        """Put `letters` where they are read, unless nobody reads any more: they are held anyway."""
        while not self._abandoned.is_set():
            with suppress(queues_of_threads.Full):
                return found.put(letters, timeout=0.1)
        return None

    def _receive(self, count: int) -> list[DeadLetter]:
        try:
            letters = self._queue.receive(
                count, visibility_seconds=self._visibility_seconds, wait_seconds=WAIT_SECONDS
            )
        except InFlightLimitError:
            self.progress.in_flight_limit = True
            return []
        new = self._holding.hold(letters)
        if not letters and self.progress.received >= IN_FLIGHT_LIMIT:
            self.progress.in_flight_limit = True
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
