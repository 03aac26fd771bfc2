"""Sequence numbers and letters."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlqctl.letters import DeadLetter, MessageAttribute, SequenceNumber

NEAR = "49668899400000000000000000000000000000000000000000000009"
NEXT = "49668899400000000000000000000000000000000000000000000010"


@given(*[st.integers(min_value=0, max_value=10**56)] * 2)
@settings(max_examples=100, deadline=None)
def test_sequence_numbers_compare_as_integers(one: int, other: int) -> None:
    first, second = SequenceNumber.parse(str(one)), SequenceNumber.parse(str(other))
    assert (first < second) == (one < other)
    assert (first == second) == (one == other)
    assert first.text == str(one)


def test_neighbours_that_a_float_cannot_tell_apart() -> None:
    assert float(NEAR) == float(NEXT)
    assert SequenceNumber.parse(NEAR) < SequenceNumber.parse(NEXT)
    assert SequenceNumber.parse("9") < SequenceNumber.parse("10")


@pytest.mark.parametrize(
    "written", ["", "-1", "+1", "1.0", "1e5", " 1", "1\n", "٣", "0x1", "9" * 5000]
)
def test_what_is_not_a_sequence_number(written: str) -> None:
    with pytest.raises(ValueError, match=r"sequence number|integer string"):
        SequenceNumber.parse(written)


def test_a_text_attribute_is_text() -> None:
    letter = DeadLetter(
        "m",
        "q",
        "",
        {"s": MessageAttribute("String.x", "a"), "b": MessageAttribute("Binary", b"a")},
    )
    assert letter.text_attribute("s") == "a"
    assert letter.text_attribute("b") is None
    assert letter.text_attribute("absent") is None


def test_letters_are_frozen() -> None:
    letter = DeadLetter("m", "q", "")
    with pytest.raises(dataclasses.FrozenInstanceError):
        letter.body = "x"  # type: ignore[misc]
