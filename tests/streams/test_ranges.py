"""Pointers merged into ranges, and which of them name a record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dlqctl.letters import SequenceNumber
from dlqctl.streams.pages import StreamFacts
from dlqctl.streams.plan import most_urgent_first, planned_ranges
from dlqctl.streams.ranges import Cover, SequenceRange, gone_by, gone_from, merged, shard_plans
from tests.streams.engine import batch

ARN = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders"
BASE = 49 * 10**54


def span(start: int, end: int) -> SequenceRange:
    return SequenceRange(SequenceNumber(start, str(start)), SequenceNumber(end, str(end)))


numbers = st.one_of(st.integers(0, 40), st.integers(BASE, BASE + 40))
ranges = st.lists(
    st.tuples(numbers, st.integers(0, 15)).map(lambda pair: span(pair[0], sum(pair))), max_size=30
)


@given(ranges)
def test_merged_is_the_union_in_order_and_apart(given_ranges: list[SequenceRange]) -> None:
    union = merged(given_ranges)

    def inside(some: list[SequenceRange]) -> set[int]:
        return {n for one in some for n in range(one.start.value, one.end.value + 1)}

    assert inside(union) == inside(given_ranges)
    for earlier, later in pairwise(union):
        assert earlier.end.value + 1 < later.start.value


def test_merged_compares_integers_not_text() -> None:
    assert merged([span(9, 9), span(10, 11), span(100, 100)]) == [span(9, 11), span(100, 100)]


@given(ranges, numbers)
def test_cover_names_exactly_the_ranges_that_hold_a_number(
    given_ranges: list[SequenceRange], number: int
) -> None:
    ordered = sorted(given_ranges, key=lambda one: (one.start, one.end))
    wanted = [n for n, one in enumerate(ordered) if one.start.value <= number <= one.end.value]
    assert Cover(ordered).naming(SequenceNumber(number, str(number))) == wanted


def test_a_message_that_was_received_twice_counts_once() -> None:
    one = batch(ARN, "1", "5", shard_id="a", message_id="m1")
    [plan] = shard_plans([one, one, batch(ARN, "4", "9", shard_id="a", message_id="m2")])
    assert [named.message_id for named in plan.batches] == ["m1", "m2"]
    assert [(one.start.value, one.end.value) for one in plan.ranges] == [(1, 9)]


def test_what_expires_first_comes_first_and_unknown_age_before_it() -> None:
    now = 1_790_000_000.0
    plans = shard_plans(
        [
            batch(ARN, "1", "5", shard_id="young", message_id="m1", arrived=now),
            batch(ARN, "1", "5", shard_id="old", message_id="m2", arrived=now - 3600),
            batch(ARN, "1", "5", shard_id="ageless", message_id="m3"),
        ]
    )
    facts = {ARN: StreamFacts(timedelta(hours=24))}
    ordered = most_urgent_first(plans, facts)
    assert [plan.shard.shard_id for plan in ordered] == ["ageless", "old", "young"]
    planned = planned_ranges(ordered, facts)
    assert [one.shard.shard_id for one in planned] == ["ageless", "old", "young"]
    assert planned[1].gone_from == datetime.fromtimestamp(now - 3600 + 24 * 3600, UTC)


def test_a_date_beyond_the_calendar_has_no_expiry() -> None:
    late = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
    one = batch(ARN, "1", "5", shard_id="a", message_id="m1", arrived=late)
    assert gone_from(one, timedelta(days=365)) is None
    assert gone_by(one, timedelta(days=365)) is None
