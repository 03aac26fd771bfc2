"""Fetching stream records, for a person to read: the plan, the progress and the end, on stderr."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import TextIO

from rich.text import Text

from dlqctl.letters import SequenceNumber
from dlqctl.record import timestamp
from dlqctl.report.json import to_json
from dlqctl.report.table import EXPIRES_SOON, cell, console, grid, short_name
from dlqctl.report.text import plain, rough_duration, shortened
from dlqctl.streams import kafka
from dlqctl.streams.fetch import FetchEvent, RecordsFound, ShardBegun, ShardEnded
from dlqctl.streams.gathering import Gathered
from dlqctl.streams.pages import Facts, StreamFacts
from dlqctl.streams.plan import PlannedRange
from dlqctl.streams.summary import ReplaySummary, Summary, Trimmed

LIVE_SECONDS = 0.2
PLAIN_SECONDS = 5.0
RANGES_SHOWN = 40
PAGE = 200
DATA_CHARACTERS = 400
MAX_CELL = 24
_NO_FUNCTION = "no function is named (--function gives one)"
_NOT_KINESIS = "not of a Kinesis stream"
SHOWN = 10
NUMBER_DIGITS = 10


def write_plan(
    ranges: Sequence[PlannedRange],
    gathered: Gathered,
    facts: Facts,
    *,
    now: datetime,
    out: TextIO | None = None,
) -> None:
    """Which ranges would be read, most urgent first, and when each of them will be gone."""
    stream = out or sys.stderr
    numbers = ("POINTERS", "RECORDS")
    table = grid("STREAM", "SHARD", "FROM", *numbers, "FIRST GONE", "LAST GONE", numbers=numbers)
    for one in ranges[:RANGES_SHOWN]:
        table.add_row(
            cell(stream_name(one.shard.stream_arn)),
            cell(shard_name(one.shard.shard_id)),
            cell(tail(one.range.start)),
            cell(f"{len(one.batches):,}"),
            cell(f"≤ {one.at_most:,}" if one.at_most is not None else "?"),
            _gone(one.gone_from, now),
            _gone(one.gone_by, now),
        )
    if ranges:
        console(stream).print(table)
    elif not gathered.batches:
        stream.write("no stream pointers\n")
    if len(ranges) > RANGES_SHOWN:
        stream.write(f"… and {len(ranges) - RANGES_SHOWN:,} more ranges, less urgent\n")
    if any(isinstance(told, StreamFacts) and not told.retention_known for told in facts.values()):
        stream.write("this identity may not ask for the retention: 24 hours are assumed\n")
    kept = sum(1 for batch in gathered.batches if batch.event is not None)
    if kept:
        stream.write(f"with their records beside them: {counted(kept, 'pointer')}\n")
    write_gathered(gathered, out=stream)


def write_replay_plan(
    targets: Sequence[str | None],
    *,
    mode: str,
    rate: float | None,
    out: TextIO | None = None,
) -> None:
    """Who would get the records again: one target for each pointer, None where there is none."""
    stream = out or sys.stderr
    for target, count in Counter(targets).most_common():
        if target is None:
            why = (
                "no function is named (--function gives one)" if mode == "invoke" else _NOT_KINESIS
            )
            stream.write(f"not replayed, {why}: {counted(count, 'pointer')}\n")
        elif mode == "invoke":
            stream.write(plain(f"would invoke {target}: {counted(count, 'pointer')}") + "\n")
        else:
            stream.write(
                plain(
                    f"would put on {target}, where all consumers see them again:"
                    f" the records of {counted(count, 'pointer')}"
                )
                + "\n"
            )
    pace = f"{rate:g} records a second" if rate is not None else "as fast as it goes"
    stream.write(f"rate: {pace}\n")


def counted(count: int, noun: str) -> str:
    """`1 record`, `1,234 records`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def stream_name(arn: str) -> str:
    """The stream's name; of a table's stream the table's."""
    return short_name(arn).partition("/")[0]


def shard_name(shard_id: str) -> str:
    """`3` for `shardId-000000000003`: what differs within a stream."""
    return shard_id.removeprefix("shardId-").lstrip("0-") or "0"


def tail(number: SequenceNumber) -> str:
    """The last digits of a sequence number, the ones that differ within a shard."""
    text = number.text
    return text if len(text) <= NUMBER_DIGITS else "…" + text[-NUMBER_DIGITS:]


