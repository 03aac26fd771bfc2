"""`--replay put`: Kinesis records go back on the stream that they came from.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dlqctl.streams.pacing import back_off
from dlqctl.streams.ranges import FailedBatch, Shard
from dlqctl.streams.records import KinesisRecord, StreamRecord
from dlqctl.streams.replay import ATTEMPTS, Lane, NotAccepted, Replay, Unconfirmed

MAX_PUT_RECORDS = 500
# The API takes 10 MiB since 2025; the 5 MiB that it took before cost little and work everywhere.
MAX_PUT_BYTES = 5 * 1024 * 1024

PutOutcome = NotAccepted | Unconfirmed | None


class RecordStream(Protocol):
    """Streams that records are put on."""

    def put(self, stream_arn: str, records: Sequence[KinesisRecord]) -> list[PutOutcome]:
        """Put once; None for each record that was accepted, in order. Never raises."""
        ...


@dataclass
class PutSink:
    """Puts one shard's records back, in order as far as PutRecords keeps it.

    Within one call Kinesis may accept a record and refuse an earlier one: that is put again
    before any record of a later call.
    """

    shard: Shard
    replay: Replay
    stream: RecordStream
    lane: Lane
    _waiting: list[KinesisRecord] = field(default_factory=list)
    _batches: dict[str, FailedBatch] = field(default_factory=dict)
    _size: int = 0

    def take(self, record: StreamRecord, batches: Sequence[FailedBatch]) -> bool:
        """Gather records for a call, and make it when they are enough."""
        if not isinstance(record, KinesisRecord) or self.lane.stopped:
            return False
        full = len(self._waiting) == MAX_PUT_RECORDS
        if self._waiting and (full or self._size + record.size_bytes > MAX_PUT_BYTES):
            self._put()
        self._waiting.append(record)
        self._batches.update((batch.message_id, batch) for batch in batches)
        self._size += record.size_bytes
        return not self.lane.stopped

    def close(self) -> None:
        """Put what is left."""
        if self._waiting and not self.lane.stopped:
            self._put()
        if not self.lane.stopped:
            self.replay.end(self.lane)

    def _put(self) -> None:
        records, batches = self._waiting, list(self._batches.values())
        self._waiting, self._batches, self._size = [], {}, 0
        self.replay.wait_for(len(records))
        self.replay.begin(self.lane, batches)
        left = records
        for attempt in range(1, ATTEMPTS + 1):
            self.replay.counts(calls=1)
            outcomes = self.stream.put(self.shard.stream_arn, left)
            refused = [
                (record, why) for record, why in zip(left, outcomes, strict=True) if why is not None
            ]
            if not refused:
                self.replay.accept(self.lane, records[-1].sequence, records=len(records))
                return
            left = [record for record, _ in refused]
            worst = next((why for _, why in refused if not _retryable(why)), refused[0][1])
            if not _retryable(worst) or attempt == ATTEMPTS:
                self._give_up(records, left, worst)
                return
            back_off(self.replay.timing, attempt)

    def _give_up(
        self,
        records: Sequence[KinesisRecord],
        left: Sequence[KinesisRecord],
        why: NotAccepted | Unconfirmed,
    ) -> None:
        at = left[0].sequence
        before = [record for record in records if record.sequence < at]
        if before:
            self.replay.accept(self.lane, before[-1].sequence, records=len(before))
        self.replay.refuse(self.lane, at, why=why)


def _retryable(why: NotAccepted | Unconfirmed) -> bool:
    return isinstance(why, NotAccepted) and why.retryable
