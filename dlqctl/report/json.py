"""JSON on stdout: one document, or one record a line, written as they come."""

import json
import re
from collections.abc import Mapping
from typing import TextIO

# json escapes C0 controls; a terminal also obeys C1 controls, and lone surrogates can't be encoded.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def to_json(value: object, *, indent: int | None = None) -> str:
    """`value` as JSON text that any terminal may see and any parser reads back unchanged."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def write_document(out: TextIO, document: Mapping[str, object]) -> None:
    """Write one JSON document, indented."""
    out.write(to_json(document, indent=2) + "\n")


def write_line(out: TextIO, document: Mapping[str, object]) -> None:
    """Write one JSON document on one line, at once."""
    out.write(to_json(document) + "\n")
    out.flush()


class RecordsDocument:
    """One JSON document whose `records` are written as they come, so that none is kept.

    Closing it ends the document with what is only known at the end; the result is valid JSON
    also when the records stopped half-way.
    """

    def __init__(self, out: TextIO, head: Mapping[str, object], *, key: str = "records") -> None:
        self._out = out
        self._first = True
        fields = [f"  {to_json(name)}: {to_json(value)}" for name, value in head.items()]
        out.write("{\n" + ",\n".join(fields) + f',\n  "{key}": [')

    def add(self, document: object) -> None:
        """Write one record."""
        self._out.write(("\n    " if self._first else ",\n    ") + to_json(document))
        self._first = False

    def close(self, tail: Mapping[str, object]) -> None:
        """Write the fields that come after the records, and end the document."""
        fields = [f"  {to_json(name)}: {to_json(value)}" for name, value in tail.items()]
        self._out.write(("]" if self._first else "\n  ]") + ",\n" + ",\n".join(fields) + "\n}\n")
        self._out.flush()