def _gone(moment: datetime | None, now: datetime) -> Text:
    if moment is None:
        return cell("?", style="yellow")
    if moment <= now:
        return cell(f"{rough_duration(now - moment)} ago", style="red")
    soon = moment - now < EXPIRES_SOON
    return cell(f"in {rough_duration(moment - now)}", style="yellow" if soon else "")


def write_gathered(gathered: Gathered, *, out: TextIO | None = None) -> None:
    """What else there was among the letters, and what could not be read."""
    stream = out or sys.stderr
    if gathered.others:
        counts = ", ".join(f"{n:,} {name}" for name, n in sorted(gathered.others.items()))
        stream.write(plain(f"left alone, not pointers to records: {counts}") + "\n")
    for batch in gathered.topics[:SHOWN]:
        stream.write(plain(f"Kafka, read it with a client of its own: {batch.message_id}") + "\n")
        for partition in batch.pointer.partitions:
            stream.write(plain(f"  {kafka.command(batch.pointer, partition)}") + "\n")
    if len(gathered.topics) > SHOWN:
        stream.write(f"  … and {len(gathered.topics) - SHOWN:,} more (-o json lists them)\n")
    for one in gathered.unreadable[:SHOWN]:
        stream.write(plain(f"unreadable: {one.message_id}: {shortened(one.why, 200)}") + "\n")
    if len(gathered.unreadable) > SHOWN:
        stream.write(f"  … and {len(gathered.unreadable) - SHOWN:,} more (-o json lists them)\n")


def write_summary(summary: Summary, *, out: TextIO | None = None) -> None:
    """What came back, what is gone, what could not be read."""
    stream = out or sys.stderr
    calls = summary.calls
    if summary.gathered.batches:
        resumed = f" ({summary.resumed:,} of them by an earlier run)" if summary.resumed else ""
        stream.write(
            f"{counted(summary.records, 'record')}{resumed} for"
            f" {counted(len(summary.gathered.batches), 'pointer')},"
            f" in {counted(calls.get_shard_iterator + calls.get_records, 'call')}\n"
        )
    else:
        looked = f"{counted(summary.gathered.letters, 'letter')} looked at"
        stream.write(plain(f"no stream pointers on {summary.name} ({looked})") + "\n")
    if summary.replay:
        _write_replay(summary.replay, stream)
    for one in summary.trimmed[:SHOWN]:
        stream.write(plain(_trimmed_line(one)) + "\n")
    if len(summary.trimmed) > SHOWN:
        stream.write(f"  … and {len(summary.trimmed) - SHOWN:,} more (-o json lists them)\n")
    for outcome, why in summary.failures[:SHOWN]:
        unread = sum(not verdict.complete for verdict in outcome.verdicts)
        stream.write(plain(f"not read: {counted(unread, 'pointer')}: {why.message}") + "\n")
        if why.hint:
            stream.write(plain(f"  {why.hint}") + "\n")
    if summary.extra:
        records = sum(verdict.extra for verdict in summary.extra)
        stream.write(
            f"not in the failed batch, but in its range: {counted(records, 'record')} of"
            f" {counted(len(summary.extra), 'pointer')} (a filter or a parallelization factor"
            " had kept them out)\n"
        )
    if summary.deleted:
        stream.write(f"{counted(len(summary.deleted), 'pointer')} deleted\n")
    if summary.undeleted:
        stream.write(f"could not be deleted: {counted(len(summary.undeleted), 'pointer')}\n")
    write_gathered(summary.gathered, out=stream)


def _write_replay(replay: ReplaySummary, stream: TextIO) -> None:
    done = replay.replay
    verb = "accepted by the function" if replay.mode == "invoke" else "put back on the stream"
    stream.write(f"{counted(done.records, 'record')} {verb}, in {counted(done.calls, 'call')}\n")
    if done.split:
        stream.write(f"batches over 6 MB were split: {done.split:,} parts\n")
    for one in done.refusals[:SHOWN]:
        doubt = "in doubt" if one.in_doubt else "stopped"
        said = shortened(one.message, 300)
        where = f"{one.shard.shard_id} at {one.at.text}"
        stream.write(
            plain(f"{doubt}: {short_name(one.target)}: {where}: {one.code}: {said}") + "\n"
        )
    if len(done.refusals) > SHOWN:
        stream.write(f"  … and {len(done.refusals) - SHOWN:,} more (-o json lists them)\n")
    if replay.untargeted:
        why = _NO_FUNCTION if replay.mode == "invoke" else _NOT_KINESIS
        stream.write(f"not replayed, {why}: {counted(len(replay.untargeted), 'pointer')}\n")
    if replay.finished_earlier:
        stream.write(
            "replayed by an earlier run, not again:"
            f" {counted(len(replay.finished_earlier), 'pointer')}\n"
        )
    if replay.held:
        stream.write(
            f"in doubt, held: {counted(len(replay.held), 'pointer')} that an earlier run may have"
            " replayed (--in-doubt resend replays them, perhaps twice)\n"
        )


