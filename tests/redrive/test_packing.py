"""Batches by count and by bytes, and rounds of one message a group."""

from __future__ import annotations

from itertools import chain, pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from dlqctl.letters import DeadLetter, MessageAttribute
from dlqctl.queues import MAX_BATCH_BYTES, MAX_BATCH_ENTRIES, Outgoing
from dlqctl.redrive.packing import message_bytes, pack, rounds
from tests.fakes.sqs_checks import size_of

_values = st.one_of(
    st.builds(MessageAttribute, st.sampled_from(["String", "Number.é"]), st.text(max_size=30)),
    st.builds(MessageAttribute, st.just("Binary.gz"), st.binary(max_size=30)),
)
_letters = st.builds(
    DeadLetter,
    message_id=st.uuids().map(str),
    queue_arn=st.just("arn"),
    body=st.text(max_size=40) | st.integers(1, 1_200_000).map("x".__mul__),
    attributes=st.dictionaries(st.text("abcé", min_size=1, max_size=5), _values, max_size=3),
)
_outgoing = st.lists(
    st.builds(Outgoing, _letters, group_id=st.sampled_from([None, "a", "b", "c"])), max_size=40
)


@given(_outgoing)
def test_nothing_is_lost_doubled_or_moved(outgoing: list[Outgoing]) -> None:
    assert list(chain.from_iterable(pack(outgoing))) == outgoing


@given(_outgoing)
def test_batches_keep_to_count_and_bytes(outgoing: list[Outgoing]) -> None:
    for batch in pack(outgoing):
        assert 1 <= len(batch) <= MAX_BATCH_ENTRIES
        size = sum(message_bytes(one.letter) for one in batch)
        assert size <= MAX_BATCH_BYTES or len(batch) == 1


@given(_outgoing)
def test_batches_are_as_full_as_they_can_be(outgoing: list[Outgoing]) -> None:
    batches = list(pack(outgoing))
    for batch, following in pairwise(batches):
        size = sum(message_bytes(one.letter) for one in [*batch, following[0]])
        assert len(batch) == MAX_BATCH_ENTRIES or size > MAX_BATCH_BYTES


@given(_letters)
@example(DeadLetter("m", "q", "é漢😀", {"ä": MessageAttribute("String.ü", "ö")}))
def test_bytes_are_counted_as_sqs_counts_them(letter: DeadLetter) -> None:
    entry = {
        "MessageBody": letter.body,
        "MessageAttributes": {
            name.encode().decode("latin-1"): {
                "DataType": value.data_type.encode().decode("latin-1"),
                "BinaryValue" if isinstance(value.value, bytes) else "StringValue": value.value,
            }
            for name, value in letter.attributes.items()
        },
    }
    assert message_bytes(letter) == size_of(entry)


def test_a_lone_surrogate_has_a_size() -> None:
    assert message_bytes(DeadLetter("m", "q", "\ud800")) == 3


@given(_outgoing)
def test_a_round_holds_one_message_of_a_group_and_the_first_that_is_left(
    outgoing: list[Outgoing],
) -> None:
    turns = list(rounds(outgoing))
    for turn in turns:
        groups = [one.group_id for one in turn]
        assert len(groups) == len(set(groups)) > 0
    for group in (None, "a", "b", "c"):
        sent = [one for turn in turns for one in turn if one.group_id == group]
        assert sent == [one for one in outgoing if one.group_id == group]
    longest = max(sum(o.group_id == g for o in outgoing) for g in (None, "a", "b", "c"))
    assert len(turns) == longest
