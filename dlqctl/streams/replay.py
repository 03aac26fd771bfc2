"""Handing records back: what was accepted, what was not, and what of that is on disk.

Per shard and target one batch at a time, in order; a lane ends at its first failure.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dlqctl.letters import SequenceNumber
from dlqctl.streams.pacing import Timing
from dlqctl.streams.ranges import FailedBatch, Shard
from dlqctl.streams.tally import Verdict

ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """Nothing was handed over. `retryable`: trying again may work."""

    code: str
    message: str
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Nobody knows whether it was handed over: the answer got lost."""

    code: str
    message: str


class ReplayJournal(Protocol):
    """Keeps on disk how far the replay of each pointer got."""

    def sending(self, message_ids: Sequence[str], target: str) -> None:
        """Records of these are about to be handed over. On disk when this returns."""
        ...

    def accepted(self, message_ids: Sequence[str]) -> None:
        """All their records were accepted. On disk when this returns: only then delete."""
        ...

    def refused(self, message_ids: Sequence[str], code: str) -> None:
        """Not all their records were accepted."""
        ...

    def in_doubt(self, message_ids: Sequence[str], code: str) -> None:
        """Nobody knows whether all their records were accepted."""
        ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """Where a lane ended: what lies before `at` was accepted, the rest was not (or is in doubt)."""

    shard: Shard
    target: str
    at: SequenceNumber
    code: str
    message: str
    in_doubt: bool
    message_ids: tuple[str, ...]


@dataclass
class Lane:
    """One shard's way to one target. Used by one thread."""

    shard: Shard
    target: str
    accepted_until: SequenceNumber | None = None
    stopped: bool = False
    unfinished: dict[str, FailedBatch] = field(default_factory=dict)


class Replay:
    """Everything that is handed over in one run; shared by the threads of all shards.

    `wait_for(count)` waits until the rate allows so many records more; it raises StoppedError.
    """

    def __init__(
        self, *, journal: ReplayJournal, wait_for: Callable[[int], None], timing: Timing
    ) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._lanes: dict[tuple[Shard, str], Lane] = {}
        self.wait_for = wait_for
        self.timing = timing
        self.records = 0
        self.calls = 0
        self.split = 0
        self.refusals: list[Refusal] = []

    def lane(self, shard: Shard, target: str) -> Lane:
        """The lane, opened when first asked for."""
        with self._lock:
            return self._lanes.setdefault((shard, target), Lane(shard, target))

    def begin(self, lane: Lane, batches: Iterable[FailedBatch]) -> None:
        """Records of these batches are about to be handed over."""
        new = {one.message_id: one for one in batches if one.message_id not in lane.unfinished}
        if new:
            self._journal.sending(list(new), lane.target)
            lane.unfinished.update(new)

    def accept(self, lane: Lane, until: SequenceNumber, *, records: int) -> None:
        """So many records were accepted, the last of them at `until`."""
        lane.accepted_until = until
        with self._lock:
            self.records += records
        self._finish(lane, [one for one in lane.unfinished.values() if one.pointer.end <= until])

    def refuse(self, lane: Lane, at: SequenceNumber, *, why: NotAccepted | Unconfirmed) -> None:
        """The record at `at` was not accepted: the lane ends here."""
        lane.stopped = True
        in_doubt = isinstance(why, Unconfirmed)
        ids = tuple(lane.unfinished)
        (self._journal.in_doubt if in_doubt else self._journal.refused)(ids, why.code)
        lane.unfinished.clear()
        with self._lock:
            self.refusals.append(
                Refusal(lane.shard, lane.target, at, why.code, why.message, in_doubt, ids)
            )

    def end(self, lane: Lane) -> None:
        """The shard holds no more records: batches that lack their last one end here too."""
        self._finish(lane, list(lane.unfinished.values()))

    def interrupted(self) -> None:
        """The run was stopped between two batches: nothing is in flight, nor finished."""
        for lane in self._lanes.values():
            if lane.unfinished:
                self._journal.refused(list(lane.unfinished), "Interrupted")
                lane.unfinished.clear()

    def counts(self, *, calls: int = 0, split: int = 0) -> None:
        """Count calls, and batches that had to be split."""
        with self._lock:
            self.calls += calls
            self.split += split

    def accepted(self, verdict: Verdict, target: str | None) -> bool:
        """Whether every record that was found of a batch was accepted by `target`."""
        if verdict.last is None or target is None:
            return False
        lane = self._lanes.get((verdict.batch.shard, target))
        return (
            lane is not None
            and lane.accepted_until is not None
            and verdict.last <= lane.accepted_until
        )

    def _finish(self, lane: Lane, done: Sequence[FailedBatch]) -> None:
        if done:
            self._journal.accepted([one.message_id for one in done])
            for one in done:
                del lane.unfinished[one.message_id]
