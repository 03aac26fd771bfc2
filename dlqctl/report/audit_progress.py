"""How far the reading of an account is, on stderr: one line that moves, or plain lines."""

import time
from collections import Counter
from collections.abc import Callable
from threading import Lock
from typing import TextIO

TERMINAL_SECONDS = 0.1
PLAIN_SECONDS = 10.0


class CollectionProgress:
    """Counts answers as they come in, from any thread. Says nothing when `quiet`."""

    def __init__(
        self, out: TextIO, *, quiet: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._out = out
        self._quiet = quiet
        self._moving = out.isatty()
        self._every = TERMINAL_SECONDS if self._moving else PLAIN_SECONDS
        self._clock = clock
        self._started = self._said = clock()
        self._lock = Lock()
        self._answers: Counter[str] = Counter()
        self._width = 0

    def asked(self, action: str) -> None:
        """One more answer to `action` is there."""
        with self._lock:
            self._answers[action.partition(":")[0]] += 1
            now = self._clock()
            if not self._quiet and now - self._said >= self._every:
                self._said = now
                self._say(f"reading: {self._counted()}")

    def done(self) -> None:
        """Everything is read: the last word."""
        if self._quiet:
            return
        seconds = self._clock() - self._started
        self._say(f"read {self._answers.total():,} answers in {seconds:.1f} s")
        if self._moving:
            self._out.write("\n")
            self._out.flush()

    def _counted(self) -> str:
        return ", ".join(f"{service} {count:,}" for service, count in self._answers.most_common(6))

    def _say(self, line: str) -> None:
        if self._moving:
            self._out.write(f"\r{line:<{self._width}}")
            self._width = len(line)
        else:
            self._out.write(line + "\n")
        self._out.flush()
