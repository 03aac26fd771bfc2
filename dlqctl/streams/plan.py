"""What would be read, and when each range of it will be gone."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dlqctl.record import timestamp
from dlqctl.streams.pages import Facts, StreamFacts
from dlqctl.streams.ranges import FailedBatch, SequenceRange, Shard, ShardPlan, gone_by, gone_from

DEFAULT_RETENTION = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class PlannedRange:
    """One range to read. `at_most` is the sum of its pointers' batch sizes (None: not all say).

    Its first record expires at `gone_from`, its last at `gone_by` (None: their age is not known).
    """

    shard: Shard
    range: SequenceRange
    batches: tuple[FailedBatch, ...]
    at_most: int | None
    gone_from: datetime | None
    gone_by: datetime | None

    def document(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "stream": self.shard.stream_arn,
            "shard_id": self.shard.shard_id,
            "start": self.range.start.text,
            "end": self.range.end.text,
            "pointers": [batch.message_id for batch in self.batches],
            "records_at_most": self.at_most,
            "gone_from": timestamp(self.gone_from),
            "gone_by": timestamp(self.gone_by),
        }


def retention_of(stream_arn: str, facts: Facts) -> timedelta:
    """The stream's retention; where it can't be told, the least there is."""
    told = facts.get(stream_arn)
    return told.retention if isinstance(told, StreamFacts) else DEFAULT_RETENTION


def most_urgent_first(plans: Iterable[ShardPlan], facts: Facts) -> list[ShardPlan]:
    """Shards in the order in which their first record expires; of unknown age comes first.

    Within a shard, older is always first.
    """

    def urgency(plan: ShardPlan) -> tuple[bool, float, Shard]:
        retention = retention_of(plan.shard.stream_arn, facts)
        gone = [gone_from(batch, retention) for batch in plan.batches]
        known = [moment.timestamp() for moment in gone if moment]
        return len(known) == len(gone), min(known, default=0.0), plan.shard

    return sorted(plans, key=urgency)


def planned_ranges(plans: Sequence[ShardPlan], facts: Facts) -> list[PlannedRange]:
    """Every range to read, most urgent first."""
    ranges = [one for plan in plans for one in _ranges(plan, facts)]

    def urgency(one: PlannedRange) -> tuple[bool, float]:
        return one.gone_from is not None, one.gone_from.timestamp() if one.gone_from else 0.0

    return sorted(ranges, key=urgency)


def _ranges(plan: ShardPlan, facts: Facts) -> list[PlannedRange]:
    starts = [one.start for one in plan.ranges]
    grouped: list[list[FailedBatch]] = [[] for _ in starts]
    for batch in plan.batches:
        if batch.event is None:
            grouped[bisect_right(starts, batch.pointer.start) - 1].append(batch)
    return [
        _range(plan.shard, one, batches, retention_of(plan.shard.stream_arn, facts))
        for one, batches in zip(plan.ranges, grouped, strict=True)
    ]


def _range(
    shard: Shard, one: SequenceRange, batches: Sequence[FailedBatch], retention: timedelta
) -> PlannedRange:
    begun = [gone_from(batch, retention) for batch in batches]
    ended = [gone_by(batch, retention) for batch in batches]
    counts = [batch.pointer.count for batch in batches]
    return PlannedRange(
        shard,
        one,
        tuple(batches),
        sum(count or 0 for count in counts) if None not in counts else None,
        min((moment for moment in begun if moment), default=None),
        max((moment for moment in ended if moment), default=None),
    )
