"""Tables and the detail view, for a person who was woken up."""

import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dlqctl.documents import parse_json
from dlqctl.letters import FailureRecord, KafkaPointer, StreamPointer
from dlqctl.record import record_document, timestamp
from dlqctl.report.json import to_json
from dlqctl.report.text import plain, plain_lines, rough_duration, shortened

PIPED_WIDTH = 160
NARROW = 110
# A line never shows more of a body, which may have 1 MiB.
_LINE_CHARACTERS = 400
_RESOURCE_TYPE = re.compile(
    r"^(function|rule|schedule|pipe|event-busv2|subscriber|stream|table)[:/]"
)
EXPIRES_SOON = timedelta(hours=12)
_DETAIL_BODY_CHARACTERS = 20_000


def console(stream: TextIO | None = None) -> Console:
    """A console on `stream` (stdout) without markup, highlighting or emoji codes."""
    out = stream or sys.stdout
    width = shutil.get_terminal_size((PIPED_WIDTH, 24)).columns if out.isatty() else PIPED_WIDTH
    return Console(
        file=out, width=width, markup=False, highlight=False, emoji=False, soft_wrap=False
    )


def cell(value: object, *, style: str = "") -> Text:
    """One line of untrusted text, never interpreted."""
    return Text(plain(str(value)), style=style, no_wrap=True, overflow="ellipsis")


def grid(*columns: str, numbers: Sequence[str] = ()) -> Table:
    """A table without lines; the columns in `numbers` are aligned to the right."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(
            column,
            justify="right" if column in numbers else "left",
            no_wrap=True,
            overflow="ellipsis",
        )
    return table


def short_name(arn: str | None) -> str:
    """What a person calls the resource: `orders` for `arn:aws:lambda:…:function:orders`."""
    if not arn:
        return "-"
    resource = arn.split(":", 5)[-1] if arn.startswith("arn:") and arn.count(":") >= 5 else arn
    return re.sub(
        r"^(function|rule|schedule|pipe|event-busv2|subscriber|stream|table)[:/]", "", resource
    )


def failure_text(record: FailureRecord) -> str:
    """The error in one line: type, message, condition, attempts; what is there of them."""
    error = record.error
    if error is None:
        return "-"
    what = ": ".join(part for part in (error.type, error.message) if part)
    if what and error.condition is None:
        return what
    times = f" x{error.attempts}" if error.attempts is not None else ""
    return " · ".join(part for part in (what, f"{error.condition or ''}{times}".strip()) if part)


def body_line(record: FailureRecord) -> str:
    """The body on one line; for a pointer, what it points to."""
    match record.pointer:
        case StreamPointer(count=count, shard_id=shard):
            return f"→ {_records(count)} of {shard}"
        case KafkaPointer(count=count, partitions=partitions):
            places = ", ".join(f"{place.topic}-{place.partition}" for place in partitions)
            return f"→ {_records(count)} of {places}"
        case None if record.s3_pointer:
            return f"→ s3://{record.s3_pointer.bucket}/{record.s3_pointer.key}"
        case None:
            return re.sub(r"\s+", " ", _telling(record)[:_LINE_CHARACTERS]).strip()


def _records(count: int | None) -> str:
    return "1 record" if count == 1 else f"{'?' if count is None else count} records"


def _telling(record: FailureRecord) -> str:
    """What tells letters of an origin apart: the payload, not the service's wrapping around it."""
    key = {"lambda-destination": "requestPayload", "eventbridge": "detail"}.get(record.origin)
    body = parse_json(record.letter.body) if key else None
    inner = body.get(key) if isinstance(body, dict) else None
    return to_json(inner) if inner is not None else record.letter.body


