"""The replay of `fetch-stream-records`: its journal, its rate, and what earlier runs have done."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlqctl.redrive.journal import Journal
    from dlqctl.streams.fetch import RecordSink
    from dlqctl.streams.invoke import Functions
    from dlqctl.streams.put import RecordStream
    from dlqctl.streams.ranges import FailedBatch, ShardPlan
    from dlqctl.streams.replay import Replay

KNOWN_AT_ONCE = 500


class ReplayMode(StrEnum):
    """Who gets the records again."""

    INVOKE = "invoke"
    PUT = "put"


@dataclass
class RunJournal:
    """The journal of one replay, as the engine wants it. Fulfils ReplayJournal.

    `keep`: the pointers stay on their queue. Letters of a file may have names that are not
    unique (`stdin:3`): those go by what they point to.
    """

    journal: "Journal"
    run: str
    keep: bool
    names: dict[str, str]

    def sending(self, message_ids: Sequence[str], target: str) -> None:
        """On disk when this returns."""
        ids = dict.fromkeys(self._ids(message_ids), target)
        self.journal.sending(self.run, ids, at=_epoch())

    def accepted(self, message_ids: Sequence[str]) -> None:
        """On disk when this returns."""
        ids = dict.fromkeys(self._ids(message_ids), "replayed")
        self.journal.sent(self.run, ids, at=_epoch(), copied=self.keep)

    def refused(self, message_ids: Sequence[str], code: str) -> None:
        """Not all of their records were accepted."""
        from dlqctl.redrive.journal import EntryState

        ids = self._ids(message_ids)
        self.journal.settle(self.run, ids, EntryState.FAILED, at=_epoch(), code=code)

    def in_doubt(self, message_ids: Sequence[str], code: str) -> None:
        """Perhaps accepted, perhaps not."""
        from dlqctl.redrive.journal import EntryState

        ids = self._ids(message_ids)
        self.journal.settle(self.run, ids, EntryState.IN_DOUBT, at=_epoch(), code=code)

    def deleted(self, message_ids: Sequence[str]) -> None:
        """The pointers are off their queue."""
        from dlqctl.redrive.journal import EntryState

        ids = self._ids(message_ids)
        self.journal.settle(self.run, ids, EntryState.DELETED, at=_epoch())

    def _ids(self, message_ids: Sequence[str]) -> list[str]:
        return [self.names.get(message_id, message_id) for message_id in message_ids]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier runs did: pointers whose records were accepted, and those in doubt."""

    finished: frozenset[str] = frozenset()
    in_doubt: frozenset[str] = frozenset()


def earlier_runs(
    batches: "Sequence[FailedBatch]", journal: "Journal", names: dict[str, str]
) -> Earlier:
    """What the journal knows of these pointers."""
    from dlqctl.redrive.journal import EntryState

    finished: set[str] = set()
    in_doubt: set[str] = set()
    ids = [batch.message_id for batch in batches]
    for start in range(0, len(ids), KNOWN_AT_ONCE):
        some = ids[start : start + KNOWN_AT_ONCE]
        known = journal.known([names.get(message_id, message_id) for message_id in some])
        for message_id in some:
            entry = known.get(names.get(message_id, message_id))
            if entry and entry.state in (EntryState.SENT, EntryState.DELETED):
                finished.add(message_id)
            elif entry and entry.state in (EntryState.SENDING, EntryState.IN_DOUBT):
                in_doubt.add(message_id)
    return Earlier(frozenset(finished), frozenset(in_doubt))


def journal_names(batches: "Sequence[FailedBatch]", unnamed: set[str]) -> dict[str, str]:
    """Names for pointers without a message id that tell the same pointer in every run."""

    def name(batch: "FailedBatch") -> str:
        pointer = batch.pointer
        what = (
            pointer.stream_arn,
            pointer.shard_id,
            pointer.start.text,
            pointer.end.text,
            batch.function_arn or "",
        )
        return "pointer-" + hashlib.sha256("\n".join(what).encode()).hexdigest()[:32]

    return {batch.message_id: name(batch) for batch in batches if batch.message_id in unnamed}


@dataclass
class Targets:
    """Who gets which batch again: `function` for all of them, or the one that failed."""

    mode: ReplayMode
    function: str | None
    untargeted: set[str] = field(default_factory=set)

    def of(self, batch: "FailedBatch") -> str | None:
        """A function, or the stream itself; None where there is none to name."""
        if self.mode is ReplayMode.PUT:
            stream_arn = batch.shard.stream_arn
            return stream_arn if ":kinesis:" in stream_arn else None
        return self.function or batch.function_arn


@dataclass(frozen=True)
class Replaying:
    """A replay about to happen."""

    targets: Targets
    replay: "Replay"
    journal: RunJournal
    functions: "Functions"
    streams: "RecordStream"

    def sink(self, plan: "ShardPlan") -> "RecordSink":
        """Where one shard's records go."""
        from dlqctl.streams.invoke import InvokeSink
        from dlqctl.streams.put import PutSink

        named = {self.targets.of(batch) for batch in plan.batches}
        if self.targets.mode is ReplayMode.PUT:
            lane = self.replay.lane(plan.shard, plan.shard.stream_arn)
            return PutSink(plan.shard, self.replay, self.streams, lane)
        return InvokeSink(
            plan.shard,
            self.replay,
            self.functions,
            self.targets.of,
            frozenset(target for target in named if target),
        )


def paced(rate: float | None, stopping: Callable[[float], bool]) -> Callable[[int], None]:
    """Waits until so many records more may go; raises StoppedError when there is to be an end."""
    import time

    from dlqctl.redrive.pacing import Pace
    from dlqctl.streams.pacing import StoppedError

    pace = Pace(rate, clock=time.monotonic, sleep=stopping)

    def wait(count: int) -> None:
        if not pace.before_send(count) or stopping(0):
            raise StoppedError

    return wait


def _epoch() -> float:
    return datetime.now(UTC).timestamp()
