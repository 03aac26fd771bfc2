"""The events that a function would have received: records in the batches that their pointers had.

https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dlqctl.letters import SequenceNumber
from dlqctl.streams import kinesis
from dlqctl.streams.ranges import FailedBatch, Shard
from dlqctl.streams.records import DynamoRecord, KinesisRecord, StreamRecord

# A synchronous invocation takes less than 6 MiB.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_EVENT_BYTES = 6 * 1024 * 1024 - 1
_HEAD, _TAIL = b'{"Records":[', b"]}"


@dataclass(frozen=True, slots=True)
class EventBatch:
    """One event. `batches` are those whose pointers name any of its records.

    `part`: the batch was too large for one invocation, this is not all of it.
    """

    sequences: tuple[SequenceNumber, ...]
    batches: tuple[FailedBatch, ...]
    event: bytes
    part: bool


def lambda_record(record: StreamRecord, *, shard: Shard, role_arn: str | None) -> bytes:
    """`record` as an event carries it, in JSON."""
    match record:
        case KinesisRecord():
            value = kinesis.lambda_record(record, shard=shard, role_arn=role_arn)
        case DynamoRecord():
            value = record.event
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Inside a JSON string, what can't be encoded may stand as the escape that it is here.
    return written.encode("utf-8", errors="backslashreplace")


class BatchLane:
    """Cuts one function's records of one shard into batches; holds one batch at most.

    A batch is that of the pointer that opened it. Where pointers overlap, the next one's batch
    begins behind the first one's end: no record comes twice.
    """

    def __init__(
        self,
        shard: Shard,
        *,
        role_arn: Callable[[], str | None],
        max_bytes: int = MAX_EVENT_BYTES,
    ) -> None:
        self._shard = shard
        self._role_arn = role_arn
        self._max_bytes = max_bytes
        self._opened_by: FailedBatch | None = None
        self._records: list[bytes] = []
        self._sequences: list[SequenceNumber] = []
        self._batches: dict[str, FailedBatch] = {}
        self._size = 0
        self._was_cut = False

    def add(self, record: StreamRecord, batches: Sequence[FailedBatch]) -> Iterator[EventBatch]:
        """Take a record and this function's batches that name it; yield what became ready."""
        if self._opened_by and record.sequence > self._opened_by.pointer.end:
            yield from self._finish()
        if self._opened_by is None:
            self._opened_by = min(batches, key=_by_place)
        # What Lambda reads through an enhanced fan-out consumer names that consumer as its source.
        source = Shard(self._opened_by.pointer.stream_arn, self._shard.shard_id)
        encoded = lambda_record(record, shard=source, role_arn=self._role_arn())
        if self._records and self._size + 1 + len(encoded) > self._max_bytes:
            self._was_cut = True
            yield self._take()
        self._records.append(encoded)
        self._sequences.append(record.sequence)
        self._batches.update((batch.message_id, batch) for batch in batches)
        self._size += len(encoded) + (1 if len(self._records) > 1 else len(_HEAD) + len(_TAIL))
        if record.sequence == self._opened_by.pointer.end:
            yield from self._finish()

    def flush(self) -> Iterator[EventBatch]:
        """What is left, when there are no more records."""
        if self._records:
            yield from self._finish()

    def _finish(self) -> Iterator[EventBatch]:
        if self._records:
            yield self._take()
        self._opened_by = None
        self._was_cut = False

    def _take(self) -> EventBatch:
        event = _HEAD + b",".join(self._records) + _TAIL
        named = tuple(self._batches.values())
        batch = EventBatch(tuple(self._sequences), named, event, self._was_cut)
        self._records, self._sequences, self._batches = [], [], {}
        self._size = 0
        return batch


def _by_place(batch: FailedBatch) -> tuple[SequenceNumber, SequenceNumber, str]:
    return batch.pointer.start, batch.pointer.end, batch.message_id
