"""2,000 pointers into 4 shards, heavily overlapping: dlqctl against an iterator for each pointer.

    python -m tests.bench.streams

Calls are counted and time is the fake's own, so that the limits of the shards decide it: both
ways keep to 4 calls a second per shard. The last line is the memory that a fetch needs for four
times as many records.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from dlqctl.streams.pacing import ShardPace
from dlqctl.streams.pages import Page, Place, Position
from dlqctl.streams.ranges import FailedBatch, Shard, ShardPlan
from dlqctl.streams.records import StreamRecord
from tests.fakes.clocks import ManualClock
from tests.fakes.streams import FakeStreams
from tests.streams.engine import api_for, batch, fetch, timing

SHARDS = 4
POINTERS = 2_000
BATCH = 100
WINDOW = 5_000


@dataclass(frozen=True)
class Figures:
    """What one way of reading cost. `shard_seconds` is the slowest shard's, by the fake's clock."""

    records: int
    calls: int
    shard_seconds: float
    cpu_seconds: float


def account(records: int = WINDOW, *, size_bytes: int = 300) -> tuple[FakeStreams, str]:
    """A stream of 4 shards with so many records in each."""
    streams = FakeStreams(clock=ManualClock())
    arn = streams.create_stream("orders", shards=SHARDS)
    for shard_id in streams.shard_ids(arn):
        for _ in range(records):
            streams.put(arn, b"x" * size_bytes, shard_id=shard_id)
    return streams, arn


def pointers(streams: FakeStreams, arn: str, *, seed: int = 7) -> list[FailedBatch]:
    """Batches that begin anywhere."""
    rng = Random(seed)
    found = []
    for n in range(POINTERS):
        shard_id = streams.shard_ids(arn)[n % SHARDS]
        records = streams.streams[arn].shards[shard_id].records
        first = rng.randrange(len(records) - BATCH)
        start, end = records[first].number, records[first + BATCH - 1].number
        found.append(
            batch(arn, str(start), str(end), shard_id=shard_id, message_id=f"m{n}", count=BATCH)
        )
    return found


class Counting:
    """A sink that keeps nothing."""

    def __init__(self, _: ShardPlan) -> None:
        self.count = 0

    def take(self, record: StreamRecord, batches: Sequence[FailedBatch]) -> bool:
        self.count += 1
        return True

    def close(self) -> None:
        pass


def ours(streams: FakeStreams, batches: Sequence[FailedBatch]) -> Figures:
    """As `fetch-stream-records` reads."""
    streams.clock.sleep(5)  # what was read before no longer counts against the limits
    begun, cpu = streams.clock.now(), time.process_time()
    sinks: list[Counting] = []

    def open_sink(plan: ShardPlan) -> Counting:
        sinks.append(Counting(plan))
        return sinks[-1]

    outcomes, _ = fetch(streams, batches, open_sink=open_sink)
    assert all(verdict.complete for outcome in outcomes for verdict in outcome.verdicts)
    calls = sum(one.calls.get_records + one.calls.get_shard_iterator for one in outcomes)
    seconds = (streams.clock.now() - begun) / SHARDS  # one after the other here, at once for real
    return Figures(sum(sink.count for sink in sinks), calls, seconds, time.process_time() - cpu)


def naive(streams: FakeStreams, batches: Sequence[FailedBatch]) -> Figures:
    """An iterator for each pointer, read until its end."""
    begun, cpu = streams.clock.now(), time.process_time()
    calls, seen = 0, set()
    paces: dict[str, ShardPace] = {}
    for one in batches:
        pointer = one.pointer
        shard = Shard(pointer.stream_arn, pointer.shard_id)
        pace = paces.setdefault(pointer.shard_id, ShardPace(timing(streams)))
        api = api_for(streams)(pointer.stream_arn)
        pace.before_iterator()
        iterator = api.get_shard_iterator(shard, Position(Place.AT, pointer.start))
        calls += 1
        last = None
        while last is None or last < pointer.end:
            assert isinstance(iterator, str)
            pace.before_records()
            page = api.get_records(shard, iterator, limit=pointer.count or 1_000)
            calls += 1
            assert isinstance(page, Page)
            pace.brought(page.size_bytes)
            for record in page.records:
                last = record.sequence
                if last <= pointer.end:
                    seen.add((pointer.shard_id, last.value))
            assert page.next_iterator
            iterator = page.next_iterator
    return Figures(len(seen), calls, streams.clock.now() - begun, time.process_time() - cpu)


def peak_bytes(records: int, *, page_records: int | None = None) -> int:
    """The most memory that reading so many records of each shard takes, beyond the fake's own."""
    streams, arn = account(records, size_bytes=2_000)
    streams.page_records = page_records
    batches = []
    for shard_id in streams.shard_ids(arn):
        found = streams.streams[arn].shards[shard_id].records
        start, end = str(found[0].number), str(found[-1].number)
        batches.append(batch(arn, start, end, shard_id=shard_id, message_id=shard_id))
    tracemalloc.start()
    ours(streams, batches)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main() -> None:
    streams, arn = account()
    batches = pointers(streams, arn)
    one, other = naive(streams, batches), ours(streams, batches)
    assert one.records == other.records
    print(f"{POINTERS:,} pointers, {SHARDS} shards, {one.records:,} records")  # noqa: T201
    for name, figures in (("an iterator a pointer", one), ("dlqctl", other)):
        print(  # noqa: T201
            f"  {name:22} {figures.calls:6,} calls  {figures.shard_seconds:7.1f} s at the shards'"
            f" limits  {figures.cpu_seconds:5.2f} s CPU"
        )
    print(f"  {one.calls / other.calls:,.0f} times fewer calls")  # noqa: T201
    few, many = peak_bytes(10_000), peak_bytes(40_000)
    print(  # noqa: T201
        f"  memory at its peak: {few / 1e6:.1f} MB for 40,000 records,"
        f" {many / 1e6:.1f} MB for 160,000"
    )


if __name__ == "__main__":
    main()
