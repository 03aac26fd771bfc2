"""Lenient reading of JSON that somebody else wrote: absent, null and odd values are None."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

# Deeper than any AWS record, and shallow enough for every recursive printer that comes after:
# the parser itself gives up only near Python's recursion limit, where a printer would then fail.
MAX_DEPTH = 200

_DIGITS = re.compile(r"[+-]?[0-9]{1,18}\Z")


def _reject(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:40]} does not fit a float")
    return number


# json.loads would build a decoder for every call that has hooks.
_DECODER = json.JSONDecoder(parse_constant=_reject, parse_float=_finite)


def parse_json(text: str) -> object | None:
    """The JSON value in `text`; None when it is not JSON (or is `null`).

    NaN, Infinity, numbers that overflow, integers of thousands of digits and nesting deeper than
    MAX_DEPTH count as "not JSON": what is returned can always be written out again as JSON.
    """
    try:
        document: object = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    # Counting brackets is cheap and rules out nearly every body that is not nested too deep.
    if text.count("[") + text.count("{") > MAX_DEPTH and _deeper_than_allowed(document):
        return None
    return document


def _deeper_than_allowed(document: object) -> bool:
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def mapping(document: object, *path: str) -> Mapping[str, object] | None:
    """The object at `path`, or None when any step is absent or is not an object."""
    for step in path:
        if not isinstance(document, dict):
            return None
        document = document.get(step)
    return document if isinstance(document, dict) else None


def text(document: object, *path: str) -> str | None:
    """The non-empty string at `path`; a number is given as its text."""
    *parents, last = path
    parent = mapping(document, *parents)
    value = parent.get(last) if parent is not None else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return str(value)
    return value if isinstance(value, str) and value else None


def whole_number(value: object) -> int | None:
    """`3` and `"3"` as 3; anything else, 3.5 and True included, is None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _DIGITS.match(value):
        return int(value)
    return None


def number(document: object, *path: str) -> int | None:
    """The whole number at `path`, written as a number or as a string."""
    *parents, last = path
    parent = mapping(document, *parents)
    return whole_number(parent.get(last)) if parent is not None else None


def moment(document: object, *path: str) -> datetime | None:
    """The ISO 8601 time at `path`, in UTC; a time without an offset is taken as UTC."""
    *parents, last = path
    parent = mapping(document, *parents)
    written = parent.get(last) if parent is not None else None
    if not isinstance(written, str):
        return None
    try:
        parsed = datetime.fromisoformat(written)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
