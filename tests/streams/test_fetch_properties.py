"""Any overlapping pointers over any history of a shard: each living record once, in order."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dlqctl.streams.ranges import FailedBatch, merged, span
from tests.fakes.clocks import ManualClock
from tests.fakes.streams import HOUR, FakeStreams, Record
from tests.streams.engine import batch, fetch


@dataclass(frozen=True)
class History:
    """A shard's records by age in hours, oldest first, and how its service behaves."""

    dynamodb: bool
    ages: tuple[float, ...]
    closed: bool
    page_records: int
    old_numbers: str
    empty_pages: float
    faults: tuple[str, ...]


ages = st.lists(st.floats(0, 40, width=16), min_size=1, max_size=60)
faults = st.lists(
    st.sampled_from(["LimitExceededException", "ExpiredIteratorException", "InternalServerError"]),
    max_size=4,
)
histories = st.builds(
    History,
    dynamodb=st.booleans(),
    ages=ages.map(lambda hours: tuple(sorted(hours, reverse=True))),
    closed=st.booleans(),
    page_records=st.integers(1, 25),
    old_numbers=st.sampled_from(["refuse", "later", "nothing"]),
    empty_pages=st.sampled_from([0.0, 0.4]),
    faults=faults.map(tuple),
)
spans = st.lists(
    st.tuples(st.integers(0, 59), st.integers(0, 12), st.booleans()), min_size=1, max_size=40
)


def build(history: History, seed: int) -> tuple[FakeStreams, str, str, list[Record]]:
    clock = ManualClock()
    rng = Random(seed)
    streams = FakeStreams(
        clock=clock,
        old_numbers=history.old_numbers,
        page_records=history.page_records,
        empty_page=lambda: rng.random() < history.empty_pages,
        seed=seed,
    )
    arn = streams.create_table_stream("t") if history.dynamodb else streams.create_stream("s")
    shard_id = streams.shard_ids(arn)[0]
    oldest = history.ages[0]
    for before, age in zip((oldest, *history.ages), history.ages, strict=False):
        clock.advance((before - age) * HOUR)
        if history.dynamodb:
            streams.change(arn, {"id": {"S": "1"}}, new={"id": {"S": "1"}})
        else:
            streams.put(arn, b"{}")
    clock.advance(history.ages[-1] * HOUR)
    if history.closed and not history.dynamodb:
        streams.split(arn, shard_id)
    streams.fail_next("GetRecords", *history.faults)
    return streams, arn, shard_id, streams.streams[arn].shards[shard_id].records


def pointers(
    arn: str, shard_id: str, records: list[Record], wanted: list[tuple[int, int, bool]]
) -> list[FailedBatch]:
    found = []
    for n, (start, length, counted) in enumerate(wanted):
        first = start % len(records)
        last = min(first + length, len(records) - 1)
        found.append(
            batch(
                arn,
                str(records[first].number),
                str(records[last].number),
                shard_id=shard_id,
                message_id=f"m{n}",
                count=last - first + 1 if counted else None,
                arrived=records[last].arrived,
            )
        )
    return found


@settings(max_examples=400, deadline=None)
@given(histories, spans, st.integers(0, 2**16))
@example(History(False, (30.0, 1.0), False, 1, "nothing", 0.0, ()), [(0, 1, True)], 0)
@example(History(True, (30.0, 1.0), False, 1, "refuse", 0.0, ()), [(0, 1, True)], 0)
def test_union_once_in_order_with_their_pointers(
    history: History, wanted: list[tuple[int, int, bool]], seed: int
) -> None:
    streams, arn, shard_id, records = build(history, seed)
    batches = pointers(arn, shard_id, records, wanted)
    living = {one.number for one in streams.living(arn, shard_id)}
    naming = {
        one.number: sorted(
            named.message_id
            for named in batches
            if named.pointer.start.value <= one.number <= named.pointer.end.value
        )
        for one in records
    }
    expected = sorted(number for number in living if naming[number])

    [outcome], sinks = fetch(streams, batches)

    assert outcome.failure is None
    sink = sinks[shard_id]
    assert sink.numbers == expected
    assert {r.sequence.value: sorted(ids) for r, ids in sink.records} == {
        number: naming[number] for number in expected
    }
    dead = {number for number, ids in naming.items() if ids} - living
    complete = {one.batch.message_id for one in outcome.verdicts if one.complete}
    assert complete == {
        named.message_id
        for named in batches
        if not any(named.pointer.start.value <= n <= named.pointer.end.value for n in dead)
    }
    for number in dead:
        [gap] = [g for g in outcome.gaps if g.range.start.value <= number <= g.range.end.value]
        assert set(naming[number]) <= set(gap.message_ids)
    for gap in outcome.gaps:
        inside = [n for n in living if gap.range.start.value <= n <= gap.range.end.value]
        assert not inside, "a living record is called trimmed"


@settings(max_examples=300, deadline=None)
@given(histories, spans, st.integers(0, 2**16))
def test_calls_grow_with_pages_and_ranges(
    history: History, wanted: list[tuple[int, int, bool]], seed: int
) -> None:
    streams, arn, shard_id, records = build(history, seed)
    empties = 0

    def counted() -> bool:
        nonlocal empties
        empty = Random(seed + empties).random() < history.empty_pages
        empties += empty
        return empty

    streams.empty_page = counted
    batches = pointers(arn, shard_id, records, wanted)
    ranges = merged(span(one) for one in batches)

    [outcome], _ = fetch(streams, batches)

    living = streams.living(arn, shard_id)
    inside = [
        sum(one.start.value <= record.number <= one.end.value for record in living)
        for one in ranges
    ]
    pages = sum(-(-count // history.page_records) for count in inside)
    troubles = len(history.faults)
    assert outcome.calls.get_records <= pages + 5 * len(ranges) + empties + troubles + 2
    assert outcome.calls.get_shard_iterator <= 2 * len(ranges) + troubles + 2
    assert streams.throttled == 0
