"""Reading shards that were trimmed, split, throttled, deleted: what comes and what is said."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from dlqctl.errors import DlqctlError
from dlqctl.letters import SequenceNumber
from dlqctl.streams.fetch import RecordsFound, ShardBegun, ShardEnded
from dlqctl.streams.ranges import FailedBatch, ShardPlan
from dlqctl.streams.records import KinesisRecord, StreamRecord
from dlqctl.streams.shards import ShardStuckError, UnreadablePointerError
from dlqctl.streams.summary import trimmed_ranges
from tests.fakes.clocks import ManualClock
from tests.fakes.streams import HOUR, MIB, FakeStreams
from tests.streams.engine import api_for, batch, fetch, now_of

SHARD = "shardId-000000000000"
TABLE_SHARD = "shardId-00000001573689847184-864758bb"


def kinesis(count: int, *, size: int = 10, **how: object) -> tuple[FakeStreams, str, list[str]]:
    streams = FakeStreams(clock=ManualClock(), **how)  # type: ignore[arg-type]
    arn = streams.create_stream("orders")
    return streams, arn, [streams.put(arn, b"x" * size) for _ in range(count)]


def pointer(arn: str, numbers: Sequence[str], name: str = "m1", **more: object) -> FailedBatch:
    shard = str(more.pop("shard_id", SHARD))
    return batch(
        arn,
        numbers[0],
        numbers[-1],
        shard_id=shard,
        message_id=name,
        **more,  # type: ignore[arg-type]
    )


def said(streams: FakeStreams, arn: str, outcomes: list) -> list[tuple[str, str, tuple[str, ...]]]:  # type: ignore[type-arg]
    facts = {arn: api_for(streams)(arn).facts(arn)}
    found = trimmed_ranges(outcomes, facts, now=now_of(streams))
    return [(one.gap.range.start.text, one.reason, one.gap.message_ids) for one in found]


@pytest.mark.parametrize("old_numbers", ["refuse", "later", "nothing"])
def test_a_range_that_is_trimmed_in_part(old_numbers: str) -> None:
    streams, arn, gone = kinesis(3, old_numbers=old_numbers)
    arrived = streams.clock.now()
    streams.clock.sleep(23 * HOUR)
    living = [streams.put(arn, b"y") for _ in range(3)]
    streams.clock.sleep(2 * HOUR)

    [outcome], sinks = fetch(
        streams,
        [pointer(arn, [*gone, *living], count=6, arrived=arrived), pointer(arn, living, "m2")],
    )

    assert sinks[SHARD].numbers == [int(number) for number in living]
    assert said(streams, arn, [outcome]) == [(gone[0], "expired", ("m1",))]
    [gap] = outcome.gaps
    assert gap.range.end.value == int(living[0]) - 1
    assert [verdict.complete for verdict in outcome.verdicts] == [False, True]


def test_a_table_stream_that_is_wholly_trimmed_costs_two_calls_however_many_pointers() -> None:
    streams = FakeStreams(clock=ManualClock())
    arn = streams.create_table_stream("orders")
    numbers = [streams.change(arn, {"id": {"S": "1"}}) for _ in range(200)]
    streams.clock.sleep(25 * HOUR)
    pointers = [
        pointer(arn, [number], f"m{n}", shard_id=TABLE_SHARD) for n, number in enumerate(numbers)
    ]

    [outcome], _ = fetch(streams, pointers)

    assert not any(verdict.complete for verdict in outcome.verdicts)
    assert streams.calls["GetShardIterator"] == 2
    assert streams.calls["GetRecords"] == 0


def test_iterators_expire_and_nothing_is_lost_or_doubled() -> None:
    streams, arn, numbers = kinesis(30, page_records=4)
    before = streams.call
    count = 0

    def call(service: str, operation: str, request: dict) -> dict:  # type: ignore[type-arg]
        nonlocal count
        count += operation == "GetRecords"
        if count % 3 == 2:
            streams.expire_iterators()
        return before(service, operation, request)

    streams.call = call  # type: ignore[method-assign]
    [outcome], sinks = fetch(streams, [pointer(arn, numbers, count=30)])

    assert sinks[SHARD].numbers == [int(number) for number in numbers]
    assert outcome.failure is None


def test_an_iterator_that_expires_unused_is_opened_at_the_same_place() -> None:
    streams, arn, numbers = kinesis(9_000, page_records=100)
    first, far = pointer(arn, numbers[:10], "m1"), pointer(arn, numbers[8_000:8_010], "m2")
    before = streams.call
    opened: list[str] = []

    def call(service: str, operation: str, request: dict) -> dict:  # type: ignore[type-arg]
        if operation == "GetShardIterator":
            opened.append(request["ShardIteratorType"])
            if len(opened) == 2:
                streams.fail_next("GetRecords", "ExpiredIteratorException")
        return before(service, operation, request)

    streams.call = call  # type: ignore[method-assign]
    [outcome], sinks = fetch(streams, [first, far])
    assert len(sinks[SHARD].numbers) == 20
    assert opened == ["AT_SEQUENCE_NUMBER"] * 3
    assert outcome.calls.get_records <= 5


def test_a_shard_that_refuses_its_oldest_record_is_not_called_trimmed() -> None:
    streams, arn, numbers = kinesis(3)
    streams.fail_next("GetShardIterator", *["InvalidArgumentException"] * 2)
    [outcome], _ = fetch(streams, [pointer(arn, numbers)])
    assert isinstance(outcome.failure, ShardStuckError)
    assert outcome.gaps == []


def test_trimming_that_overtakes_the_reading_is_named() -> None:
    streams, arn, old = kinesis(4, page_records=2)
    streams.clock.sleep(1 * HOUR)
    young = [streams.put(arn, b"y") for _ in range(4)]
    streams.clock.sleep(22.9 * HOUR)

    def slow(record: StreamRecord) -> None:
        if record.sequence.text == old[1]:
            streams.clock.sleep(0.5 * HOUR)

    [outcome], sinks = fetch(streams, [pointer(arn, [*old, *young], count=8)], on_record=slow)

    assert sinks[SHARD].numbers == [int(number) for number in old[:2] + young]
    assert not outcome.verdicts[0].complete
    [gap] = outcome.gaps
    assert gap.message_ids == ("m1",)


def test_a_closed_shard_is_read_to_its_end() -> None:
    streams, arn, numbers = kinesis(10, page_records=3)
    streams.split(arn, SHARD)
    [outcome], sinks = fetch(streams, [pointer(arn, numbers[2:], count=8)])
    assert sinks[SHARD].numbers == [int(number) for number in numbers[2:]]
    assert outcome.verdicts[0].complete


def test_an_expired_shard_is_trimmed_not_unknown() -> None:
    streams, arn, numbers = kinesis(3)
    arrived = streams.clock.now()
    streams.split(arn, SHARD)
    streams.clock.sleep(30 * HOUR)
    [outcome], _ = fetch(streams, [pointer(arn, numbers, arrived=arrived)])
    assert said(streams, arn, [outcome]) == [(numbers[0], "the shard has expired", ("m1",))]


def test_a_shard_that_never_existed_is_a_failure_and_the_rest_goes_on() -> None:
    streams, arn, numbers = kinesis(3)
    arrived = streams.clock.now()
    outcomes, sinks = fetch(
        streams,
        [
            pointer(arn, numbers, "m1", shard_id="shardId-000000000099", arrived=arrived),
            pointer(arn, numbers, "m2", arrived=arrived),
        ],
    )
    assert [type(one.failure) for one in outcomes] == [type(None), UnreadablePointerError]
    assert "shardId-000000000099 is not a shard of" in str(outcomes[1].failure)
    assert outcomes[1].gaps == []
    assert len(sinks[SHARD].numbers) == 3


def test_a_deleted_stream_is_gone() -> None:
    streams, arn, numbers = kinesis(3)
    streams.delete_stream(arn)
    [outcome], _ = fetch(streams, [pointer(arn, numbers)])
    assert said(streams, arn, [outcome]) == [
        (numbers[0], "the stream does not exist any more", ("m1",))
    ]


def test_a_stream_that_was_created_again_under_the_same_name() -> None:
    streams, arn, numbers = kinesis(3)
    arrived = streams.clock.now()
    streams.delete_stream(arn)
    streams.clock.sleep(HOUR)
    streams.create_stream("orders")
    streams.put(arn, b"somebody else's")
    [outcome], sinks = fetch(streams, [pointer(arn, numbers, arrived=arrived)])
    assert sinks[SHARD].numbers == []
    [(_, reason, _)] = said(streams, arn, [outcome])
    assert reason.startswith("the stream was created again at ")


def test_throttles_are_waited_out() -> None:
    streams, arn, numbers = kinesis(5)
    streams.fail_next("GetShardIterator", *["ProvisionedThroughputExceededException"] * 3)
    streams.fail_next("GetRecords", *["InternalFailureException"] * 3)
    [outcome], sinks = fetch(streams, [pointer(arn, numbers, count=5)])
    assert len(sinks[SHARD].numbers) == 5
    assert outcome.calls.get_records == 4


def test_a_stream_that_refuses_for_ever_is_not_called_trimmed() -> None:
    streams, arn, numbers = kinesis(5)
    streams.fail_next("GetRecords", *["ProvisionedThroughputExceededException"] * 100)
    [outcome], _ = fetch(streams, [pointer(arn, numbers, count=5)])
    assert isinstance(outcome.failure, ShardStuckError)
    assert outcome.gaps == []
    assert not outcome.verdicts[0].complete


def test_what_no_waiting_mends_is_a_failure() -> None:
    streams, arn, numbers = kinesis(5)
    streams.fail_next("GetRecords", "AccessDeniedException")
    [outcome], _ = fetch(streams, [pointer(arn, numbers)])
    assert isinstance(outcome.failure, DlqctlError)
    assert "kinesis:GetRecords" in outcome.failure.message


def test_ten_thousand_pointers_into_one_shard() -> None:
    streams, arn, numbers = kinesis(10_050)
    pointers = [pointer(arn, numbers[n : n + 20], f"m{n}", count=20) for n in range(10_000)]
    [outcome], sinks = fetch(streams, pointers)
    assert len(sinks[SHARD].numbers) == 10_019
    assert all(verdict.complete for verdict in outcome.verdicts)
    assert streams.calls["GetShardIterator"] == 1
    assert streams.calls["GetRecords"] <= 3


def test_many_ranges_with_gaps_between_them_share_pages() -> None:
    streams, arn, numbers = kinesis(6_000)
    pointers = [pointer(arn, numbers[n : n + 2], f"m{n}", count=2) for n in range(0, 6_000, 6)]
    [outcome], sinks = fetch(streams, pointers)
    assert len(sinks[SHARD].numbers) == 2_000
    assert outcome.calls.get_shard_iterator == 1
    assert outcome.calls.get_records <= 7


def test_ranges_far_apart_are_opened_one_by_one() -> None:
    streams, arn, numbers = kinesis(9_000, page_records=100)
    pointers = [pointer(arn, numbers[n : n + 10], f"m{n}", count=10) for n in (0, 4_000, 8_900)]
    [outcome], sinks = fetch(streams, pointers)
    assert len(sinks[SHARD].numbers) == 30
    assert outcome.calls.get_shard_iterator == 3
    assert outcome.calls.get_records <= 9


def test_records_of_ten_mebibytes_keep_within_the_limits() -> None:
    streams, arn, numbers = kinesis(4, size=10 * MIB - 3)
    begun = streams.clock.now()
    _, sinks = fetch(streams, [pointer(arn, numbers, count=4)])
    assert len(sinks[SHARD].numbers) == 4
    assert streams.throttled == 0
    assert streams.clock.now() - begun >= 3 * 5


def test_empty_pages_are_not_the_end() -> None:
    empty = iter([True] * 150 + [False] * 1_000)
    streams, arn, numbers = kinesis(5, empty_page=lambda: next(empty))
    _, sinks = fetch(streams, [pointer(arn, numbers, count=5)])
    assert len(sinks[SHARD].numbers) == 5


def test_a_range_with_more_records_than_the_batch_had() -> None:
    streams, arn, numbers = kinesis(9)
    [outcome], _ = fetch(streams, [pointer(arn, numbers, count=4)])
    assert outcome.verdicts[0].complete
    assert outcome.verdicts[0].extra == 5


def test_a_range_with_fewer_records_than_the_batch_had_is_not_complete() -> None:
    streams, arn, numbers = kinesis(3)
    [outcome], _ = fetch(streams, [pointer(arn, numbers, count=4)])
    [gap] = outcome.gaps
    assert (gap.range.start.text, gap.range.end.text) == (numbers[0], numbers[-1])


def test_reading_goes_on_behind_what_was_written_earlier() -> None:
    streams, arn, numbers = kinesis(10, page_records=3)
    after = {SHARD: SequenceNumber.parse(numbers[4])}
    _, sinks = fetch(streams, [pointer(arn, numbers, count=10)], after=after)
    assert sinks[SHARD].numbers == [int(number) for number in numbers[5:]]


def test_reading_goes_on_behind_a_record_that_has_expired_meanwhile() -> None:
    streams, arn, old = kinesis(4)
    streams.clock.sleep(HOUR)
    young = [streams.put(arn, b"y") for _ in range(4)]
    streams.clock.sleep(23.5 * HOUR)
    after = {SHARD: SequenceNumber.parse(old[1])}
    _, sinks = fetch(streams, [pointer(arn, [*old, *young])], after=after)
    assert sinks[SHARD].numbers == [int(number) for number in young]


def test_shards_in_parallel_each_in_order() -> None:
    streams = FakeStreams(clock=ManualClock(), page_records=7, limits=False)
    arn = streams.create_stream("orders", shards=6)
    pointers, wanted = [], {}
    for shard_id in streams.shard_ids(arn):
        numbers = [streams.put(arn, b"x", shard_id=shard_id) for _ in range(50)]
        wanted[shard_id] = [int(number) for number in numbers]
        pointers.append(pointer(arn, numbers, shard_id, shard_id=shard_id, count=50))
    events = []
    outcomes, sinks = fetch(streams, pointers, workers=4, on_event=events.append)
    assert {shard_id: sink.numbers for shard_id, sink in sinks.items()} == wanted
    assert all(outcome.verdicts[0].complete for outcome in outcomes)
    assert sum(isinstance(event, ShardBegun) for event in events) == 6
    assert sum(isinstance(event, ShardEnded) for event in events) == 6
    assert sum(event.count for event in events if isinstance(event, RecordsFound)) == 300


def test_a_sink_that_wants_no_more_ends_its_shard() -> None:
    class Two:
        def __init__(self, _: ShardPlan) -> None:
            self.count = 0

        def take(self, record: StreamRecord, batches: Sequence[FailedBatch]) -> bool:
            self.count += 1
            return self.count < 2

        def close(self) -> None:
            raise AssertionError("it was not read to the end")

    streams, arn, numbers = kinesis(5)
    [outcome], _ = fetch(streams, [pointer(arn, numbers)], open_sink=Two)
    assert outcome.stopped
    assert outcome.gaps == []


def test_stopping_ends_between_two_records() -> None:
    streams, arn, numbers = kinesis(5)
    stopping = threading.Event()

    def stop(record: StreamRecord) -> None:
        if record.sequence.text == numbers[1]:
            stopping.set()

    [outcome], sinks = fetch(streams, [pointer(arn, numbers)], on_record=stop, stopping=stopping)
    assert outcome.stopped
    assert len(sinks[SHARD].numbers) == 2
    assert not sinks[SHARD].closed


def test_a_record_without_a_partition_key() -> None:
    streams = FakeStreams(clock=ManualClock())
    arn = streams.create_stream("orders")
    number = streams.put(arn, b"x", partition_key=None)
    _, sinks = fetch(streams, [pointer(arn, [number])])
    [(record, _)] = sinks[SHARD].records
    assert isinstance(record, KinesisRecord)
    assert record.partition_key is None
