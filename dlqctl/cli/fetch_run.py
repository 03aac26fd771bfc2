"""Carrying a fetch out: from the letters to their records, and what is said at the end."""

import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING

from dlqctl.cli import options
from dlqctl.cli.fetch_letters import Letters, Wanted, letters_of_file, letters_of_queue
from dlqctl.cli.fetch_outputs import Outputs, Shape
from dlqctl.cli.fetch_replay import (
    Earlier,
    Replaying,
    ReplayMode,
    RunJournal,
    Targets,
    earlier_runs,
    journal_names,
    paced,
)
from dlqctl.cli.redrive_run import InDoubt, journal_path, new_run_id, now_text
from dlqctl.errors import DlqctlError, ExitCode, UsageError

if TYPE_CHECKING:
    from dlqctl.aws.functions import LambdaFunctions
    from dlqctl.aws.session import AwsOptions
    from dlqctl.aws.streams import StreamApis
    from dlqctl.redrive.journal import Journal
    from dlqctl.report.streams import FetchProgress
    from dlqctl.streams.fetch import RecordSink, ShardOutcome, ShardWork
    from dlqctl.streams.pacing import Timing
    from dlqctl.streams.pages import Facts
    from dlqctl.streams.ranges import FailedBatch, ShardPlan
    from dlqctl.streams.summary import ReplaySummary, Summary
    from dlqctl.streams.tally import Verdict


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for. `place` is where letters come from when not from `queue`."""

    queue: str | None
    place: str | None
    wanted: Wanted
    shape: Shape
    replay: ReplayMode | None
    function: str | None
    rate: float | None
    in_doubt: InDoubt
    delete: bool
    delete_trimmed: bool
    dry_run: bool
    yes: bool
    workers: int
    quiet: bool


@dataclass
class _Run:
    """What one run works with, from the letters on."""

    request: Request
    letters: Letters
    apis: "StreamApis"
    functions: "LambdaFunctions"
    targets: Targets | None
    plans: "Sequence[ShardPlan]" = ()
    facts: "Facts | None" = None
    earlier: Earlier = field(default_factory=Earlier)


def run(request: Request, aws: "AwsOptions") -> ExitCode:
    """Fetch what was asked for; the exit code says how much of it came."""
    from dlqctl.aws.functions import LambdaFunctions
    from dlqctl.aws.streams import StreamApis
    from dlqctl.redrive.journal import Journal

    with ExitStack() as stack, ExitStack() as held:
        if request.queue:
            letters = letters_of_queue(request.queue, aws, request.wanted, stack=held)
        else:
            letters = letters_of_file(request.place or "", aws, request.wanted, stack=stack)
        if request.dry_run or not (request.delete or request.replay):
            held.close()
        targets = Targets(request.replay, request.function) if request.replay else None
        work = _Run(request, letters, StreamApis(aws), LambdaFunctions(aws), targets)
        journal = None
        if targets and not request.dry_run:
            journal = stack.enter_context(Journal(journal_path()))
        _plan(work, journal)
        if request.dry_run or ((request.delete or request.replay) and not request.yes):
            _show_plan(work)
            if request.dry_run:
                return ExitCode.DONE
            _ask(request)
        return _carry_out(work, journal)


def _plan(work: _Run, journal: "Journal | None") -> None:
    """Work out what to read; what an earlier replay has dealt with, or may have, is left out."""
    from dlqctl.streams.plan import most_urgent_first
    from dlqctl.streams.ranges import shard_plans

    batches: Sequence[FailedBatch] = work.letters.gathered.batches
    if journal and work.targets:
        names = journal_names(batches, work.letters.unnamed)
        work.earlier = earlier_runs(batches, journal, names)
        if work.request.in_doubt is InDoubt.RESEND:
            work.earlier = replace(work.earlier, in_doubt=frozenset())
        out = work.earlier.finished | work.earlier.in_doubt
        batches = [batch for batch in batches if batch.message_id not in out]
    plans = shard_plans(batches)
    arns = sorted({plan.shard.stream_arn for plan in plans})
    facts = {arn: work.apis.facts(arn) for arn in arns}
    work.plans, work.facts = most_urgent_first(plans, facts), facts


def _show_plan(work: _Run) -> None:
    from dlqctl.report.json import write_document
    from dlqctl.report.streams import write_plan, write_replay_plan
    from dlqctl.streams.plan import planned_ranges
    from dlqctl.streams.summary import SCHEMA

    request, facts = work.request, work.facts or {}
    ranges = planned_ranges(work.plans, facts)
    write_plan(ranges, work.letters.gathered, facts, now=_now())
    if work.targets:
        named = [work.targets.of(batch) for plan in work.plans for batch in plan.batches]
        write_replay_plan(named, mode=work.targets.mode.value, rate=request.rate)
    if request.delete:
        options.say("pointers are deleted once all their records are safe")
    if request.dry_run:
        options.say("dry run: nothing was read from a stream, nothing was changed")
    if request.dry_run and request.shape.as_document:
        head = {"schema": SCHEMA, "dry_run": True, "records": []}
        write_document(sys.stdout, {**head, "ranges": [one.document() for one in ranges]})


def _ask(request: Request) -> None:
    """Ask on the terminal. Raises UsageError when there is none, or the answer is not yes."""
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on", hint="--yes goes on without asking")
    verb = "replay these records" if request.replay else "fetch these records, and delete pointers"
    sys.stderr.write(f"{verb}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise DlqctlError("nothing was done; everything is as it was")


def _carry_out(work: _Run, journal: "Journal | None") -> ExitCode:
    from dlqctl.report.streams import FetchProgress, write_summary
    from dlqctl.streams.summary import Summary, trimmed_ranges

    request = work.request
    letters = work.letters
    summary = Summary(letters.name, letters.gathered, missing_letters=letters.missing)
    stopping = threading.Event()
    with ExitStack() as stack:
        outputs = Outputs(request.shape, work.functions.role_of_any)
        works = outputs.open(work.plans, stack)
        replaying = _replaying(work, journal, stopping)
        progress = FetchProgress(shards=len(works), quiet=request.quiet)
        try:
            with progress, _ending_well(stopping):
                summary.outcomes = _outcomes(
                    work, works, outputs, replaying, stopping=stopping, progress=progress
                )
        finally:
            summary.interrupted = stopping.is_set()
            summary.records = progress.records + outputs.resumed
            summary.resumed = outputs.resumed
            summary.trimmed = trimmed_ranges(summary.outcomes, work.facts or {}, now=_now())
            if replaying:
                replaying.replay.interrupted()
                summary.replay = _replay_summary(work, replaying)
            whole = not summary.interrupted and not summary.unfinished
            written = outputs.finish(whole=whole)
            if request.delete:
                _delete(work, summary, replaying, written=written)
            if outputs.document:
                outputs.document.close(summary.document())
            if replaying:
                _end_run(replaying, summary)
    if not request.quiet:
        write_summary(summary)
    _say_what_else(work, outputs, summary)
    return summary.exit_code()


def _replaying(
    work: _Run, journal: "Journal | None", stopping: threading.Event
) -> Replaying | None:
    from dlqctl.streams.replay import Replay

    request, letters = work.request, work.letters
    if journal is None or work.targets is None:
        return None
    run_id = new_run_id()
    place = letters.queue.arn if letters.queue else letters.name
    asked = {
        "command": "fetch-stream-records",
        "replay": work.targets.mode.value,
        "function": request.function,
        "rate": request.rate,
        "limit": request.wanted.limit,
        "delete": request.delete,
        "selection": request.wanted.selection.as_json(),
    }
    journal.start_run(run_id, queue=place, options=json.dumps(asked), at=now_text())
    options.say(f"run {run_id}", quiet=request.quiet)
    names = journal_names(letters.gathered.batches, letters.unnamed)
    kept = RunJournal(journal, run_id, not request.delete, names)
    replay = Replay(
        journal=kept, wait_for=paced(request.rate, stopping.wait), timing=_timing(stopping)
    )
    return Replaying(work.targets, replay, kept, work.functions, work.apis)


def _outcomes(
    work: _Run,
    works: "Sequence[ShardWork]",
    outputs: Outputs,
    replaying: Replaying | None,
    *,
    stopping: threading.Event,
    progress: "FetchProgress",
) -> "list[ShardOutcome]":
    from dlqctl.streams.fetch import Fetch
    from dlqctl.streams.lines import Tee

    def open_sink(plan: "ShardPlan") -> "RecordSink":
        sinks = [outputs.sink(plan), replaying.sink(plan) if replaying else None]
        return Tee([sink for sink in sinks if sink])

    fetch = Fetch(
        api_for=work.apis.of,
        facts=work.facts or {},
        open_sink=open_sink,
        timing=_timing(stopping),
        now=_now,
        stopping=stopping,
        on_event=progress.update,
    )
    return fetch.shards(works, workers=work.request.workers)


def _replay_summary(work: _Run, replaying: Replaying) -> "ReplaySummary":
    from dlqctl.streams.summary import ReplaySummary

    of = replaying.targets.of
    untargeted = [
        batch.message_id for plan in work.plans for batch in plan.batches if of(batch) is None
    ]
    return ReplaySummary(
        replaying.journal.run,
        replaying.targets.mode.value,
        work.request.rate,
        replaying.replay,
        untargeted,
        sorted(work.earlier.finished),
        sorted(work.earlier.in_doubt),
    )


def _delete(work: _Run, summary: "Summary", replaying: Replaying | None, *, written: bool) -> None:
    """Delete the pointers that have served; keep account of those that SQS did not let go."""
    from dlqctl.streams.disposal import served

    def accepted(verdict: "Verdict") -> bool:
        assert replaying
        return replaying.replay.accepted(verdict, replaying.targets.of(verdict.batch))

    ids = served(
        summary.outcomes,
        accepted=accepted if replaying else None,
        written=written,
        trimmed_too=work.request.delete_trimmed,
    )
    ids += sorted(work.earlier.finished)
    summary.undeleted = work.letters.delete(ids)
    left = set(summary.undeleted)
    summary.deleted = [message_id for message_id in ids if message_id not in left]
    if replaying:
        replaying.journal.deleted(summary.deleted)


def _end_run(replaying: Replaying, summary: "Summary") -> None:
    state = "interrupted" if summary.interrupted else "done"
    written = json.dumps(summary.document())
    replaying.journal.journal.end_run(
        replaying.journal.run, state=state, summary=written, at=now_text()
    )


def _say_what_else(work: _Run, outputs: Outputs, summary: "Summary") -> None:
    request = work.request
    for function, why in sorted(work.functions.unknown_roles.items()):
        options.say(
            f"dlqctl: invokeIdentityArn is null, the role of {function} is not known: {why}"
        )
    unjudged = request.wanted.selection.unjudged
    if unjudged.count:
        options.say(
            f"dlqctl: --where has no value on {unjudged.count} of the messages,"
            f" which were left out: {unjudged.why}"
        )
    if outputs.file and outputs.unfinished:
        options.say(
            f"dlqctl: {summary.records:,} records so far are in {outputs.file.partial}"
            + ("; the same command again goes on behind them" if request.shape.resumes else "")
        )


@contextmanager
def _ending_well(stopping: threading.Event) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) finishes what is in flight, a second quits."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            os._exit(ExitCode.INTERRUPTED)
        stopping.set()
        os.write(2, b"\nfinishing what is in flight (again to quit at once)\n")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _timing(stopping: threading.Event) -> "Timing":
    from dlqctl.streams.pacing import StoppedError, Timing

    def sleep(seconds: float) -> None:
        if stopping.wait(seconds):
            raise StoppedError

    return Timing(time.monotonic, sleep, random.random)


def _now() -> datetime:
    return datetime.now(UTC)
