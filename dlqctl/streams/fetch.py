"""From plans to records: shards in parallel, each in order, nothing kept that was passed on."""

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dlqctl.errors import DlqctlError
from dlqctl.letters import SequenceNumber
from dlqctl.streams.kept import Source, in_order, kept_sources
from dlqctl.streams.pacing import ShardPace, StoppedError, Timing
from dlqctl.streams.pages import Facts, StreamApi, StreamFacts
from dlqctl.streams.ranges import FailedBatch, Shard, ShardPlan, gone_by
from dlqctl.streams.records import StreamRecord
from dlqctl.streams.shards import (
    Calls,
    ShardNotFoundError,
    ShardReader,
    UnreadablePointerError,
)
from dlqctl.streams.tally import Gap, Tally, Verdict, gaps

# How many records a pointer names that does not say.
UNKNOWN_COUNT = 100
REPORT_EVERY = 500


class RecordSink(Protocol):
    """Where the records of one shard go: called in order, from one thread."""

    def take(self, record: StreamRecord, batches: Sequence[FailedBatch]) -> bool:
        """Take one record and the batches that name it. False: no more are wanted."""
        ...

    def close(self) -> None:
        """The shard's last record has been taken."""
        ...


@dataclass(frozen=True, slots=True)
class ShardWork:
    """One shard to read: what of it was found earlier is in `tally`, and ends at `after`."""

    plan: ShardPlan
    tally: Tally
    after: SequenceNumber | None = None


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """What came of one shard.

    `gone` says why a whole shard is missing. `failure` is why it could not be read to its end;
    `stopped`: its sink wanted no more, or there was to be an end. What was not found then is not
    known to be gone.
    """

    plan: ShardPlan
    verdicts: tuple[Verdict, ...]
    calls: Calls
    gone: str | None = None
    failure: DlqctlError | None = None
    stopped: bool = False

    @property
    def gaps(self) -> list[Gap]:
        """The ranges that are gone: where the shard was not read to its end, as far as it was."""
        found = gaps(self.plan.shard, self.verdicts)
        if self.failure is None and not self.stopped:
            return found
        reached = max((one.last for one in self.verdicts if one.last), default=None)
        return [gap for gap in found if reached is not None and gap.range.end <= reached]


@dataclass(frozen=True, slots=True)
class ShardBegun:
    """A shard is being read."""

    shard: Shard


@dataclass(frozen=True, slots=True)
class RecordsFound:
    """So many more records of a shard have been passed on."""

    shard: Shard
    count: int


@dataclass(frozen=True, slots=True)
class ShardEnded:
    """A shard has been dealt with."""

    outcome: ShardOutcome


FetchEvent = ShardBegun | RecordsFound | ShardEnded


@dataclass(frozen=True)
class Fetch:
    """How to fetch.

    `stopping` ends every shard between two records; `on_event` is called from their threads.
    """

    api_for: Callable[[str], StreamApi]
    facts: Facts
    open_sink: Callable[[ShardPlan], RecordSink]
    timing: Timing
    now: Callable[[], datetime]
    stopping: threading.Event
    on_event: Callable[[FetchEvent], None]

    def shards(self, shards: Sequence[ShardWork], *, workers: int) -> list[ShardOutcome]:
        """Read every shard, the first of them first; one outcome each, in their order."""
        with ThreadPoolExecutor(workers, thread_name_prefix="shard") as pool:
            futures = [pool.submit(self._shard, work) for work in shards]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                if not all(future.done() for future in futures):
                    self.stopping.set()
        return [future.result() for future in futures]

    def _shard(self, work: ShardWork) -> ShardOutcome:
        self.on_event(ShardBegun(work.plan.shard))
        outcome = self._read(work)
        self.on_event(ShardEnded(outcome))
        return outcome

    def _read(self, work: ShardWork) -> ShardOutcome:
        plan, tally, shard = work.plan, work.tally, work.plan.shard
        told = self.facts[shard.stream_arn]
        if isinstance(told, DlqctlError):
            return ShardOutcome(plan, tuple(tally.verdicts()), Calls(), failure=told)
        reader = ShardReader(self.api_for(shard.stream_arn), shard, pace=ShardPace(self.timing))
        gone: list[str] = []
        failure: DlqctlError | None = None
        stopped = False
        try:
            stopped = not self._pass_on(work, self._sources(work, reader, gone))
        except StoppedError:
            stopped = True
        except DlqctlError as error:
            failure = error
        verdicts = tuple(tally.verdicts(reader.lost))
        reason = gone[0] if gone else None
        return ShardOutcome(plan, verdicts, reader.calls, reason, failure, stopped)

    def _pass_on(self, work: ShardWork, sources: Sequence[Source]) -> bool:
        """Give the records to the sink; False when it wants no more."""
        sink = self.open_sink(work.plan)
        untold = 0
        try:
            for record in in_order(sources, after=work.after):
                if self.stopping.is_set():
                    raise StoppedError
                untold += 1
                if not sink.take(record, work.tally.count(record.sequence)):
                    return False
                if untold == REPORT_EVERY:
                    self.on_event(RecordsFound(work.plan.shard, untold))
                    untold = 0
        finally:
            self.on_event(RecordsFound(work.plan.shard, untold))
        sink.close()
        return True

    def _sources(self, work: ShardWork, reader: ShardReader, gone: list[str]) -> list[Source]:
        """The stream itself, and the batches whose records were kept beside their pointers."""
        plan = work.plan

        def from_stream() -> Iterator[StreamRecord]:
            expected = expected_counts(plan)
            try:
                yield from reader.records(plan.ranges, expected=expected, after=work.after)
            except ShardNotFoundError as error:
                gone.append(self._why_gone(plan, error))

        stream = [Source(plan.ranges[0].start, from_stream)] if plan.ranges else []
        return stream + kept_sources(plan.batches)

    def _why_gone(self, plan: ShardPlan, error: ShardNotFoundError) -> str:
        """Why a shard that a pointer names is not there. Raises where it should be."""
        told = self.facts[plan.shard.stream_arn]
        if not isinstance(told, StreamFacts):
            return "the stream does not exist any more"
        ends = [gone_by(batch, told.retention) for batch in plan.batches]
        if all(end and end < self.now() for end in ends):
            return "the shard has expired"
        raise UnreadablePointerError(
            f"{plan.shard.shard_id} is not a shard of {plan.shard.stream_arn}: {error.message}",
            hint="is the pointer of another account's stream of the same name?",
        ) from error


def expected_counts(plan: ShardPlan) -> list[int]:
    """About how many records each range of the plan holds, by what its pointers say."""
    starts = [one.start for one in plan.ranges]
    counts = [0] * len(starts)
    for batch in plan.batches:
        if batch.event is None:
            place = bisect_right(starts, batch.pointer.start) - 1
            counts[place] += batch.pointer.count or UNKNOWN_COUNT
    return counts
