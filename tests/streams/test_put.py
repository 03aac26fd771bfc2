"""`--replay put`: records go back in order, and what was refused before what comes later."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from dlqctl.letters import SequenceNumber
from dlqctl.streams.put import MAX_PUT_BYTES, MAX_PUT_RECORDS, PutOutcome, PutSink
from dlqctl.streams.ranges import shard_plans
from dlqctl.streams.records import DynamoRecord, KinesisRecord
from dlqctl.streams.replay import ATTEMPTS, NotAccepted, Replay, Unconfirmed
from dlqctl.streams.tally import Tally
from tests.streams.handing import Remembered, ScriptedStream, replay
from tests.streams.test_invoke import ARN, pointer

THROTTLED = NotAccepted("ProvisionedThroughputExceededException", "slow down", retryable=True)


def put(
    records: Sequence[KinesisRecord], stream: ScriptedStream, work: Replay, *, cuts: int = 2
) -> Tally:
    """Put records that `cuts` pointers name between them."""
    last = records[-1].sequence.value
    edges = [1 + last * n // cuts for n in range(cuts + 1)]
    batches = [pointer(edges[n], max(edges[n + 1] - 1, edges[n]), f"m{n}") for n in range(cuts)]
    [plan] = shard_plans(batches)
    tally = Tally(plan)
    sink = PutSink(plan.shard, work, stream, work.lane(plan.shard, ARN))
    for record in records:
        if not sink.take(record, tally.count(record.sequence)):
            return tally
    sink.close()
    return tally


def some(count: int, *, size: int = 1) -> list[KinesisRecord]:
    return [
        KinesisRecord(SequenceNumber(n, str(n)), b"x" * size, f"k{n % 3}", None)
        for n in range(1, count + 1)
    ]


def test_records_with_their_partition_keys_in_calls_of_five_hundred() -> None:
    stream, journal = ScriptedStream(), Remembered()
    records = some(1_201)
    put(records, stream, replay(journal))
    assert stream.taken == records
    assert stream.calls == [MAX_PUT_RECORDS, MAX_PUT_RECORDS, 201]
    assert {name: states[-1] for name, states in journal.states.items()} == {
        "m0": "accepted",
        "m1": "accepted",
    }


def test_calls_keep_within_their_bytes() -> None:
    stream = ScriptedStream()
    put(some(5, size=MAX_PUT_BYTES // 2), stream, replay(Remembered()))
    assert stream.calls == [1, 1, 1, 1, 1]


def test_refused_entries_are_put_again_before_later_records() -> None:
    stream = ScriptedStream([{1: THROTTLED, 3: THROTTLED}, {0: THROTTLED}])
    put(some(5), stream, replay(Remembered()))
    assert [one.sequence.value for one in stream.taken] == [1, 3, 5, 4, 2]
    assert stream.calls == [5, 2, 1]


def test_a_stream_that_refuses_for_ever_ends_the_shard_there() -> None:
    journal = Remembered()
    stream = ScriptedStream([{2: THROTTLED}, *[{0: THROTTLED}] * ATTEMPTS])
    work = replay(journal)
    tally = put(some(4), stream, work)
    assert len(stream.calls) == ATTEMPTS
    assert work.refusals[0].at.value == 3
    assert work.records == 2
    assert [work.accepted(one, ARN) for one in tally.verdicts()] == [True, False]
    assert journal.states["m1"][-1].startswith("refused")


def test_a_lost_answer_is_in_doubt() -> None:
    journal = Remembered()
    doubt: PutOutcome = Unconfirmed("ReadTimeoutError", "no answer")
    stream = ScriptedStream([dict.fromkeys(range(4), doubt)])
    work = replay(journal)
    put(some(4), stream, work)
    assert stream.calls == [4]
    assert work.refusals[0].in_doubt
    assert {states[-1] for states in journal.states.values()} == {"in doubt ReadTimeoutError"}


def test_changes_of_items_cant_be_put() -> None:
    [plan] = shard_plans([pointer(1, 1, "m")])
    work = replay(Remembered())
    sink = PutSink(plan.shard, work, ScriptedStream(), work.lane(plan.shard, ARN))
    record = DynamoRecord(SequenceNumber.parse("1"), {}, None, 1)
    assert not sink.take(record, plan.batches)


refusals = st.lists(st.sets(st.integers(0, 5), max_size=5), max_size=6)


@given(st.integers(1, 30), refusals)
def test_every_record_is_put_once(count: int, refused: list[set[int]]) -> None:
    stream = ScriptedStream([dict.fromkeys(some_of, THROTTLED) for some_of in refused])
    records = some(count)
    work = replay(Remembered())
    put(records, stream, work, cuts=1)
    assert sorted(one.sequence.value for one in stream.taken) == list(range(1, count + 1))
    assert work.records == count
