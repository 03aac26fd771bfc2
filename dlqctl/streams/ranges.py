"""Pointers into shards, merged into the fewest ranges that hold every record they name."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dlqctl.letters import SequenceNumber, StreamPointer


@dataclass(frozen=True, slots=True, order=True)
class Shard:
    """One shard of one stream."""

    stream_arn: str
    shard_id: str


@dataclass(frozen=True, slots=True)
class FailedBatch:
    """One pointer: the message that carried it, and the function that failed (None: a pipe).

    `event` reads the whole event again where an S3 destination kept it beside the pointer.
    """

    message_id: str
    pointer: StreamPointer
    function_arn: str | None = None
    failed_at: datetime | None = None
    event: Callable[[], Mapping[str, object]] | None = field(default=None, compare=False)

    @property
    def shard(self) -> Shard:
        """The shard that it points into. An enhanced fan-out consumer reads its stream's shards."""
        return Shard(self.pointer.stream_arn.partition("/consumer/")[0], self.pointer.shard_id)


@dataclass(frozen=True, slots=True)
class SequenceRange:
    """Sequence numbers of one shard, both ends inclusive."""

    start: SequenceNumber
    end: SequenceNumber

    def __contains__(self, sequence: SequenceNumber) -> bool:
        return self.start <= sequence <= self.end


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """What is wanted of one shard. `batches` are in the order in which they begin.

    `ranges` hold what must be read from the stream: batches whose records came with them are in
    `batches` only.
    """

    shard: Shard
    batches: tuple[FailedBatch, ...]
    ranges: tuple[SequenceRange, ...]


def span(batch: FailedBatch) -> SequenceRange:
    """The range that a batch's pointer names."""
    return SequenceRange(batch.pointer.start, batch.pointer.end)


def merged(ranges: Iterable[SequenceRange]) -> list[SequenceRange]:
    """The union of `ranges`, in order: overlapping and touching ones become one."""
    union: list[SequenceRange] = []
    for wanted in sorted(ranges, key=lambda one: (one.start, one.end)):
        if union and wanted.start.value <= union[-1].end.value + 1:
            if wanted.end > union[-1].end:
                union[-1] = SequenceRange(union[-1].start, wanted.end)
        else:
            union.append(wanted)
    return union


def shard_plans(batches: Iterable[FailedBatch]) -> list[ShardPlan]:
    """One plan for each shard that `batches` point into. A message counts once."""
    by_shard: dict[Shard, dict[str, FailedBatch]] = {}
    for batch in batches:
        by_shard.setdefault(batch.shard, {})[batch.message_id] = batch
    return [shard_plan(shard, named.values()) for shard, named in sorted(by_shard.items())]


def shard_plan(shard: Shard, batches: Iterable[FailedBatch]) -> ShardPlan:
    """The plan for `batches`, all of one shard."""
    ordered = sorted(batches, key=_by_place)
    to_read = (span(batch) for batch in ordered if batch.event is None)
    return ShardPlan(shard, tuple(ordered), tuple(merged(to_read)))


def _by_place(batch: FailedBatch) -> tuple[SequenceNumber, SequenceNumber, str]:
    return batch.pointer.start, batch.pointer.end, batch.message_id


def gone_from(batch: FailedBatch, retention: timedelta) -> datetime | None:
    """When the batch's first record expires from its stream; None when its age is not known."""
    return _later(batch.pointer.first_arrival, retention)


def gone_by(batch: FailedBatch, retention: timedelta) -> datetime | None:
    """When the batch's last record expires from its stream; None when its age is not known."""
    return _later(batch.pointer.last_arrival or batch.pointer.first_arrival, retention)


def _later(moment: datetime | None, span: timedelta) -> datetime | None:
    try:
        return moment + span if moment else None
    except OverflowError:
        return None  # a year that no clock will show


class Cover:
    """Which ranges hold a number, by their places in `ranges` (which must be sorted by start).

    A tree of largest ends over the sorted starts: each answer costs O(log n), however the ranges
    nest.
    """

    def __init__(self, ranges: Sequence[SequenceRange]) -> None:
        self._starts = [one.start.value for one in ranges]
        self._width = 1 << max(len(ranges) - 1, 0).bit_length()
        nothing = -1
        ends = [one.end.value for one in ranges] + [nothing] * (self._width - len(ranges))
        self._tops = [nothing] * self._width + ends
        for node in range(self._width - 1, 0, -1):
            self._tops[node] = max(self._tops[2 * node], self._tops[2 * node + 1])

    def naming(self, sequence: SequenceNumber) -> list[int]:
        """Places of the ranges that hold `sequence`, in order."""
        value = sequence.value
        begun = bisect_right(self._starts, value)
        found: list[int] = []
        nodes = [(1, 0, self._width)]
        while nodes:
            node, first, width = nodes.pop()
            if first >= begun or self._tops[node] < value:
                continue
            if width == 1:
                found.append(first)
                continue
            half = width // 2
            nodes += ((2 * node + 1, first + half, half), (2 * node, first, half))
        return found
