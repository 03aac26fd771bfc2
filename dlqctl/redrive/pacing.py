"""The rate of a redrive: messages per second over the whole run, all workers together."""

import threading
from collections.abc import Callable

from dlqctl.queues import MAX_BATCH_ENTRIES

# A tenth of a second's messages at a time: smooth at low rates, full batches from 100/s on.
BATCHES_PER_SECOND = 10
# Receives that bring less than they might are made up for within this time. Sends never are:
# some letters wait for theirs instead, and so no turn to send goes by unused.
LEAD_SECONDS = 1.0


def batch_size(rate: float | None) -> int:
    """How many messages to handle at once at this rate: fewer when it is low."""
    if rate is None:
        return MAX_BATCH_ENTRIES
    return max(1, min(MAX_BATCH_ENTRIES, int(rate / BATCHES_PER_SECOND)))


class Schedule:
    """Slots on a time line, spaced so that no second holds more than its share.

    `take(n)` returns when the next n messages may go. What is not taken within `lead_seconds` is
    lost, never saved up: without a lead, in any window of W seconds at most rate·W messages plus
    one batch go.
    """

    def __init__(self, rate: float, *, lead_seconds: float = 0.0) -> None:
        self._rate = rate
        self._lead_seconds = lead_seconds
        self._next: float | None = None

    def take(self, count: int, *, now: float) -> float:
        """The time at which `count` messages may go; the slots after it move back."""
        at = now if self._next is None else max(self._next, now - self._lead_seconds)
        self._next = at + count / self._rate
        return max(at, now)

    def give_back(self, count: int, *, now: float) -> None:
        """Return slots that were taken and not used."""
        if self._next is not None:
            self._next = max(self._next - count / self._rate, now - self._lead_seconds)


class Pace:
    """Makes workers wait for the rate; `rate` None is as fast as it goes.

    A worker waits before it receives, so that no message is hidden while it waits for its turn,
    and again, mostly for nothing, before it sends: receives take varying times and would
    otherwise bunch up. A last wait comes after the journal, whose disk may stall several batches
    at once; nothing is given up any more there. `sleep(seconds)` returns True when the wait was
    cut short.
    """

    def __init__(
        self, rate: float | None, *, clock: Callable[[], float], sleep: Callable[[float], bool]
    ) -> None:
        self.rate = rate
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._receiving = Schedule(rate, lead_seconds=LEAD_SECONDS) if rate else None
        self._sending = Schedule(rate) if rate else None
        self._spacing = Schedule(rate) if rate else None

    @property
    def batch_size(self) -> int:
        """How many messages to handle at once: fewer when the rate is low."""
        return batch_size(self.rate)

    def before_receive(self, count: int) -> bool:
        """Wait until `count` messages may be received; False when the wait was cut short."""
        return self._wait(self._receiving, count)

    def before_send(self, count: int) -> bool:
        """Wait until `count` messages may be sent; False when the wait was cut short."""
        return self._wait(self._sending, count)

    def space(self, count: int) -> None:
        """Keep `count` journalled messages apart from the ones sent before; cut short, they go."""
        self._wait(self._spacing, count)

    def unused(self, count: int) -> None:
        """`count` of the messages that were waited for did not come, or are not for sending."""
        if self._receiving and count > 0:
            with self._lock:
                self._receiving.give_back(count, now=self._clock())

    def _wait(self, schedule: Schedule | None, count: int) -> bool:
        if schedule is None:
            return True
        with self._lock:
            at = schedule.take(count, now=self._clock())
        while (left := at - self._clock()) > 0:
            if self._sleep(left):
                return False
        return True