def write_records(out: TextIO, records: Sequence[FailureRecord], *, now: datetime) -> None:
    """The table of `peek`: one line a letter, cut to the width there is.

    Identity, age and time left are never cut; the error and the body share what is left.
    """
    screen = console(out)
    narrow = screen.width < NARROW
    names = ["ID", "ORIGIN", "WHAT FAILED", "ERROR", "AGE", "EXPIRES", "TRIES", "BODY"]
    rows = [_row(record, now) for record in records]
    fixed = [max(len(name), *(len(row[n].plain) for row in rows)) for n, name in enumerate(names)]
    fixed[2] = min(fixed[2], 16 if narrow else 28)
    if narrow:
        fixed[6] = 0
    left = screen.width - sum(fixed[n] + 2 for n in (0, 1, 2, 4, 5, 6) if fixed[n]) - 4
    fixed[3] = min(fixed[3], max(left * 3 // 4 if narrow else left * 2 // 5, 5))
    fixed[7] = min(fixed[7], max(left - fixed[3], 4))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    shown = [n for n, width in enumerate(fixed) if width]
    for n in shown:
        table.add_column(
            names[n],
            width=fixed[n],
            no_wrap=True,
            overflow="ellipsis",
            justify="right" if names[n] in {"AGE", "EXPIRES", "TRIES"} else "left",
        )
    for row in rows:
        table.add_row(*(row[n] for n in shown))
    screen.print(table)


def _row(record: FailureRecord, now: datetime) -> list[Text]:
    letter = record.letter
    happened = record.failed_at or letter.sent_at
    return [
        cell(letter.message_id[:8], style="cyan"),
        cell(record.origin),
        cell(short_name(record.source)),
        cell(failure_text(record)[:200], style="red" if record.error else ""),
        cell(_span(now - happened) if happened else "-"),
        _expiry(letter.expires_at, now),
        cell(letter.receive_count),
        cell(body_line(record)),
    ]


def _span(span: timedelta) -> str:
    return rough_duration(span).split(" ")[0]


def _expiry(expires_at: datetime | None, now: datetime) -> Text:
    if expires_at is None:
        return cell("-")
    left = expires_at - now
    if left <= timedelta(0):
        return cell("now", style="bold red")
    return cell(rough_duration(left), style="bold red" if left < EXPIRES_SOON else "")


def write_detail(out: TextIO, record: FailureRecord, *, now: datetime) -> None:
    """Everything about one letter, the body pretty-printed where it is JSON."""
    screen = console(out)
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, shown in _detail_rows(record, now):
        table.add_row(name, Text(plain(shown), overflow="fold"))
    screen.print(table)
    attributes = record.letter.attributes
    if attributes:
        screen.print(Text("\nattributes", style="bold"))
        named = Table(box=None, padding=(0, 2, 0, 2), show_header=False, pad_edge=False)
        named.add_column(no_wrap=True)
        named.add_column(style="dim", no_wrap=True)
        named.add_column(overflow="fold")
        for name, attribute in sorted(attributes.items()):
            value = attribute.value
            shown = (
                value if isinstance(value, str) else f"{len(value)} bytes: {value[:64].hex(' ')}"
            )
            named.add_row(
                cell(name), cell(attribute.data_type), Text(plain(shown), overflow="fold")
            )
        screen.print(named)
    screen.print(Text("\nbody", style="bold"))
    screen.print(Text(_pretty_body(record), overflow="fold"))


def _shown(value: str | bytes) -> str:
    return value if isinstance(value, str) else f"{len(value)} bytes: {value[:64].hex(' ')}"


def _detail_rows(record: FailureRecord, now: datetime) -> Iterable[tuple[str, str]]:
    letter, document = record.letter, record_document(record)
    for name in ("message_id", "queue", "origin", "source", "target"):
        yield name, str(document[name] or "-")
    if record.error:
        error = record.error
        for name, value in (
            ("error", ": ".join(part for part in (error.type, error.message) if part)),
            ("condition", error.condition),
            ("attempts", error.attempts),
        ):
            if value not in (None, ""):
                yield name, str(value)
    for name, moment in (("failed", record.failed_at), ("sent", letter.sent_at)):
        if moment:
            yield name, f"{timestamp(moment)}  ({rough_duration(now - moment)} ago)"
    if letter.expires_at:
        left = letter.expires_at - now
        yield "expires", f"{timestamp(letter.expires_at)}  (in {rough_duration(left)})"
    yield "receives", str(letter.receive_count)
    for name in ("group_id", "deduplication_id", "sequence_number"):
        if document[name]:
            yield name, str(document[name])
    if record.pointer:
        yield "pointer", to_json(document["pointer"])
    if record.envelope:
        yield "envelope", " > ".join(record.envelope)


def _pretty_body(record: FailureRecord) -> str:
    document = record_document(record)["body"]
    text = to_json(document, indent=2) if document is not None else record.letter.body
    shown = plain_lines(text[:_DETAIL_BODY_CHARACTERS])
    cut = len(text) - _DETAIL_BODY_CHARACTERS
    return shown if cut <= 0 else f"{shown}\n… {cut:,} more characters (-o raw shows all)"


def write_counts(
    out: TextIO, title: str, groups: Iterable[tuple[str, int, str]], *, total: int
) -> None:
    """The table of `--group-by`: count, share, value and the id of one example."""
    table = grid("COUNT", "SHARE", title.upper(), "EXAMPLE", numbers=("COUNT", "SHARE"))
    for value, count, example in groups:
        share = f"{count / total:.0%}" if total else "-"
        table.add_row(
            cell(f"{count:,}"),
            cell(share),
            cell(shortened(value, 100)),
            cell(example, style="cyan"),
        )
    console(out).print(table)
