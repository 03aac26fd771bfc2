"""Records that an S3 destination kept beside their pointer, and all sources of a shard as one.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter

from dlqctl.documents import mapping, parse_json, text
from dlqctl.letters import SequenceNumber
from dlqctl.streams import dynamodb, kinesis
from dlqctl.streams.ranges import FailedBatch
from dlqctl.streams.records import StreamRecord


@dataclass(frozen=True, slots=True)
class Source:
    """Records in ascending order, none before `start`; not opened before they are needed."""

    start: SequenceNumber
    open: Callable[[], Iterable[StreamRecord]]


def kept_event(document: object) -> Mapping[str, object] | None:
    """The event in an on-failure record's `payload`; None where there is none, or a damaged one."""
    event = mapping(parse_json(text(document, "payload") or ""))
    try:
        return event if event is not None and records_of(event) else None
    except ValueError:
        return None


def records_of(event: Mapping[str, object]) -> list[StreamRecord]:
    """The records of a Lambda event, in order. Raises ValueError when one can't be read."""
    listed = event.get("Records")
    if not isinstance(listed, list):
        raise ValueError("the event has no Records")
    records = [_record(delivered) for delivered in listed if isinstance(delivered, dict)]
    return sorted(records, key=attrgetter("sequence"))


def _record(delivered: Mapping[str, object]) -> StreamRecord:
    if mapping(delivered, "kinesis") is not None:
        return kinesis.from_event(delivered)
    return dynamodb.from_event(delivered)


def kept_sources(batches: Sequence[FailedBatch]) -> list[Source]:
    """The batches that have their records with them."""
    return [
        Source(batch.pointer.start, partial(_open, batch.event))
        for batch in batches
        if batch.event is not None
    ]


def _open(event: Callable[[], Mapping[str, object]]) -> list[StreamRecord]:
    return records_of(event())


def in_order(
    sources: Sequence[Source], *, after: SequenceNumber | None = None
) -> Iterator[StreamRecord]:
    """Every record of all `sources` behind `after`, each once, in order.

    A source is opened when the records before it have been passed on.
    """
    waiting = sorted(sources, key=attrgetter("start"), reverse=True)
    heads: list[tuple[SequenceNumber, int, StreamRecord, Iterator[StreamRecord]]] = []
    last = after
    opened = 0
    while heads or waiting:
        if waiting and (not heads or waiting[-1].start <= heads[0][0]):
            opened += 1
            _push(heads, iter(waiting.pop().open()), opened)
            continue
        sequence, number, record, rest = heapq.heappop(heads)
        if last is None or sequence > last:
            last = sequence
            yield record
        _push(heads, rest, number)


def _push(
    heads: list[tuple[SequenceNumber, int, StreamRecord, Iterator[StreamRecord]]],
    rest: Iterator[StreamRecord],
    number: int,
) -> None:
    for record in rest:
        heapq.heappush(heads, (record.sequence, number, record, rest))
        return