def _trimmed_line(one: Trimmed) -> str:
    gap = one.gap
    since = f" since {timestamp(one.expired_at)}" if one.expired_at else ""
    pointers = ", ".join(gap.message_ids[:3]) + (" …" if len(gap.message_ids) > 3 else "")
    return (
        f"trimmed: {stream_name(gap.shard.stream_arn)} {gap.shard.shard_id}"
        f" {gap.range.start.text} to {gap.range.end.text}: {one.reason}{since}"
        f" ({counted(len(gap.message_ids), 'pointer')}: {pointers})"
    )


class RecordsTable:
    """Records as a table on `out`, printed a page at a time so that few are kept."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._page: list[Mapping[str, object]] = []

    def add(self, document: Mapping[str, object]) -> None:
        """Take one record, as `-o jsonl` prints it."""
        self._page.append(document)
        if len(self._page) == PAGE:
            self.flush()

    def flush(self) -> None:
        """Print what was taken since the last page."""
        if not self._page:
            return
        table = grid("ARRIVED", "STREAM", "SHARD", "NUMBER", "KEY", "DATA")
        rows = [_row(document) for document in self._page]
        for row in rows:
            table.add_row(*map(cell, row))
        for place, column in enumerate(table.columns[:-1]):
            widest = max(len(str(column.header)), *(len(row[place]) for row in rows))
            column.min_width = min(widest, MAX_CELL)
        console(self._out).print(table)
        self._page = []


def _row(document: Mapping[str, object]) -> tuple[str, ...]:
    return (
        str(document["arrived_at"] or "-"),
        stream_name(str(document["stream"])),
        shard_name(str(document["shard_id"])),
        tail(SequenceNumber.parse(str(document["sequence_number"]))),
        _key(document),
        shortened(_content(document), DATA_CHARACTERS),
    )


def _key(document: Mapping[str, object]) -> str:
    key = document.get("partition_key", document.get("keys"))
    return "-" if key is None else key if isinstance(key, str) else to_json(key)


def _content(document: Mapping[str, object]) -> str:
    if "event_name" in document:
        image = document["new_image"] or document["old_image"]
        return f"{document['event_name']} {to_json(image)}"
    data = document["data"]
    if data is None:
        return f"base64: {document['data_base64']}"
    return data if isinstance(data, str) else to_json(data)


class FetchProgress:
    """Shows how many records and shards have come in: a live line on a terminal, else now and then.

    A context manager; `update` may be called from any thread.
    """

    def __init__(
        self,
        *,
        shards: int,
        quiet: bool,
        out: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shards = shards
        self._out = out or sys.stderr
        self._live = self._out.isatty()
        self._quiet = quiet
        self._clock = clock
        self._drawn = clock()
        self._lock = threading.Lock()
        self._begun = self._ended = self.records = 0

    def __enter__(self) -> "FetchProgress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live and not self._quiet:
            self._out.write("\r\x1b[K")
            self._out.flush()

    def update(self, event: FetchEvent) -> None:
        """Take note of an event, and draw when it is time to."""
        with self._lock:
            match event:
                case ShardBegun():
                    self._begun += 1
                case RecordsFound(count=count):
                    self.records += count
                case ShardEnded():
                    self._ended += 1
            now = self._clock()
            if self._quiet or now - self._drawn < (LIVE_SECONDS if self._live else PLAIN_SECONDS):
                return
            self._drawn = now
            shards = f"{self._ended:,} of {counted(self._shards, 'shard')} read"
            line = f"{counted(self.records, 'record')} · {shards}"
            self._out.write(f"\r\x1b[K{line}" if self._live else f"{line}\n")
            self._out.flush()
