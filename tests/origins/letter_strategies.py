"""Hypothesis strategies: letters that nobody would send, made of parts that somebody does."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from dlqctl.documents import parse_json
from dlqctl.letters import DeadLetter, MessageAttribute
from tests.origins.corpus import QUEUE_ARN, cases


def _walk(value: object) -> Iterator[tuple[str, object]]:
    match value:
        case dict():
            for key, child in value.items():
                yield "key", key
                yield from _walk(child)
        case list():
            for child in value:
                yield from _walk(child)
        case str():
            yield "word", value
            if value.startswith("{"):
                yield from _walk(parse_json(value))


_LETTERS = [case.letter for case in cases()]
_FOUND = {found for letter in _LETTERS for found in _walk(letter.body)}
# What the letters on file are made of: an origin's own keys come with its first letter.
KEYS = sorted(str(found) for kind, found in _FOUND if kind == "key")
WORDS = sorted(str(found) for kind, found in _FOUND if kind == "word" and len(str(found)) < 120)
WORDS += ["0001-01-01T00:00:00+14:00", "true", "-1", "4e5", "200", "$(id)"]
ATTRIBUTE_NAMES = sorted({name for letter in _LETTERS for name in letter.attributes})

_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**55, max_value=10**56)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=20)
)
json_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=8)
    ),
    max_leaves=25,
)
_objects = st.dictionaries(st.sampled_from(KEYS), json_values, max_size=8).map(json.dumps)


def _notification(message: str) -> str:
    return json.dumps({"Type": "Notification", "TopicArn": "arn:aws:sns:r:1:t", "Message": message})


bodies = st.text(max_size=60) | json_values.map(json.dumps) | _objects
bodies = bodies | bodies.map(_notification)
_values = st.sampled_from(WORDS) | st.text(max_size=20) | st.binary(max_size=10)
attributes = st.dictionaries(
    st.sampled_from(ATTRIBUTE_NAMES) | st.text(min_size=1, max_size=8),
    st.builds(MessageAttribute, st.sampled_from(["String", "Number", "Binary.x"]), _values),
    max_size=6,
)
_OBJECTS = [
    (letter, document)
    for letter in _LETTERS
    if isinstance(document := parse_json(letter.body), dict) and document
]


def _paths(document: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(document, dict):
        for key, child in document.items():
            yield (*path, key)
            yield from _paths(child, (*path, key))


@st.composite
def damaged_letters(draw: st.DrawFn) -> DeadLetter:
    """A letter on file with one field of its body gone or replaced by something odd."""
    letter, document = draw(st.sampled_from(_OBJECTS))
    *parents, last = draw(st.sampled_from(list(_paths(document))))
    document = deepcopy(document)
    parent: Any = document
    for step in parents:
        parent = parent[step]
    if draw(st.booleans()):
        del parent[last]
    else:
        parent[last] = draw(json_values)
    return replace(letter, body=json.dumps(document))


arbitrary_letters = st.builds(
    DeadLetter,
    message_id=st.text(max_size=10),
    queue_arn=st.just(QUEUE_ARN) | st.text(max_size=30),
    body=bodies,
    attributes=attributes,
    receive_count=st.integers(min_value=0, max_value=2**31),
    sent_at=st.none() | st.datetimes(timezones=st.timezones()),
    expires_at=st.none() | st.datetimes(timezones=st.timezones()),
    source_queue_arn=st.none() | st.just(QUEUE_ARN) | st.text(max_size=10),
    group_id=st.none() | st.text(max_size=10),
)
letters = damaged_letters() | arbitrary_letters
