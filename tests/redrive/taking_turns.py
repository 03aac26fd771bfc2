"""Threads on a clock of their own: one runs at a time, and time is whatever they sleep."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable


class TakingTurns:
    """Runs threads that only ever wait by `sleep`; the one that wakes first goes first.

    `sleep` returns False, as a wait that was not cut short.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._live = 0
        self._ties = itertools.count()
        self._asleep: list[tuple[float, int, threading.Semaphore]] = []
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> bool:
        turn = threading.Semaphore(0)
        with self._lock:
            heapq.heappush(self._asleep, (self._now + seconds, next(self._ties), turn))
            self._wake_next()
        turn.acquire()
        return False

    def run(self, *works: Callable[[], None]) -> None:
        self._live = len(works)
        threads = [threading.Thread(target=self._work, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, work: Callable[[], None]) -> None:
        self.sleep(0)
        try:
            work()
        finally:
            with self._lock:
                self._live -= 1
                self._wake_next()

    def _wake_next(self) -> None:
        if self._asleep and len(self._asleep) == self._live:
            self._now, _, turn = heapq.heappop(self._asleep)
            turn.release()
