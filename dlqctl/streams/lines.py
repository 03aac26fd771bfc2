"""Records as JSON lines, or as the events that a function would have received."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from dlqctl.streams import dynamodb, kinesis
from dlqctl.streams.batches import BatchLane, EventBatch
from dlqctl.streams.fetch import RecordSink
from dlqctl.streams.kpl import deaggregate
from dlqctl.streams.ranges import FailedBatch, Shard
from dlqctl.streams.records import DynamoRecord, KinesisRecord, StreamRecord

SCHEMA = "dlqctl.stream-record/v1"


def documents(
    record: StreamRecord, *, shard: Shard, pointers: Sequence[str], take_apart: bool = False
) -> Iterator[dict[str, object]]:
    """`record` as JSON values; with `take_apart`, one for each record that the KPL packed in it."""
    match record:
        case KinesisRecord():
            users = deaggregate(record.data) if take_apart else None
            if users is None:
                yield kinesis.line(record, shard=shard, pointers=pointers)
                return
            for user in users:
                yield kinesis.user_line(user, record, shard=shard, pointers=pointers)
        case DynamoRecord():
            yield dynamodb.line(record, shard=shard, pointers=pointers)


@dataclass(frozen=True)
class LineSink:
    """Writes one shard's records with `write`, which shards share: `lock` keeps records whole."""

    shard: Shard
    write: Callable[[Sequence[Mapping[str, object]]], None]
    lock: threading.Lock
    take_apart: bool = False

    def take(self, record: StreamRecord, batches: Sequence[FailedBatch]) -> bool:
        """Write the record's lines."""
        pointers = [batch.message_id for batch in batches]
        written = list(
            documents(record, shard=self.shard, pointers=pointers, take_apart=self.take_apart)
        )
        with self.lock:
            self.write(written)
        return True

    def close(self) -> None:
        """Nothing is held back."""


@dataclass(frozen=True)
class EventSink:
    """Writes one shard's records as Lambda events, one for each batch that a pointer names.

    A function that failed gets events of its own. `role_of` gives the role of a function, None
    where it is not known.
    """

    shard: Shard
    write: Callable[[bytes], None]
    lock: threading.Lock
    role_of: Callable[[str | None], str | None]
    _lanes: dict[str | None, BatchLane] = field(default_factory=dict)

    def take(self, record: StreamRecord, batches: Sequence[FailedBatch]) -> bool:
        """Add the record to its functions' batches, and write those that are whole."""
        by_function: dict[str | None, list[FailedBatch]] = {}
        for batch in batches:
            by_function.setdefault(batch.function_arn, []).append(batch)
        for function, named in by_function.items():
            if function not in self._lanes:
                role = partial(self.role_of, function)
                self._lanes[function] = BatchLane(self.shard, role_arn=role)
            self._write(self._lanes[function].add(record, named))
        return True

    def close(self) -> None:
        """Write what is left."""
        for lane in self._lanes.values():
            self._write(lane.flush())

    def _write(self, ready: Iterable[EventBatch]) -> None:
        for batch in ready:
            with self.lock:
                self.write(batch.event)


@dataclass(frozen=True)
class Tee:
    """Several sinks for the same records; more are wanted as long as one of them wants more."""

    sinks: Sequence[RecordSink]
    _done: set[int] = field(default_factory=set)

    def take(self, record: StreamRecord, batches: Sequence[FailedBatch]) -> bool:
        """Give the record to every sink that still wants one."""
        for n, sink in enumerate(self.sinks):
            if n not in self._done and not sink.take(record, batches):
                self._done.add(n)
        return len(self._done) < len(self.sinks)

    def close(self) -> None:
        """Close every sink that still wanted more."""
        for n, sink in enumerate(self.sinks):
            if n not in self._done:
                sink.close()
