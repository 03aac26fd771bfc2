"""Lenient reading: whatever is absent, null or odd is None."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlqctl.documents import (
    MAX_DEPTH,
    mapping,
    moment,
    number,
    parse_json,
    text,
    whole_number,
)
from tests.origins.letter_strategies import json_values

DOCUMENT = {
    "name": "orders",
    "empty": "",
    "count": 3,
    "written": "42",
    "long": 10**55,
    "share": 0.5,
    "yes": True,
    "none": None,
    "list": [1],
    "inner": {"name": "deep"},
    "at": "2026-11-20T10:11:12.345Z",
}


@given(json_values)
@settings(max_examples=200, deadline=None)
def test_json_is_read_as_json(value: object) -> None:
    assert parse_json(json.dumps(value)) == value


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_is_none(written: str) -> None:
    json.dumps(parse_json(written), allow_nan=False)


@pytest.mark.parametrize(
    "written",
    ["", "hello", "{", "[1,]", "NaN", "[Infinity]", '{"a": -Infinity}', "1e999", "9" * 5000],
)
def test_what_is_not_json_is_none(written: str) -> None:
    assert parse_json(written) is None


def test_depth_has_a_limit() -> None:
    assert parse_json("[" * MAX_DEPTH + "]" * MAX_DEPTH) is not None
    assert parse_json("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)) is None
    assert parse_json('{"a":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1)) is None
    assert parse_json("[[]" + ",[]" * MAX_DEPTH + "]") is not None
    assert parse_json(json.dumps("[" * 1000)) == "[" * 1000


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), DOCUMENT),
        (("inner",), {"name": "deep"}),
        (("inner", "name"), None),
        (("list",), None),
        (("none", "x"), None),
        (("absent",), None),
    ],
)
def test_mapping(path: tuple[str, ...], expected: object) -> None:
    assert mapping(DOCUMENT, *path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("name",), "orders"),
        (("inner", "name"), "deep"),
        (("empty",), None),
        (("count",), "3"),
        (("long",), "1" + "0" * 55),
        (("share",), "0.5"),
        (("yes",), None),
        (("none",), None),
        (("list",), None),
        (("name", "x"), None),
        (("absent",), None),
    ],
)
def test_text(path: tuple[str, ...], expected: str | None) -> None:
    assert text(DOCUMENT, *path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("count",), 3),
        (("written",), 42),
        (("long",), 10**55),
        (("name",), None),
        (("share",), None),
        (("yes",), None),
        (("none",), None),
    ],
)
def test_number(path: tuple[str, ...], expected: int | None) -> None:
    assert number(DOCUMENT, *path) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3", 3), ("-3", -3), ("3.0", None), ("3\n", None), ("٣", None), ("9" * 19, None), ("", None)],
)
def test_whole_number(value: str, expected: int | None) -> None:
    assert whole_number(value) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-20T10:11:12.345Z", datetime(2026, 11, 20, 10, 11, 12, 345000, UTC)),
        ("2026-11-20T10:11:12Z", datetime(2026, 11, 20, 10, 11, 12, 0, UTC)),
        ("2026-11-20T12:11:12+02:00", datetime(2026, 11, 20, 10, 11, 12, 0, UTC)),
        ("2026-11-20T10:11:12", datetime(2026, 11, 20, 10, 11, 12, 0, UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("yesterday", None),
        (20261120, None),
        (None, None),
    ],
)
def test_moment(written: object, expected: datetime | None) -> None:
    assert moment({"at": written}, "at") == expected


@given(json_values, st.lists(st.sampled_from(["requestContext", "condition", "x"]), min_size=1))
@settings(max_examples=200, deadline=None)
def test_no_document_is_too_odd(document: object, path: list[str]) -> None:
    mapping(document, *path)
    text(document, *path)
    number(document, *path)
    moment(document, *path)
