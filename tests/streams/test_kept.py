"""Records that came with their pointers, in one order with those of the stream."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dlqctl.letters import SequenceNumber
from dlqctl.streams.kept import Source, in_order
from dlqctl.streams.records import KinesisRecord


def record(number: int) -> KinesisRecord:
    return KinesisRecord(SequenceNumber(number, str(number)), b"", None, None)


def source(numbers: list[int], opened: list[int] | None = None) -> Source:
    def open_it() -> list[KinesisRecord]:
        if opened is not None:
            opened.append(numbers[0])
        return [record(number) for number in numbers]

    return Source(SequenceNumber(numbers[0], str(numbers[0])), open_it)


sources = st.lists(st.sets(st.integers(0, 60), min_size=1, max_size=10).map(sorted), max_size=10)


@given(sources, st.one_of(st.none(), st.integers(0, 60)))
def test_each_record_once_in_order(given_sources: list[list[int]], after: int | None) -> None:
    last = SequenceNumber(after, str(after)) if after is not None else None
    merged = list(in_order([source(one) for one in given_sources], after=last))
    wanted = {number for one in given_sources for number in one}
    if after is not None:
        wanted = {number for number in wanted if number > after}
    assert [one.sequence.value for one in merged] == sorted(wanted)


def test_a_source_is_opened_when_its_turn_comes() -> None:
    opened: list[int] = []
    merged = in_order([source([5, 6], opened), source([1, 2], opened)])
    next(merged)
    assert opened == [1]
    next(merged)
    next(merged)
    assert opened == [1, 5]
