"""Progress on stderr: a live line on a terminal, plain lines now and then elsewhere."""

import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import TextIO

from dlqctl.redrive.tally import Tally
from dlqctl.report.text import plain, rough_duration

LIVE_SECONDS = 0.2
PLAIN_SECONDS = 5.0
RATE_WINDOW_SECONDS = 10.0


class RedriveProgress:
    """Shows a redrive's tally as it grows: done, rate, time left, failures by code.

    A context manager; `update` may be called from any thread. It draws itself at most every
    LIVE_SECONDS on a terminal and every PLAIN_SECONDS elsewhere; `quiet` draws nothing.
    """

    def __init__(
        self,
        *,
        expected: int,
        quiet: bool,
        out: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._expected = expected
        self._out = out or sys.stderr
        self._live = self._out.isatty()
        self._quiet = quiet
        self._clock = clock
        self._lock = threading.Lock()
        self._drawn = clock()
        self._samples: list[tuple[float, int]] = [(clock(), 0)]

    def __enter__(self) -> "RedriveProgress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live and not self._quiet:
            self._out.write("\r\x1b[K")
            self._out.flush()

    def update(self, tally: Tally) -> None:
        """Take note of new numbers, and draw them when it is time to."""
        if self._quiet:
            return
        with self._lock:
            now = self._clock()
            if now - self._drawn < (LIVE_SECONDS if self._live else PLAIN_SECONDS):
                return
            self._drawn = now
            self._samples = [s for s in self._samples if now - s[0] <= RATE_WINDOW_SECONDS] or [
                self._samples[-1]
            ]
            self._samples.append((now, tally.redriven))
            line = plain(self._line(tally))
            self._out.write(f"\r\x1b[K{line}" if self._live else f"{line}\n")
            self._out.flush()

    def _line(self, tally: Tally) -> str:
        (since, before), (now, done) = self._samples[0], self._samples[-1]
        rate = (done - before) / (now - since) if now > since else 0.0
        parts = [f"{tally.redriven:,} of about {self._expected:,} redriven", f"{rate:,.1f}/s"]
        left = self._expected - tally.selected
        if rate > 0 and left > 0:
            parts.append(f"{rough_duration(timedelta(seconds=left / rate))} left")
        if tally.skipped:
            parts.append(f"{tally.skipped:,} skipped")
        if tally.bounced:
            parts.append(f"{tally.bounced:,} bounced")
        parts += [f"{count:,} {code}" for code, count in tally.failures_by_code.most_common(3)]
        return " · ".join(parts)
