"""What came of each pointer: which of its records were found, and which are gone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dlqctl.letters import SequenceNumber
from dlqctl.streams.ranges import (
    Cover,
    FailedBatch,
    SequenceRange,
    Shard,
    ShardPlan,
    merged,
    span,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one batch. `missing` is empty when every record it names was found.

    `extra` counts records in its range that were not in the failed batch: a filter, or a
    parallelization factor, had kept them out of it.
    """

    batch: FailedBatch
    found: int
    last: SequenceNumber | None
    missing: tuple[SequenceRange, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every record that the pointer names was found."""
        return not self.missing

    @property
    def extra(self) -> int:
        count = self.batch.pointer.count
        return max(self.found - count, 0) if count is not None else 0


@dataclass(frozen=True, slots=True)
class Gap:
    """A range of one shard of which records are gone, and the messages whose pointers name it."""

    shard: Shard
    range: SequenceRange
    message_ids: tuple[str, ...]


@dataclass(slots=True)
class _Found:
    count: int = 0
    first: SequenceNumber | None = None
    last: SequenceNumber | None = None


class Tally:
    """Counts what was found of one shard's batches. Records must be counted in order."""

    def __init__(self, plan: ShardPlan) -> None:
        self._plan = plan
        self._cover = Cover([span(batch) for batch in plan.batches])
        self._found = [_Found() for _ in plan.batches]

    def count(self, sequence: SequenceNumber) -> list[FailedBatch]:
        """Note that the record at `sequence` was found; the batches whose pointers name it."""
        places = self._cover.naming(sequence)
        for place in places:
            found = self._found[place]
            found.count += 1
            found.first = found.first or sequence
            found.last = sequence
        return [self._plan.batches[place] for place in places]

    def verdicts(self, lost: Iterable[SequenceRange] = ()) -> list[Verdict]:
        """One verdict per batch. `lost` are ranges known to be gone for other reasons."""
        gone = tuple(lost)
        return [
            Verdict(batch, found.count, found.last, tuple(_missing(batch, found, gone)))
            for batch, found in zip(self._plan.batches, self._found, strict=True)
        ]


def _missing(
    batch: FailedBatch, found: _Found, lost: Sequence[SequenceRange]
) -> list[SequenceRange]:
    """A pointer's ends are records: one that is not found is gone, and so is what was beside it."""
    wanted = span(batch)
    if found.first is None or found.last is None:
        return [wanted]
    missing = [
        SequenceRange(max(one.start, wanted.start), min(one.end, wanted.end))
        for one in lost
        if one.start <= wanted.end and one.end >= wanted.start
    ]
    if found.first > wanted.start:
        missing.append(SequenceRange(wanted.start, _beside(found.first, -1)))
    if found.last < wanted.end:
        missing.append(SequenceRange(_beside(found.last, 1), wanted.end))
    count = batch.pointer.count
    if not missing and count is not None and found.count < count:
        missing.append(wanted)
    return merged(missing)


def _beside(sequence: SequenceNumber, step: int) -> SequenceNumber:
    value = sequence.value + step
    return SequenceNumber(value, str(value))


def gaps(shard: Shard, verdicts: Iterable[Verdict]) -> list[Gap]:
    """The missing ranges of a shard, merged, each with the pointers it was missed by."""
    incomplete = [verdict for verdict in verdicts if verdict.missing]
    return [
        Gap(
            shard,
            gone,
            tuple(
                verdict.batch.message_id
                for verdict in incomplete
                if any(one.start in gone for one in verdict.missing)
            ),
        )
        for gone in merged(one for verdict in incomplete for one in verdict.missing)
    ]
