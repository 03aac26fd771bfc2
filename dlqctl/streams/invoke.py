"""`--replay invoke`: the function that failed gets its batches again.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dlqctl.documents import mapping, parse_json, text
from dlqctl.letters import SequenceNumber
from dlqctl.streams.batches import MAX_EVENT_BYTES, BatchLane, EventBatch
from dlqctl.streams.pacing import back_off
from dlqctl.streams.ranges import FailedBatch, Shard
from dlqctl.streams.records import StreamRecord
from dlqctl.streams.replay import ATTEMPTS, Lane, NotAccepted, Replay, Unconfirmed


@dataclass(frozen=True, slots=True)
class Answered:
    """The function ran. `function_error` is set when it failed; `payload` is what it returned."""

    payload: bytes
    function_error: str | None = None


class Functions(Protocol):
    """Lambda functions, by ARN or by name.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """

    def role_of(self, function: str) -> str | None:
        """The ARN of the role that the function runs as; None when it can't be told."""
        ...

    def invoke(self, function: str, event: bytes) -> Answered | NotAccepted | Unconfirmed:
        """Invoke once and wait for the answer. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class FailedAt:
    """The function did not accept the record at `at`, nor what comes after it."""

    at: SequenceNumber
    why: NotAccepted


@dataclass
class InvokeSink:
    """Hands one shard's records to functions: `target_of` says which, for each batch."""

    shard: Shard
    replay: Replay
    functions: Functions
    target_of: Callable[[FailedBatch], str | None]
    targets: frozenset[str]
    max_bytes: int = MAX_EVENT_BYTES
    _lanes: dict[str, tuple[Lane, BatchLane]] = field(default_factory=dict)

    def take(self, record: StreamRecord, batches: Sequence[FailedBatch]) -> bool:
        """Add the record to its functions' batches, and invoke with those that are whole."""
        by_target: dict[str, list[FailedBatch]] = {}
        for batch in batches:
            target = self.target_of(batch)
            if target is not None:
                by_target.setdefault(target, []).append(batch)
        for target, named in by_target.items():
            lane, cutting = self._lane(target)
            if not lane.stopped:
                for ready in cutting.add(record, named):
                    self._hand_over(lane, ready)
        stopped = {target for target, (lane, _) in self._lanes.items() if lane.stopped}
        return stopped != self.targets

    def close(self) -> None:
        """Hand over what is left."""
        for lane, cutting in self._lanes.values():
            for ready in cutting.flush():
                self._hand_over(lane, ready)
            if not lane.stopped:
                self.replay.end(lane)

    def _lane(self, target: str) -> tuple[Lane, BatchLane]:
        if target not in self._lanes:
            cutting = BatchLane(
                self.shard,
                role_arn=lambda: self.functions.role_of(target),
                max_bytes=self.max_bytes,
            )
            self._lanes[target] = self.replay.lane(self.shard, target), cutting
        return self._lanes[target]

    def _hand_over(self, lane: Lane, batch: EventBatch) -> None:
        if lane.stopped:
            return
        self.replay.wait_for(len(batch.sequences))
        self.replay.counts(split=batch.part)
        if len(batch.event) > self.max_bytes:
            why = NotAccepted(
                "RequestTooLarge",
                f"one record is {len(batch.event):,} bytes as an event, and an invocation takes"
                f" {self.max_bytes:,}",
            )
            self.replay.begin(lane, batch.batches)
            self.replay.refuse(lane, batch.sequences[0], why=why)
            return
        self.replay.begin(lane, batch.batches)
        match self._invoke(lane, batch):
            case None:
                self.replay.accept(lane, batch.sequences[-1], records=len(batch.sequences))
            case FailedAt(at, why):
                self._accept_before(lane, batch, at)
                self.replay.refuse(lane, at, why=why)
            case Unconfirmed() as doubt:
                self.replay.refuse(lane, batch.sequences[0], why=doubt)

    def _accept_before(self, lane: Lane, batch: EventBatch, at: SequenceNumber) -> None:
        before = [sequence for sequence in batch.sequences if sequence < at]
        if before:
            self.replay.accept(lane, before[-1], records=len(before))

    def _invoke(self, lane: Lane, batch: EventBatch) -> FailedAt | Unconfirmed | None:
        """None: every record was accepted."""
        attempt = 0
        while True:
            attempt += 1
            self.replay.counts(calls=1)
            match self.functions.invoke(lane.target, batch.event):
                case Answered() as answer:
                    return failure_in(answer, batch)
                case NotAccepted(retryable=True) if attempt < ATTEMPTS:
                    back_off(self.replay.timing, attempt)
                case NotAccepted() as why:
                    return FailedAt(batch.sequences[0], why)
                case Unconfirmed() as doubt:
                    return doubt


def failure_in(answer: Answered, batch: EventBatch) -> FailedAt | None:
    """The first record that the function did not accept; None when it took them all.

    As an event source mapping does: everything from the lowest failed item on counts as failed,
    and an item that can't be told as the whole batch.
    """
    first = batch.sequences[0]
    returned = parse_json(answer.payload.decode("utf-8", errors="replace"))
    if answer.function_error:
        said = text(returned, "errorMessage") or "the function failed"
        kind = text(returned, "errorType") or answer.function_error
        return FailedAt(first, NotAccepted("FunctionError", f"{kind}: {said}"))
    items = (mapping(returned) or {}).get("batchItemFailures")
    if not isinstance(items, list) or not items:
        return None
    known = {sequence.text: sequence for sequence in batch.sequences}
    failed = [known.get(text(item, "itemIdentifier") or "") for item in items]
    at = min((sequence for sequence in failed if sequence), default=first)
    if None in failed:
        return FailedAt(first, NotAccepted("BatchItemFailures", "names an item it was not given"))
    said = f"reported {len(failed)} of {len(batch.sequences)} records as failed"
    return FailedAt(at, NotAccepted("BatchItemFailures", said))
