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

from dlqctl.letters import FailureRecord, KafkaPointer, StreamPointer
from dlqctl.record import record_document, timestamp
from dlqctl.report.json import to_json
from dlqctl.report.text import plain, plain_lines, rough_duration, shortened

PIPED_WIDTH = 160
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
            return f"→ {count if count is not None else '?'} records of {shard}"
        case KafkaPointer(count=count, partitions=partitions):
            places = ", ".join(f"{place.topic}-{place.partition}" for place in partitions)
            return f"→ {count if count is not None else '?'} records of {places}"
        case None if record.s3_pointer:
            return f"→ s3://{record.s3_pointer.bucket}/{record.s3_pointer.key}"
        case None:
            # A line never shows more than this: a body may be 1 MiB.
            return re.sub(r"\s+", " ", record.letter.body[:400]).strip()


def write_records(out: TextIO, records: Sequence[FailureRecord], *, now: datetime) -> None:
    """The table of `peek`: one line a letter, or two where the terminal is narrow."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    screen = console(out)
    wide = screen.width >= 120
    table.add_column("ID", no_wrap=True, min_width=8)
    table.add_column("ORIGIN", no_wrap=True, max_width=18)
    table.add_column("WHAT FAILED", no_wrap=True, overflow="ellipsis", max_width=28, min_width=8)
    table.add_column("ERROR", no_wrap=True, overflow="ellipsis", ratio=2, min_width=8)
    table.add_column("AGE", justify="right", no_wrap=True)
    table.add_column("EXPIRES", justify="right", no_wrap=True)
    if wide:
        table.add_column("TRIES", justify="right", no_wrap=True)
    table.add_column("BODY", no_wrap=True, overflow="ellipsis", ratio=3, min_width=10)
    for record in records:
        letter = record.letter
        happened = record.failed_at or letter.sent_at
        row = [
            cell(letter.message_id[:8], style="cyan"),
            cell(record.origin),
            cell(short_name(record.source)),
            cell(failure_text(record)[:200], style="red" if record.error else ""),
            cell(_span(now - happened) if happened else "-"),
            _expiry(letter.expires_at, now),
        ]
        if wide:
            row.append(cell(letter.receive_count))
        table.add_row(*row, cell(body_line(record)))
    screen.print(table)


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
