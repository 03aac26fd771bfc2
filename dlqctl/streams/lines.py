"""Records as JSON lines: what `fetch-stream-records` prints."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dlqctl.streams import dynamodb, kinesis
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
