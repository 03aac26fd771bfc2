"""Staying inside what one shard allows, and waiting longer after each refusal."""

from collections.abc import Callable
from dataclasses import dataclass

# A shard gives all its readers together 5 GetRecords calls and 2 MiB a second. The function's own
# poller asks once a second and reads too: a part is left to it.
# https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
CALLS_PER_SECOND = 4
BYTES_PER_SECOND = 3 * 1024 * 1024 // 2

FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 10.0
MAX_ATTEMPTS = 12


class StoppedError(Exception):
    """Somebody asked for an end; raised between two calls, never during one."""


@dataclass(frozen=True, slots=True)
class Timing:
    """A clock that only goes forward (seconds), a way to wait, and randomness in [0, 1).

    `sleep` raises StoppedError when there is to be an end.
    """

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    random: Callable[[], float]


def back_off(timing: Timing, attempt: int) -> None:
    """Wait after the `attempt`-th refusal in a row: half of twice as long, half by chance."""
    longest: float = min(FIRST_WAIT_SECONDS * 2 ** (attempt - 1), LONGEST_WAIT_SECONDS)
    timing.sleep(longest / 2 + longest / 2 * timing.random())


class ShardPace:
    """Spaces out the calls to one shard, by number and by the bytes they brought."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._iterator_from = self._records_from = timing.clock()

    def before_iterator(self) -> None:
        """Wait until GetShardIterator may be called."""
        self._iterator_from = self._wait_until(self._iterator_from) + 1 / CALLS_PER_SECOND

    def before_records(self) -> None:
        """Wait until GetRecords may be called."""
        self._records_from = self._wait_until(self._records_from) + 1 / CALLS_PER_SECOND

    def brought(self, size_bytes: int) -> None:
        """Take note of what GetRecords brought."""
        paid = self._timing.clock() + size_bytes / BYTES_PER_SECOND
        self._records_from = max(self._records_from, paid)

    def back_off(self, attempt: int) -> None:
        """Wait after the `attempt`-th refusal in a row."""
        back_off(self._timing, attempt)

    def _wait_until(self, moment: float) -> float:
        now = self._timing.clock()
        if moment > now:
            self._timing.sleep(moment - now)
            return moment
        return now
