"""Carrying a fetch out: from the letters to the lines, and what is said at the end."""

import random
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dlqctl.cli.fetch_letters import letters_of_queue
from dlqctl.errors import ExitCode

if TYPE_CHECKING:
    from dlqctl.aws.session import AwsOptions
    from dlqctl.aws.streams import StreamApis
    from dlqctl.report.streams import FetchProgress
    from dlqctl.selection import Selection
    from dlqctl.streams.fetch import RecordSink, ShardOutcome, ShardWork
    from dlqctl.streams.gathering import Gathered
    from dlqctl.streams.pages import Facts
    from dlqctl.streams.ranges import ShardPlan
    from dlqctl.streams.record_file import RecordFile

Write = Callable[[Sequence[Mapping[str, object]]], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for."""

    queue: str
    selection: "Selection"
    limit: int | None
    force: bool
    out: Path | None
    deaggregate: bool
    dry_run: bool
    as_document: bool
    workers: int
    quiet: bool


def run(request: Request, aws: "AwsOptions") -> ExitCode:
    """Fetch what was asked for; the exit code says how much of it came."""
    from dlqctl.aws.streams import StreamApis
    from dlqctl.streams.gathering import gather
    from dlqctl.streams.plan import most_urgent_first
    from dlqctl.streams.ranges import shard_plans

    with ExitStack() as stack:
        letters = letters_of_queue(
            request.queue,
            aws,
            selection=request.selection,
            limit=request.limit,
            force=request.force,
            stack=stack,
        )
        gathered = gather(letters)
        stack.close()
        apis = StreamApis(aws)
        plans = shard_plans(gathered.batches)
        facts = {arn: apis.facts(arn) for arn in sorted({p.shard.stream_arn for p in plans})}
        plans = most_urgent_first(plans, facts)
        if request.dry_run:
            _show_plan(request, gathered, plans, facts)
            return ExitCode.DONE
        return _fetch(request, apis, gathered, plans, facts)


def _show_plan(
    request: Request, gathered: "Gathered", plans: "Sequence[ShardPlan]", facts: "Facts"
) -> None:
    from dlqctl.report.json import write_document
    from dlqctl.report.streams import write_plan
    from dlqctl.streams.plan import planned_ranges
    from dlqctl.streams.summary import SCHEMA

    ranges = planned_ranges(plans, facts)
    write_plan(ranges, gathered, facts, now=_now())
    if request.as_document:
        head = {"schema": SCHEMA, "dry_run": True, "records": []}
        write_document(sys.stdout, {**head, "ranges": [one.document() for one in ranges]})


def _fetch(
    request: Request,
    apis: "StreamApis",
    gathered: "Gathered",
    plans: "Sequence[ShardPlan]",
    facts: "Facts",
) -> ExitCode:
    from dlqctl.report.json import RecordsDocument, to_json, write_line
    from dlqctl.report.streams import FetchProgress, write_summary
    from dlqctl.streams import lines
    from dlqctl.streams.summary import SCHEMA, Summary, trimmed_ranges

    with ExitStack() as stack:
        file = _open_file(request, plans, stack)
        works = _works(plans, file)
        document = RecordsDocument(sys.stdout, {"schema": SCHEMA}) if request.as_document else None

        def write(records: Sequence[Mapping[str, object]]) -> None:
            if file:
                file.write([to_json({"schema": lines.SCHEMA, **one}) for one in records])
            elif document:
                for one in records:
                    document.add(one)
            else:
                for one in records:
                    write_line(sys.stdout, {"schema": lines.SCHEMA, **one})

        progress = FetchProgress(shards=len(plans), quiet=request.quiet)
        summary = Summary(gathered, [], [])
        try:
            with progress:
                summary.outcomes = _outcomes(request, apis, works, facts, write, progress)
        finally:
            summary.records = progress.records
            summary.trimmed = trimmed_ranges(summary.outcomes, facts, now=_now())
            if document:
                document.close(summary.document())
        if file and not summary.failures:
            file.commit()
        if not request.quiet:
            write_summary(summary)
        return summary.exit_code()


def _open_file(
    request: Request, plans: "Sequence[ShardPlan]", stack: ExitStack
) -> "RecordFile | None":
    from dlqctl.streams.record_file import RecordFile, wanted_digest

    if request.out is None:
        return None
    wanted = wanted_digest(plans, how={"deaggregate": request.deaggregate})
    return stack.enter_context(RecordFile(request.out, wanted=wanted))


def _works(plans: "Sequence[ShardPlan]", file: "RecordFile | None") -> "list[ShardWork]":
    """What is left to read: the records that an interrupted run has written are counted."""
    from dlqctl.streams.fetch import ShardWork
    from dlqctl.streams.tally import Tally

    tallies = {plan.shard: Tally(plan) for plan in plans}
    after = {}
    for shard, sequence in file.found() if file else ():
        tallies[shard].count(sequence)
        after[shard] = sequence
    return [ShardWork(plan, tallies[plan.shard], after.get(plan.shard)) for plan in plans]


def _outcomes(
    request: Request,
    apis: "StreamApis",
    works: "Sequence[ShardWork]",
    facts: "Facts",
    write: Write,
    progress: "FetchProgress",
) -> "list[ShardOutcome]":
    from dlqctl.streams.fetch import Fetch
    from dlqctl.streams.lines import LineSink
    from dlqctl.streams.pacing import Timing

    stopping = threading.Event()
    lock = threading.Lock()

    def open_sink(plan: "ShardPlan") -> "RecordSink":
        return LineSink(plan.shard, write, lock, take_apart=request.deaggregate)

    fetch = Fetch(
        api_for=apis.of,
        facts=facts,
        open_sink=open_sink,
        timing=Timing(time.monotonic, lambda seconds: _sleep(stopping, seconds), random.random),
        now=_now,
        stopping=stopping,
        on_event=progress.update,
    )
    return fetch.shards(works, workers=request.workers)


def _sleep(stopping: threading.Event, seconds: float) -> None:
    from dlqctl.streams.fetch import StoppedError

    if stopping.wait(seconds):
        raise StoppedError


def _now() -> datetime:
    return datetime.now(UTC)
