"""What to act on: `--where`, `--id`, `--origin` … as one predicate over failure records."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import jmespath
from jmespath import exceptions as jmespath_errors
from jmespath import functions
from jmespath.lexer import Lexer
from jmespath.parser import ParsedResult

from dlqctl import origins
from dlqctl.documents import parse_json
from dlqctl.errors import UsageError
from dlqctl.letters import DeadLetter, FailureRecord
from dlqctl.record import record_document


class _Functions(functions.Functions):
    """JMESPath's own functions, and three that dead letters ask for. Null in, null (no match) out.

    https://jmespath.org/specification.html#built-in-functions
    """

    @functions.signature({"types": ["string", "null"]}, {"types": ["string"]})
    def _func_matches(self, text: str | None, pattern: str) -> bool:
        return text is not None and re.search(pattern, text) is not None

    @functions.signature({"types": ["string", "null"]})
    def _func_lower(self, text: str | None) -> str | None:
        return text.lower() if text is not None else None

    @functions.signature({"types": []})
    def _func_to_number(self, value: object) -> object | None:
        number = super()._func_to_number(value)
        finite = not isinstance(number, float) or math.isfinite(number)
        return number if finite else None  # "nan" and "1e999" are no numbers in JSON

    @functions.signature({"types": ["string", "null"]})
    def _func_json(self, text: str | None) -> object | None:
        return parse_json(text) if text is not None else None


# A table shows the first eight characters of a message id; a whole one is a UUID.
MIN_ID_PREFIX = 8
WHOLE_ID = 36

_OPTIONS = jmespath.Options(custom_functions=_Functions())
_FIELDS = tuple(record_document(FailureRecord(DeadLetter("", "", ""), origins.UNKNOWN)))
_IDENTIFIERS = frozenset({"unquoted_identifier", "quoted_identifier"})
# Nodes whose every child sees what the node itself sees; of all others only the first child does.
_SAME_SCOPE = frozenset(
    {
        "comparator",
        "and_expression",
        "or_expression",
        "not_expression",
        "function_expression",
        "multi_select_list",
        "multi_select_dict",
        "key_val_pair",
    }
)


@dataclass(slots=True)
class Unjudged:
    """Records on which an expression has no value (a function got what it can't take)."""

    count: int = 0
    why: str | None = None

    def add(self, error: Exception) -> None:
        """Count one more; the first reason is kept."""
        self.count += 1
        self.why = self.why or str(error)


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled JMESPath expression over `dlqctl.record/v1`."""

    text: str
    parsed: ParsedResult
    unjudged: Unjudged = field(default_factory=Unjudged, compare=False)

    def of(self, document: Mapping[str, object]) -> Any:
        """The expression's value for one record; None where it has none, counted in `unjudged`."""
        try:
            return self.parsed.search(document, options=_OPTIONS)
        except (jmespath_errors.JMESPathError, re.error) as error:
            self.unjudged.add(error)
            return None


def compile_expression(text: str, *, option: str) -> Expression:
    """`text` compiled, with the names in it checked. Raises UsageError pointing at the column."""
    try:
        parsed = jmespath.compile(text)
    except jmespath_errors.EmptyExpressionError as error:
        raise UsageError(f"{option}: the expression is empty") from error
    except jmespath_errors.LexerError as error:
        raise _at(text, error.lex_position, f"{error.message}", option=option) from error
    except jmespath_errors.ParseError as error:
        said = (
            "it ends too early"
            if error.token_type == "eof"
            else f"unexpected {error.token_value!r}"
        )
        raise _at(text, error.lex_position, said, option=option) from error
    except jmespath_errors.JMESPathError as error:
        raise UsageError(f"{option}: {error}") from error
    tree: Any = parsed.parsed
    _check_names(text, tree, option=option)
    return Expression(text, parsed)


def _at(text: str, position: int | None, said: str, *, option: str) -> UsageError:
    column = min(position or 0, len(text)) + 1
    return UsageError(
        f"{option}: {said} at column {column}: {text[: column - 1]}▸{text[column - 1 :]}",
        hint='the language is JMESPath: "error.type == \'KeyError\'", "receive_count > `3`"',
    )


def _check_names(text: str, node: dict[str, Any], *, option: str) -> None:
    """A misspelt function fails only when it is called, a misspelt field never: check both now."""
    if node["type"] == "expref":
        raise _at(text, text.find("&"), "a value, not an expression, is needed", option=option)
    for name in _root_fields(node):
        if name not in _FIELDS:
            where = _place(text, name, call=False)
            raise _at(text, where, f"a record has no field {name!r}", option=option)
    for call in _calls(node):
        known = functions.Functions.FUNCTION_TABLE | _Functions.FUNCTION_TABLE
        name, given = call["value"], len(call["children"])
        where = _place(text, name, call=True)
        if name not in known:
            raise _at(text, where, f"there is no function {name}()", option=option)
        signature = known[name]["signature"]
        variadic = bool(signature) and signature[-1].get("variadic", False)
        if given < len(signature) or (given > len(signature) and not variadic):
            said = f"{name}() takes {len(signature)} arguments, not {given}"
            raise _at(text, where, said, option=option)
        if name == "matches" and call["children"][1]["type"] == "literal":
            _check_pattern(text, str(call["children"][1]["value"]), option=option)


def _place(text: str, name: str, *, call: bool) -> int:
    """Where `name` stands in `text` as a function or as a field of the record, not as a literal."""
    before = ""
    tokens = list(Lexer().tokenize(text))
    for token, after in pairwise(tokens):
        named = token["type"] in _IDENTIFIERS and token["value"] == name
        if named and before != "dot" and (after["type"] == "lparen") is call:
            return int(token["start"])
        before = token["type"]
    return text.find(name)


def _check_pattern(text: str, pattern: str, *, option: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        position = max(text.find(pattern), 0) + (error.pos or 0)
        raise _at(text, position, f"bad regular expression ({error.msg})", option=option) from error


def _root_fields(node: dict[str, Any]) -> Iterator[str]:
    """Names that are looked up in the record itself."""
    if node["type"] == "field":
        yield node["value"]
        return
    if node["type"] == "expref":
        return  # looked up in the members of a list
    children = node.get("children", [])
    for child in children if node["type"] in _SAME_SCOPE else children[:1]:
        yield from _root_fields(child)


def _calls(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node["type"] == "function_expression":
        yield node
    for child in node.get("children", []):
        yield from _calls(child)


def is_true(value: object) -> bool:
    """JMESPath's truth: everything but null, false, and what is empty. 0 is true."""
    return value is not None and value is not False and value not in ("", [], {})


@dataclass(frozen=True, slots=True)
class Selection:
    """A predicate over records. All that is given must hold; nothing given selects everything.

    `older_than` and `newer_than` compare with the time the message was sent. `unjudged` counts
    the records that a `--where` could not be asked of: they are not selected.
    """

    where: tuple[Expression, ...] = ()
    ids: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    source: str | None = None
    older_than: timedelta | None = None
    newer_than: timedelta | None = None
    unjudged: Unjudged = field(default_factory=Unjudged, compare=False)

    @property
    def everything(self) -> bool:
        """Whether nothing was asked for, so that every record is selected."""
        return self == Selection()

    def selects(self, record: FailureRecord, *, now: datetime) -> bool:
        """Whether `record` is one of those asked for."""
        return (
            (not self.ids or bool(self.asked_for(record.letter.message_id)))
            and (not self.origins or record.origin in self.origins)
            and (self.source is None or _is_source(record.source, self.source))
            and self._old_enough(record, now)
            and (not self.where or self._where_holds(record))
        )

    def asked_for(self, message_id: str) -> frozenset[str]:
        """The ids among `ids` that name this message: its own, or its first eight characters on."""
        return frozenset(
            asked
            for asked in self.ids
            if asked == message_id or (len(asked) >= MIN_ID_PREFIX and message_id.startswith(asked))
        )

    def found_all(self, missing: frozenset[str] | set[str]) -> bool:
        """Whether nothing more can be found: every id was met, and none could name two messages."""
        whole = all(len(asked) >= WHOLE_ID for asked in self.ids)
        return bool(self.ids) and whole and not missing

    def _old_enough(self, record: FailureRecord, now: datetime) -> bool:
        sent_at = record.letter.sent_at
        if self.older_than is not None and not (sent_at and now - sent_at > self.older_than):
            return False
        return self.newer_than is None or bool(sent_at and now - sent_at < self.newer_than)

    def _where_holds(self, record: FailureRecord) -> bool:
        document = record_document(record)
        try:
            return all(is_true(expression.of(document)) for expression in self.where)
        except (jmespath_errors.JMESPathError, re.error) as error:
            self.unjudged.count += 1
            self.unjudged.why = self.unjudged.why or str(error)
            return False

    def as_json(self) -> str:
        """The selection as text, for the journal: what a resumed run selects again."""
        return json.dumps(
            {
                "where": [expression.text for expression in self.where],
                "ids": sorted(self.ids),
                "origins": sorted(self.origins),
                "source": self.source,
                "older_than_seconds": _seconds(self.older_than),
                "newer_than_seconds": _seconds(self.newer_than),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Selection":
        """What `as_json` wrote."""
        written = json.loads(text)
        older, newer = written["older_than_seconds"], written["newer_than_seconds"]
        return cls(
            where=tuple(compile_expression(where, option="--where") for where in written["where"]),
            ids=frozenset(written["ids"]),
            origins=frozenset(written["origins"]),
            source=written["source"],
            older_than=timedelta(seconds=older) if older is not None else None,
            newer_than=timedelta(seconds=newer) if newer is not None else None,
        )


def _seconds(age: timedelta | None) -> float | None:
    return None if age is None else age.total_seconds()


def _is_source(source: str | None, wanted: str) -> bool:
    """`wanted` is an ARN (a function's without its qualifier too), a queue URL or a plain name."""
    if source is None:
        return False
    if wanted.startswith("arn:"):
        return source == wanted or source.startswith(wanted + ":")
    name = wanted.rstrip("/").rpartition("/")[2]
    return re.split(r"[:/]", source)[-1] == name or f":{name}:" in source


def selection(
    *,
    where: Sequence[str] = (),
    ids: Sequence[str] = (),
    origin: Sequence[str] = (),
    source: str | None = None,
    older_than: timedelta | None = None,
    newer_than: timedelta | None = None,
) -> Selection:
    """The selection that these options ask for. Raises UsageError."""
    for asked in ids:
        if len(asked) < MIN_ID_PREFIX:
            raise UsageError(f"--id: {asked!r} is too short", hint="give 8 characters or more")
    known = origins.registry()
    for name in origin:
        if name not in known:
            raise UsageError(
                f"--origin: there is no origin {name!r}", hint="one of: " + ", ".join(sorted(known))
            )
    return Selection(
        where=tuple(compile_expression(text, option="--where") for text in where),
        ids=frozenset(ids),
        origins=frozenset(origin),
        source=source,
        older_than=older_than,
        newer_than=newer_than,
    )
