"""Selecting: every option, what a bad expression is told, and what a resumed run selects again."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlqctl import origins
from dlqctl.errors import UsageError
from dlqctl.letters import DeadLetter, FailureError, FailureRecord, MessageAttribute
from dlqctl.record import record_document
from dlqctl.selection import Selection, compile_expression, is_true, selection
from tests.origins.letter_strategies import letters

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
ID = "0b1c2d3e-4f50-4a61-b273-8495a6b7c8d9"
ORDERS = "arn:aws:sqs:eu-west-1:111122223333:orders"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:orders"


def record(**more: Any) -> FailureRecord:
    letter: dict[str, Any] = {
        "message_id": ID,
        "queue_arn": "arn:aws:sqs:eu-west-1:111122223333:dlq",
        "body": '{"total": 12, "items": [{"price": 5}, {"price": 7}], "note": "Late"}',
        "attributes": {"tenant": MessageAttribute("String", "a")},
        "receive_count": 3,
        "sent_at": NOW - timedelta(hours=2),
    }
    outer = {"origin": "sqs", "source": ORDERS, "error": FailureError(type="KeyError")}
    for name, value in more.items():
        (outer if name in outer else letter)[name] = value
    return FailureRecord(letter=DeadLetter(**letter), **outer)


def holds(where: str, **more: Any) -> bool:
    return selection(where=[where]).selects(record(**more), now=NOW)


# ── --where ──


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("error.type == 'KeyError'", True),
        ("error.type == 'ValueError'", False),
        ("receive_count > `2`", True),
        ("attributes.tenant.value == 'a'", True),
        ("body.total == `12`", True),
        ("body.items[?price > `6`]", True),
        ("body.items[?price > `60`]", False),
        ("max_by(body.items, &price).price == `7`", True),
        ("sort_by(body.items, &price)[0].price == `5`", True),
        ("map(&price, body.items) == `[5, 7]`", True),
        ("body.items[*].price | [0]", True),
        ("contains(body_text, 'total')", True),
        ("matches(body.note, '^L.te$')", True),
        ("matches(body.none, '.')", False),
        ("lower(body.note) == 'late'", True),
        ("lower(body.none) == `null`", True),
        ("json('{\"a\": 1}').a == `1`", True),
        ("json(body.note)", False),
        ("body.none", False),
        ("body.total && !(body.none)", True),
        ("`0`", True),
        ("`false`", False),
        ("''", False),
        ("`[]`", False),
        ("pointer", False),
        ("{a: origin, b: source}.a == 'sqs'", True),
        ("[origin, source] | [0] == 'sqs'", True),
        ("@.origin == 'sqs'", True),
        ("to_number('nan')", False),
        ("to_number('1e999')", False),
        ("to_number('12') == `12`", True),
    ],
)
def test_expressions_see_what_peek_shows(expression: str, expected: bool) -> None:
    assert holds(expression) is expected


def test_all_expressions_must_hold() -> None:
    both = ["receive_count > `2`", "error.type == 'KeyError'"]
    assert selection(where=both).selects(record(), now=NOW)
    assert not selection(where=[*both, "body.none"]).selects(record(), now=NOW)


@pytest.mark.parametrize(
    "expression", ["length(receive_count)", "matches(body_text, body.note.x || '[')", "sum(body)"]
)
def test_what_has_no_value_is_not_selected_and_counted(expression: str) -> None:
    chosen = selection(where=[expression])
    assert not chosen.selects(record(), now=NOW)
    assert not chosen.selects(record(), now=NOW)
    assert chosen.unjudged.count == 2
    assert chosen.unjudged.why


@pytest.mark.parametrize(
    ("expression", "said", "column"),
    [
        ("error.type = 'x'", "", 12),
        ("error.type ==", "it ends too early", 14),
        ("foo == 'x'", "a record has no field 'foo'", 1),
        ("origin == 'sqs' && sauce", "a record has no field 'sauce'", 20),
        ("origin == 'bodyx' && bodyx", "a record has no field 'bodyx'", 22),
        ("error.tipe && tipe", "a record has no field 'tipe'", 15),
        ("length(lenth(body))", "there is no function lenth()", 8),
        ("origin == 'lenth' && lenth(body)", "there is no function lenth()", 22),
        ("contains(body_text)", "contains() takes 2 arguments, not 1", 1),
        ("body_text == 'lower' && lower()", "lower() takes 1 arguments, not 0", 25),
        ("matches(body_text, 'a(b')", "bad regular expression", 22),
        ("&origin", "a value, not an expression, is needed", 1),
        ("error.type == 'KeyError", "", 15),
        ("é.x", "", 1),
    ],
)
def test_bad_expressions_point_at_the_column(expression: str, said: str, column: int) -> None:
    with pytest.raises(UsageError) as raised:
        compile_expression(expression, option="--where")
    message = raised.value.message
    assert message.startswith("--where: ")
    assert said in message
    found = re.search(r"at column (\d+): (.*)", message, re.DOTALL)
    assert found, message
    assert int(found[1]) == column, message
    assert found[2] == f"{expression[: column - 1]}▸{expression[column - 1 :]}"


def test_an_empty_expression_is_told() -> None:
    with pytest.raises(UsageError, match="--query: the expression is empty"):
        compile_expression("", option="--query")


@given(st.text(max_size=40) | st.lists(
    st.sampled_from(["body", "origin", ".", "==", "'x'", "(", ")", "[", "]", "?", "&", "&&", "||",
                     "`1`", "length", "matches", ",", "*", "@", "|", "{", "}", ":", " ", "foo"]),
    max_size=12,
).map("".join))  # fmt: skip
def test_any_text_is_an_expression_or_a_usage_error(text: str) -> None:
    with suppress(UsageError):
        compile_expression(text, option="--where").of(record_document(record()))


@given(letters)
def test_any_letter_can_be_asked(letter: DeadLetter) -> None:
    chosen = selection(
        where=[
            "matches(body_text, 'a') || lower(error.message) == 'x' || length(json(body_text))",
            "to_number(body_text) != `3`",
        ]
    )
    assert chosen.selects(origins.decode(letter), now=NOW) in (True, False)


# ── the other options ──


@pytest.mark.parametrize(
    ("asked", "selected"), [(ID, True), (ID[:8], True), (ID[:20], True), (ID[1:], False)]
)
def test_ids_are_whole_or_their_first_characters(asked: str, selected: bool) -> None:
    assert selection(ids=[asked, "another-id"]).selects(record(), now=NOW) is selected


def test_an_id_too_short_is_refused() -> None:
    with pytest.raises(UsageError, match="--id: '0b1c2d3' is too short"):
        selection(ids=[ID[:7]])


def test_found_all_only_with_whole_ids() -> None:
    assert selection(ids=[ID]).found_all(set())
    assert not selection(ids=[ID]).found_all({ID})
    assert not selection(ids=[ID[:8]]).found_all(set())
    assert not selection().found_all(set())


def test_origins_any_of_them() -> None:
    assert selection(origin=["sqs", "sns"]).selects(record(), now=NOW)
    assert not selection(origin=["sns"]).selects(record(), now=NOW)
    with pytest.raises(UsageError) as raised:
        selection(origin=["sqss"])
    assert raised.value.hint
    assert "lambda-stream" in raised.value.hint


@pytest.mark.parametrize(
    ("source", "asked", "selected"),
    [
        (ORDERS, ORDERS, True),
        (ORDERS, "orders", True),
        (ORDERS, "https://sqs.eu-west-1.amazonaws.com/111122223333/orders", True),
        (ORDERS, "order", False),
        (ORDERS, ORDERS[:-1], False),
        (f"{FUNCTION}:$LATEST", FUNCTION, True),
        (f"{FUNCTION}:$LATEST", f"{FUNCTION}:$LATEST", True),
        (f"{FUNCTION}:$LATEST", "orders", True),
        (f"{FUNCTION}:live", f"{FUNCTION}:test", False),
        ("arn:aws:events:eu-west-1:111122223333:rule/nightly", "nightly", True),
        (None, "orders", False),
    ],
)
def test_sources_by_arn_url_or_name(source: str | None, asked: str, selected: bool) -> None:
    assert selection(source=asked).selects(record(source=source), now=NOW) is selected


@pytest.mark.parametrize(
    ("older", "newer", "selected"),
    [
        (timedelta(hours=1), None, True),
        (timedelta(hours=2), None, False),
        (timedelta(hours=3), None, False),
        (None, timedelta(hours=1), False),
        (None, timedelta(hours=2), False),
        (None, timedelta(hours=3), True),
        (timedelta(hours=1), timedelta(hours=3), True),
        (timedelta(0), None, True),
    ],
)
def test_ages(older: timedelta | None, newer: timedelta | None, selected: bool) -> None:
    chosen = selection(older_than=older, newer_than=newer)
    assert chosen.selects(record(), now=NOW) is selected
    assert not chosen.selects(record(sent_at=None), now=NOW)


def test_nothing_asked_for_is_everything() -> None:
    assert selection().everything
    assert selection().selects(record(sent_at=None, source=None), now=NOW)
    for asked in ({"where": ["body"]}, {"ids": [ID]}, {"origin": ["sqs"]}, {"source": "x"}):
        assert not selection(**asked).everything  # type: ignore[arg-type]
    assert not selection(older_than=timedelta(0)).everything


_ages = st.none() | st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=20))


@given(
    where=st.lists(st.sampled_from(["body", "receive_count > `2`", "error.type == 'é\"'"])),
    ids=st.lists(st.sampled_from([ID, ID[:8], "another-id"])),
    origin=st.lists(st.sampled_from(["sqs", "sns"])),
    source=st.none() | st.sampled_from([ORDERS, "orders", "other"]),
    older_than=_ages,
    newer_than=_ages,
)
def test_a_selection_survives_the_journal(**asked: Any) -> None:
    chosen = selection(**asked)
    again = Selection.from_json(chosen.as_json())
    assert again.as_json() == chosen.as_json()
    assert again.everything is chosen.everything
    for one in (record(), record(source=None, error=None), record(sent_at=None)):
        assert again.selects(one, now=NOW) is chosen.selects(one, now=NOW)


@pytest.mark.parametrize("value", [None, False, "", [], {}])
def test_false_values(value: object) -> None:
    assert not is_true(value)


@pytest.mark.parametrize("value", [0, 0.0, True, "x", [0], {"a": None}])
def test_true_values(value: object) -> None:
    assert is_true(value)
