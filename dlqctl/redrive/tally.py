"""What a redrive has done so far, in numbers that reconcile."""

from collections import Counter
from dataclasses import dataclass, field

from dlqctl.origins import Refusal

MAX_FAILURES_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Failure:
    """One message that was not redriven, or was and could not be deleted."""

    message_id: str
    code: str
    message: str


@dataclass(slots=True)
class Tally:
    """selected = redriven + skipped + failed + in_doubt.

    Not selected: `bounced` (sent by this run and dead again) and `finished_earlier` (sent by an
    earlier run, only deleted now). Of `in_doubt`, `in_doubt_elsewhere` are in doubt since another
    run. `undeleted` were redriven and are still on the queue. Of
    `failures` the first MAX_FAILURES_KEPT are kept. `first_send` and `last_send` are clock times.
    """

    received: int = 0
    redriven: int = 0
    skipped: int = 0
    failed: int = 0
    in_doubt: int = 0
    in_doubt_elsewhere: int = 0
    bounced: int = 0
    finished_earlier: int = 0
    undeleted: int = 0
    routes: Counter[str] = field(default_factory=Counter)
    refusals: Counter[Refusal] = field(default_factory=Counter)
    failures_by_code: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    sent: int = 0
    first_send: float | None = None
    last_send: float | None = None
    last_batch: int = 0

    @property
    def selected(self) -> int:
        """Messages that were chosen and taken up."""
        return self.redriven + self.skipped + self.failed + self.in_doubt

    @property
    def achieved_rate(self) -> float | None:
        """Messages a second between the first send and the last; None for a single batch."""
        if self.first_send is None or self.last_send is None or self.last_send <= self.first_send:
            return None
        return (self.sent - self.last_batch) / (self.last_send - self.first_send)

    def add_failure(self, failure: Failure) -> None:
        """Count a failure by its code and keep it, if there is room."""
        self.failures_by_code[failure.code] += 1
        if len(self.failures) < MAX_FAILURES_KEPT:
            self.failures.append(failure)

    def add_send(self, count: int, *, at: float) -> None:
        """`count` messages were confirmed by a send that was made at clock time `at`."""
        self.sent += count
        if self.first_send is None or at < self.first_send:
            self.first_send = at
        if self.last_send is None or at >= self.last_send:
            self.last_send, self.last_batch = at, count
