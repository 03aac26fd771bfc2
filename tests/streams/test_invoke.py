"""`--replay invoke`: batches as the pointers had them, in order, ended by the first failure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlqctl.letters import SequenceNumber
from dlqctl.streams.invoke import Answered, InvokeSink
from dlqctl.streams.ranges import FailedBatch, Shard, ShardPlan, shard_plans
from dlqctl.streams.records import KinesisRecord
from dlqctl.streams.replay import ATTEMPTS, NotAccepted, Replay, Unconfirmed
from dlqctl.streams.tally import Tally
from tests.streams.engine import batch
from tests.streams.handing import Remembered, ScriptedFunctions, numbers_of, replay

ARN = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders"
SHARD = "shardId-000000000000"
F, G = "arn:aws:lambda:eu-west-1:111122223333:function:f:live", "g"


def pointer(first: int, last: int, name: str, *, function: str | None = F) -> FailedBatch:
    return batch(ARN, str(first), str(last), shard_id=SHARD, message_id=name, function=function)


def hand(
    batches: Sequence[FailedBatch],
    numbers: Sequence[int],
    functions: ScriptedFunctions,
    *,
    work: Replay,
    data: Callable[[int], bytes] = lambda _: b"x",
    target_of: Callable[[FailedBatch], str | None] = lambda one: one.function_arn,
    max_bytes: int = 6 * 1024 * 1024 - 1,
) -> tuple[ShardPlan, Tally, bool]:
    """Pass records through a sink as a fetch does; whether it wanted all of them."""
    [plan] = shard_plans(batches)
    tally = Tally(plan)
    targets = frozenset(target for one in batches if (target := target_of(one)))
    sink = InvokeSink(plan.shard, work, functions, target_of, targets, max_bytes)
    for number in numbers:
        sequence = SequenceNumber(number, str(number))
        record = KinesisRecord(sequence, data(number), "k", None)
        named = tally.count(sequence)
        if named and not sink.take(record, named):
            return plan, tally, False
    sink.close()
    return plan, tally, True


def failing_on(bad: int) -> Callable[[str, dict[str, Any]], Answered]:
    def answer(_: str, event: dict[str, Any]) -> Answered:
        if bad in numbers_of(event):
            return Answered(b'{"errorType":"KeyError","errorMessage":"total"}', "Unhandled")
        return Answered(b"null")

    return answer


def test_batches_as_the_pointers_had_them() -> None:
    journal, functions = Remembered(), ScriptedFunctions()
    hand([pointer(1, 3, "a"), pointer(5, 6, "b")], range(1, 10), functions, work=replay(journal))
    assert functions.numbers(F) == [[1, 2, 3], [5, 6]]
    assert journal.states == {"a": ["sending", "accepted"], "b": ["sending", "accepted"]}
    [first, _] = functions.events
    assert first[1]["Records"][0]["invokeIdentityArn"] == f"role-of-{F}"


def test_where_pointers_overlap_no_record_comes_twice() -> None:
    journal, functions = Remembered(), ScriptedFunctions()
    batches = [pointer(1, 4, "a"), pointer(3, 6, "b"), pointer(2, 3, "inside"), pointer(1, 4, "a2")]
    hand(batches, range(1, 7), functions, work=replay(journal))
    assert functions.numbers(F) == [[1, 2, 3, 4], [5, 6]]
    assert {name: states[-1] for name, states in journal.states.items()} == dict.fromkeys(
        ["a", "b", "inside", "a2"], "accepted"
    )


def test_each_function_that_failed_gets_the_record() -> None:
    functions = ScriptedFunctions()
    batches = [pointer(1, 3, "a"), pointer(2, 4, "b", function=G)]
    hand(batches, range(1, 5), functions, work=replay(Remembered()))
    assert functions.numbers(F) == [[1, 2, 3]]
    assert functions.numbers(G) == [[2, 3, 4]]


def test_another_function_gets_everything_once() -> None:
    functions = ScriptedFunctions()
    batches = [
        pointer(1, 3, "a"),
        pointer(2, 4, "b", function=G),
        pointer(4, 4, "p", function=None),
    ]
    hand(batches, range(1, 5), functions, work=replay(Remembered()), target_of=lambda _: "other")
    assert functions.numbers("other") == [[1, 2, 3], [4]]


def test_the_first_failure_ends_the_shard_for_that_function_only() -> None:
    journal, functions = Remembered(), ScriptedFunctions(failing_on(3))
    batches = [pointer(1, 2, "a"), pointer(3, 4, "b"), pointer(5, 6, "c")]
    batches.append(pointer(5, 6, "other", function=G))
    work = replay(journal)
    _, tally, to_the_end = hand(batches, range(1, 7), functions, work=work)
    assert functions.numbers(F) == [[1, 2], [3, 4]]
    assert functions.numbers(G) == [[5, 6]]
    assert to_the_end
    assert journal.states["b"] == ["sending", "refused FunctionError"]
    assert "c" not in journal.states
    [refusal] = work.refusals
    assert (refusal.at.value, refusal.message) == (3, "KeyError: total")
    accepted = {
        one.batch.message_id: work.accepted(one, one.batch.function_arn) for one in tally.verdicts()
    }
    assert accepted == {"a": True, "b": False, "c": False, "other": True}


def test_no_more_is_read_when_every_function_has_failed() -> None:
    functions = ScriptedFunctions(failing_on(1))
    _, _, wanted_all = hand(
        [pointer(1, 1, "a"), pointer(2, 3, "b")], range(1, 4), functions, work=replay(Remembered())
    )
    assert not wanted_all


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        (None, [1, 2, 3, 4]),
        ({}, [1, 2, 3, 4]),
        ({"batchItemFailures": []}, [1, 2, 3, 4]),
        ({"batchItemFailures": None}, [1, 2, 3, 4]),
        ({"batchItemFailures": [{"itemIdentifier": "3"}]}, [1, 2]),
        ({"batchItemFailures": [{"itemIdentifier": "4"}, {"itemIdentifier": "2"}]}, [1]),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, []),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, []),
        ({"batchItemFailures": [{"wrongKey": "3"}]}, []),
        ({"batchItemFailures": ["3"]}, []),
        ({"batchItemFailures": [{"itemIdentifier": "99"}]}, []),
        ("text", [1, 2, 3, 4]),
    ],
)
def test_batch_item_failures_as_lambda_reads_them(answer: object, accepted: list[int]) -> None:
    journal = Remembered()
    functions = ScriptedFunctions(lambda *_: Answered(json.dumps(answer).encode()))
    work = replay(journal)
    _, tally, _ = hand([pointer(1, 4, "a")], range(1, 5), functions, work=work)
    [verdict] = tally.verdicts()
    assert work.records == len(accepted)
    assert work.accepted(verdict, F) == (len(accepted) == 4)
    assert journal.states["a"][-1] == (
        "accepted" if len(accepted) == 4 else "refused BatchItemFailures"
    )


def test_throttles_are_waited_out() -> None:
    answers = iter([NotAccepted("TooManyRequestsException", "slow down", retryable=True)] * 3)
    functions = ScriptedFunctions(lambda *_: next(answers, None) or Answered(b"null"))
    waits: list[float] = []
    work = replay(Remembered(), waits)
    hand([pointer(1, 2, "a")], [1, 2], functions, work=work)
    assert work.records == 2
    assert work.calls == 4
    assert len(waits) == 3
    assert waits == sorted(waits)


def test_a_function_that_is_gone_ends_its_shards() -> None:
    functions = ScriptedFunctions(lambda *_: NotAccepted("ResourceNotFoundException", "gone"))
    work = replay(Remembered())
    hand([pointer(1, 2, "a"), pointer(3, 4, "b")], range(1, 5), functions, work=work)
    assert len(functions.events) == 1
    assert [one.code for one in work.refusals] == ["ResourceNotFoundException"]


def test_throttled_for_ever() -> None:
    throttled = NotAccepted("TooManyRequestsException", "slow down", retryable=True)
    functions = ScriptedFunctions(lambda *_: throttled)
    work = replay(Remembered())
    hand([pointer(1, 2, "a")], [1, 2], functions, work=work)
    assert len(functions.events) == ATTEMPTS
    assert work.records == 0


def test_a_lost_answer_is_in_doubt_and_never_repeated() -> None:
    journal = Remembered()
    functions = ScriptedFunctions(lambda *_: Unconfirmed("ReadTimeoutError", "no answer"))
    work = replay(journal)
    hand([pointer(1, 2, "a"), pointer(3, 4, "b")], range(1, 5), functions, work=work)
    assert len(functions.events) == 1
    assert journal.states == {"a": ["sending", "in doubt ReadTimeoutError"]}
    assert work.refusals[0].in_doubt


def test_a_batch_over_six_megabytes_is_split_in_order() -> None:
    journal, functions = Remembered(), ScriptedFunctions()
    work = replay(journal)
    data = b"x" * 1_700_000  # 2.27 MB as an event carries it
    hand([pointer(1, 7, "a")], range(1, 8), functions, work=work, data=lambda _: data)
    assert functions.numbers(F) == [[1, 2], [3, 4], [5, 6], [7]]
    assert work.split == 4
    assert journal.states["a"] == ["sending", "accepted"]


def test_a_record_too_large_for_any_invocation_ends_the_shard() -> None:
    journal, functions = Remembered(), ScriptedFunctions()
    work = replay(journal)
    data = {2: b"x" * 5 * 1024 * 1024}
    hand([pointer(1, 3, "a")], [1, 2, 3], functions, work=work, data=lambda n: data.get(n, b"y"))
    assert functions.numbers(F) == [[1]]
    assert journal.states["a"][-1] == "refused RequestTooLarge"
    assert work.refusals[0].at.value == 2


def test_a_batch_that_lacks_its_last_record_is_handed_over_at_the_end() -> None:
    journal, functions = Remembered(), ScriptedFunctions()
    hand([pointer(1, 9, "a")], [1, 2, 3], functions, work=replay(journal))
    assert functions.numbers(F) == [[1, 2, 3]]
    assert journal.states["a"] == ["sending", "accepted"]


def test_what_was_begun_and_not_finished_is_said_when_a_run_is_stopped() -> None:
    journal, functions = Remembered(), ScriptedFunctions()
    work = replay(journal)
    [plan] = shard_plans([pointer(1, 9, "a")])
    sink = InvokeSink(
        plan.shard, work, functions, lambda one: one.function_arn, frozenset({F}), 600
    )
    for number in (1, 2):
        record = KinesisRecord(SequenceNumber(number, str(number)), b"x", "k", None)
        sink.take(record, plan.batches)
    work.interrupted()
    assert journal.states["a"] == ["sending", "refused Interrupted"]


spans = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 8)), min_size=1, max_size=12)


@given(spans, st.sets(st.integers(1, 40)), st.integers(200, 2_000))
def test_every_record_that_a_pointer_names_is_handed_over_once_in_order(
    given_spans: list[tuple[int, int]], trimmed: set[int], max_bytes: int
) -> None:
    batches = [
        pointer(first, first + length, f"m{n}") for n, (first, length) in enumerate(given_spans)
    ]
    living = [n for n in range(1, 41) if n not in trimmed]
    functions = ScriptedFunctions()
    work = replay(Remembered())
    hand(batches, living, functions, work=work, max_bytes=max(max_bytes, 600))
    named = {
        n for first, length in given_spans for n in range(first, first + length + 1) if n in living
    }
    handed = [number for numbers in functions.numbers(F) for number in numbers]
    assert handed == sorted(named)
    for numbers in functions.numbers(F):
        assert any(
            first <= numbers[0] and numbers[-1] <= first + length for first, length in given_spans
        ), "a batch is never larger than a pointer's"


def test_a_shard_of_its_own_has_lanes_of_its_own() -> None:
    work = replay(Remembered())
    assert work.lane(Shard(ARN, "a"), F) is work.lane(Shard(ARN, "a"), F)
    assert work.lane(Shard(ARN, "a"), F) is not work.lane(Shard(ARN, "b"), F)
