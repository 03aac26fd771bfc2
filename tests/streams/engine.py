"""Running the engine on the fake, in the test's own process and time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dlqctl.aws.streams import DynamoStreams, KinesisStreams
from dlqctl.errors import DlqctlError
from dlqctl.letters import SequenceNumber, StreamPointer
from dlqctl.streams.fetch import Fetch, FetchEvent, RecordSink, ShardOutcome, ShardWork
from dlqctl.streams.pacing import Timing
from dlqctl.streams.pages import StreamApi, StreamFacts
from dlqctl.streams.ranges import FailedBatch, ShardPlan, shard_plans
from dlqctl.streams.records import StreamRecord
from dlqctl.streams.tally import Tally
from tests.fakes.streams import FakeStreams


class FakeSession:
    """Hands the fake's clients to what expects an AwsSession."""

    def __init__(self, streams: FakeStreams) -> None:
        self._streams = streams

    def client(self, service: str, **_: Any) -> Any:
        return self._streams.client(service)


def api_for(streams: FakeStreams) -> Callable[[str], StreamApi]:
    session: Any = FakeSession(streams)
    kinesis, dynamodb = KinesisStreams(session), DynamoStreams(session)
    return lambda arn: kinesis if ":kinesis:" in arn else dynamodb


def timing(streams: FakeStreams) -> Timing:
    return Timing(streams.clock.now, streams.clock.sleep, lambda: 0.5)


def now_of(streams: FakeStreams) -> datetime:
    return datetime.fromtimestamp(streams.clock.now(), UTC)


def batch(
    arn: str,
    start: str,
    end: str,
    *,
    shard_id: str,
    message_id: str,
    count: int | None = None,
    arrived: float | None = None,
    function: str | None = "arn:aws:lambda:eu-west-1:111122223333:function:orders",
) -> FailedBatch:
    """One pointer."""
    moment = datetime.fromtimestamp(arrived, UTC) if arrived is not None else None
    pointer = StreamPointer(
        arn,
        shard_id,
        SequenceNumber.parse(start),
        SequenceNumber.parse(end),
        count,
        moment,
        moment,
    )
    return FailedBatch(message_id, pointer, function)


@dataclass
class Collected:
    """A sink that keeps everything, for small tests."""

    plan: ShardPlan
    on_record: Callable[[StreamRecord], None] = lambda _: None
    records: list[tuple[StreamRecord, list[str]]] = field(default_factory=list)
    closed: bool = False

    def take(self, record: StreamRecord, batches: Sequence[FailedBatch]) -> bool:
        self.records.append((record, [one.message_id for one in batches]))
        self.on_record(record)
        return True

    def close(self) -> None:
        self.closed = True

    @property
    def numbers(self) -> list[int]:
        return [record.sequence.value for record, _ in self.records]


def fetch(
    streams: FakeStreams,
    batches: Iterable[FailedBatch],
    *,
    workers: int = 1,
    open_sink: Callable[[ShardPlan], RecordSink] | None = None,
    after: dict[str, SequenceNumber] | None = None,
    on_event: Callable[[FetchEvent], None] = lambda _: None,
    on_record: Callable[[StreamRecord], None] = lambda _: None,
    stopping: threading.Event | None = None,
) -> tuple[list[ShardOutcome], dict[str, Collected]]:
    """Fetch what `batches` name; outcomes, and what each shard's sink got."""
    api = api_for(streams)
    plans = shard_plans(batches)
    sinks: dict[str, Collected] = {}

    def collect(plan: ShardPlan) -> RecordSink:
        return sinks.setdefault(plan.shard.shard_id, Collected(plan, on_record))

    def facts(arn: str) -> StreamFacts | DlqctlError | None:
        try:
            return api(arn).facts(arn)
        except DlqctlError as error:
            return error

    run = Fetch(
        api_for=api,
        facts={plan.shard.stream_arn: facts(plan.shard.stream_arn) for plan in plans},
        open_sink=open_sink or collect,
        timing=timing(streams),
        now=lambda: now_of(streams),
        stopping=stopping or threading.Event(),
        on_event=on_event,
    )
    works = [ShardWork(plan, Tally(plan), (after or {}).get(plan.shard.shard_id)) for plan in plans]
    return run.shards(works, workers=workers), sinks
