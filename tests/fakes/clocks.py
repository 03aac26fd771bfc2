"""Clocks for the fakes: one that tests move by hand, one that runs and can be pushed ahead."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """What a fake needs of time: seconds since the epoch, and a way to let them pass."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class ManualClock:
    """Time stands still until somebody advances it; sleeping *is* advancing."""

    virtual = True

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self._now = now
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> float:
        with self._lock:
            self._now += seconds
            return self._now

    def sleep(self, seconds: float) -> None:
        self.advance(max(0.0, seconds))


class RunningClock:
    """The machine's time, plus whatever it has been advanced by."""

    virtual = False

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> float:
        self._ahead += seconds
        return self.now()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))
