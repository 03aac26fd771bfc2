"""Letters that come from a file: raw bodies, what `peek` printed, an archive, S3 objects."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dlqctl.documents import mapping, moment, number, parse_json, text
from dlqctl.errors import UsageError
from dlqctl.letters import DeadLetter, MessageAttribute
from dlqctl.streams.gathering import Unreadable


@dataclass(frozen=True, slots=True)
class FileLetter:
    """A letter, and how to read it once more instead of keeping it."""

    letter: DeadLetter
    again: Callable[[], DeadLetter]


def letters_of_file(path: Path, *, name: str) -> Iterator[FileLetter | Unreadable]:
    """The letters of a file: one JSON value a line, or values over several lines.

    A letter that names no message is called `name` and its line. Raises UsageError when the file
    can't be read.
    """
    try:
        with path.open("rb") as file:
            first = next((line for line in file if line.strip()), b"")
            file.seek(0)
            if parse_json(_decoded(first)) is None and first:
                written = _decoded(file.read())
                if first.strip() in (b"{", b"[") or _begins_with_value(written):
                    yield from _letters_of_values(written, name=name)
                    return
                file.seek(0)  # one body a line, the first of them damaged
            offset = 0
            for n, line in enumerate(file, start=1):
                if line.strip():
                    again = partial(_read_line, path, offset, f"{name}:{n}")
                    yield from _letters_of_line(line, again, name=f"{name}:{n}")
                offset += len(line)
    except OSError as error:
        raise UsageError(f"--from: can't read {path}: {error.strerror}") from error


def _letters_of_line(
    line: bytes, again: Callable[[int], DeadLetter], *, name: str
) -> Iterator[FileLetter | Unreadable]:
    written = _decoded(line)
    document = parse_json(written)
    if document is None:
        yield Unreadable(name, f"not JSON: {len(line):,} bytes")
        return
    for n, letter in enumerate(letters_in(document, written=written, name=name)):
        yield FileLetter(letter, partial(again, n))


def _read_line(path: Path, offset: int, name: str, place: int) -> DeadLetter:
    with path.open("rb") as file:
        file.seek(offset)
        written = _decoded(file.readline())
    return list(letters_in(parse_json(written), written=written, name=name))[place]


def _letters_of_values(written: str, *, name: str) -> Iterator[FileLetter | Unreadable]:
    """JSON values that are written over several lines, one after the other."""
    decoder = json.JSONDecoder()
    at, count = 0, 0
    while (at := _skip_space(written, at)) < len(written):
        try:
            _, end = decoder.raw_decode(written, at)
        except (ValueError, RecursionError):
            yield Unreadable(name, f"not JSON from character {at + 1:,} on")
            return
        value = written[at:end]
        for letter in letters_in(parse_json(value), written=value, name=_numbered(name, count)):
            count += 1
            yield FileLetter(letter, partial(_same, letter))
        at = end


def _begins_with_value(written: str) -> bool:
    try:
        json.JSONDecoder().raw_decode(written, _skip_space(written, 0))
    except (ValueError, RecursionError):
        return False
    return True


def _numbered(name: str, count: int) -> str:
    return name if count == 0 else f"{name}#{count + 1}"


def _same(letter: DeadLetter) -> DeadLetter:
    return letter


def _skip_space(written: str, at: int) -> int:
    while at < len(written) and written[at].isspace():
        at += 1
    return at


def letters_in(document: object, *, written: str, name: str) -> Iterator[DeadLetter]:
    """The letters in one JSON value, which is `written` like this.

    It is a body; or `peek -o json|jsonl`, an archive, or what `aws sqs receive-message` prints,
    which hold letters with their message ids.
    """
    fields = mapping(document)
    for several in ("records", "Messages"):
        held = fields.get(several) if fields is not None else None
        if isinstance(held, list):
            for n, one in enumerate(held):
                yield from letters_in(one, written=json.dumps(one), name=_numbered(name, n))
            return
    if isinstance(document, list):
        for n, one in enumerate(document):
            yield from letters_in(one, written=json.dumps(one), name=_numbered(name, n))
    elif isinstance(document, str):
        yield DeadLetter(name, "", document)
    elif fields is not None and (held_letter := _held(fields)):
        yield held_letter
    else:
        yield DeadLetter(name, "", written)


def _held(fields: Mapping[str, object]) -> DeadLetter | None:
    """A letter that was written down with its message id; None when this is not one."""
    message_id = text(fields, "message_id") or text(fields, "MessageId")
    bodies = (fields.get(key) for key in ("body_text", "body", "Body"))
    body = next((one for one in bodies if isinstance(one, str)), None)
    if message_id is None or body is None:
        return None
    return DeadLetter(
        message_id=message_id,
        queue_arn=text(fields, "queue") or "",
        body=body,
        attributes=_attributes(mapping(fields, "attributes") or {}),
        receive_count=number(fields, "receive_count") or 0,
        sent_at=moment(fields, "sent_at"),
        expires_at=moment(fields, "expires_at"),
        source_queue_arn=text(fields, "source_queue"),
    )


def _attributes(written: Mapping[str, object]) -> dict[str, MessageAttribute]:
    attributes = {}
    for name in written:
        kind, value = text(written, name, "type"), text(written, name, "value")
        if kind is None or value is None:
            continue
        try:
            attributes[name] = MessageAttribute(
                kind, b64decode(value) if kind.startswith("Binary") else value
            )
        except ValueError:
            continue
    return attributes


def _decoded(data: bytes) -> str:
    return data.decode("utf-8-sig", errors="replace")
