"""Carrying a redrive out: wiring the engine, Ctrl-C, and what is said at the end."""

import json
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

import typer

from dlqctl.cli import options
from dlqctl.cli.interrupts import interruptible
from dlqctl.errors import DlqctlError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dlqctl.aws.lookups import Decoder
    from dlqctl.aws.queues import SqsQueue, SqsQueues
    from dlqctl.holding import Holding
    from dlqctl.queues import QueueFacts
    from dlqctl.redrive.delivery import ArchiveSink
    from dlqctl.redrive.engine import Redrive
    from dlqctl.redrive.journal import Journal, RunRow
    from dlqctl.redrive.plan import Router
    from dlqctl.redrive.summary import Summary
    from dlqctl.redrive.tally import Tally
    from dlqctl.selection import Selection


class RedriveOutput(StrEnum):
    """What `redrive` can print when it has ended."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


class InDoubt(StrEnum):
    """What to do with messages that an earlier run may have sent."""

    HOLD = "hold"
    RESEND = "resend"


class Engine(StrEnum):
    """Who moves the messages."""

    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for. `resumed` is the run that goes on, with the options it was begun with;
    `planned` is how many messages the plan found, where it looked at them all."""

    rate: float | None
    to: str | None
    limit: int | None
    delay_seconds: int | None
    copy: bool
    archive: Path | None
    in_doubt: InDoubt
    workers: int | None
    selection: "Selection"
    resumed: "RunRow | None" = None
    planned: int | None = None


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a redrive works with."""

    queues: "SqsQueues"
    dead_letters: "SqsQueue"
    facts: "QueueFacts"
    router: "Router"
    decoder: "Decoder"
    journal: "Journal"


def journal_path() -> Path:
    """Where the journal of all runs is kept: the platform's state folder."""
    from platformdirs import user_state_path

    return user_state_path("dlqctl") / "journal.sqlite3"


def execute(wiring: Wiring, request: Request, *, output: RedriveOutput, quiet: bool) -> None:
    """Redrive, say what was done, and end with the exit code that says so."""
    from dlqctl.archive import ArchiveWriter
    from dlqctl.holding import Holding
    from dlqctl.redrive.engine import VISIBILITY_SECONDS
    from dlqctl.redrive.run_lock import run_lock
    from dlqctl.report.progress import RedriveProgress

    facts, limit = wiring.facts, _limit_left(request, wiring.journal)
    run = request.resumed.run if request.resumed else new_run_id()
    with ExitStack() as stack:
        stack.enter_context(run_lock(wiring.journal.path.parent, run))
        archive = None
        if request.archive:
            writer = ArchiveWriter(request.archive, resume=_is_archive_of(request))
            archive = stack.enter_context(writer)
        wiring.journal.start_run(
            run, queue=facts.arn, options=_options_json(request, wiring.router), at=now_text()
        )
        options.say(f"run {run}", quiet=quiet)
        finish = threading.Event()
        interrupted = stack.enter_context(interruptible(finish, "finishing what is in flight"))
        held = Holding(
            wiring.dead_letters, visibility_seconds=VISIBILITY_SECONDS, clock=time.monotonic
        )
        holding = stack.enter_context(held)
        expected = facts.visible if request.planned is None else request.planned
        expected = expected if limit is None else min(expected, limit)
        progress = stack.enter_context(RedriveProgress(expected=expected, quiet=quiet))
        work = _engine(
            wiring,
            request,
            run=run,
            limit=limit,
            holding=holding,
            finish=finish,
            archive=archive,
            on_progress=progress.update,
        )
        with _recorded_if_cut_off(wiring.journal, run):
            work.run()
    _end(wiring, request, work, run=run, interrupted=bool(interrupted), output=output, quiet=quiet)


@contextmanager
def _recorded_if_cut_off(journal: "Journal", run: str) -> "Iterator[None]":
    """Let the journal say that the run has ended, also when nobody foresaw how."""
    try:
        yield
    except BaseException:
        journal.end_run(run, state="stopped", summary="null", at=now_text())
        options.say(f"stopped; `dlqctl runs show {run}` says how far it got")
        raise


def _engine(
    wiring: Wiring,
    request: Request,
    *,
    run: str,
    limit: int | None,
    holding: "Holding",
    finish: threading.Event,
    archive: "ArchiveSink | None",
    on_progress: "Callable[[Tally], None]",
) -> "Redrive":
    from dlqctl.redrive.engine import InDoubtChoice, Redrive, RedriveOptions
    from dlqctl.redrive.guard import refuse_unfit_destination
    from dlqctl.redrive.pacing import Pace

    facts = wiring.facts

    def destination(arn: str) -> "SqsQueue":
        found = wiring.queues.find(arn)
        refuse_unfit_destination(facts, found.facts(), delay_seconds=request.delay_seconds)
        return found

    return Redrive(
        wiring.dead_letters,
        run=run,
        router=wiring.router,
        destinations=destination,
        selection=request.selection,
        journal=wiring.journal,
        holding=holding,
        pace=Pace(request.rate, clock=time.monotonic, sleep=finish.wait),
        options=RedriveOptions(
            workers=request.workers or default_workers(request.rate),
            limit=limit,
            delay_seconds=request.delay_seconds,
            copy=request.copy,
            in_doubt=InDoubtChoice(request.in_doubt),
            resumed=request.resumed is not None,
        ),
        decode=wiring.decoder,
        archive=archive,
        clock=time.monotonic,
        now=lambda: datetime.now(UTC),
        finish=finish,
        expected=facts.visible,
        on_progress=on_progress,
    )


def new_run_id() -> str:
    """A run's name: when it began, and four random digits. Sorts by time, types easily."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(2)}"


def default_workers(rate: float | None) -> int:
    """Enough threads to keep the rate where the three calls of a batch take most of a second."""
    from dlqctl.redrive.pacing import batch_size

    if rate is None:
        return 16
    return max(4, min(32, int(rate / batch_size(rate) * 0.75) + 2))


def _limit_left(request: Request, journal: "Journal") -> int | None:
    """The limit less what the run had taken up before it was resumed."""
    if request.limit is None or request.resumed is None:
        return request.limit
    return max(request.limit - sum(journal.counts(request.resumed.run).values()), 0)


def _options_json(request: Request, router: "Router") -> str:
    return json.dumps(
        {
            "rate": request.rate,
            "to": router.to,
            "limit": request.limit,
            "delay_seconds": request.delay_seconds,
            "copy": request.copy,
            "archive": str(request.archive.absolute()) if request.archive else None,
            "selection": request.selection.as_json(),
        }
    )


def _is_archive_of(request: Request) -> bool:
    """Whether the archive is the one that the resumed run was writing, to be gone on with."""
    if request.resumed is None or request.archive is None:
        return False
    return bool(json.loads(request.resumed.options)["archive"] == str(request.archive.absolute()))


def now_text() -> str:
    from dlqctl.record import timestamp

    return timestamp(datetime.now(UTC)) or ""


def _end(
    wiring: Wiring,
    request: Request,
    work: "Redrive",
    *,
    run: str,
    interrupted: bool,
    output: RedriveOutput,
    quiet: bool,
) -> None:
    from dlqctl.redrive.summary import summarise
    from dlqctl.report.json import write_document, write_line
    from dlqctl.report.redrive import write_refusals, write_summary

    summary = summarise(work, wiring.journal, run=run, queue=wiring.facts.arn, rate=request.rate)
    state = "interrupted" if interrupted else "stopped" if work.error else "done"
    document = summary.document()
    wiring.journal.end_run(run, state=state, summary=json.dumps(document), at=now_text())
    if output is RedriveOutput.JSON:
        write_document(sys.stdout, document)
    if output is RedriveOutput.JSONL:
        write_line(sys.stdout, document)
    left = _facts_now(wiring.dead_letters)
    if not quiet:
        write_refusals(work.tally.refusals.items())
        write_summary(summary, left, copied=request.copy)
    _say_what_to_do(wiring, request, work, summary, run=run, interrupted=interrupted)
    raise typer.Exit(_exit_code(wiring, request, work, summary, interrupted=interrupted))


def _facts_now(queue: "SqsQueue") -> "QueueFacts | None":
    try:
        return queue.facts()
    except DlqctlError:
        return None  # the run is over; what ended it has been said


def _say_what_to_do(
    wiring: Wiring,
    request: Request,
    work: "Redrive",
    summary: "Summary",
    *,
    run: str,
    interrupted: bool,
) -> None:
    name, unjudged = wiring.facts.name, request.selection.unjudged
    for missing in sorted(work.tally.missing):
        options.say(f"dlqctl: not seen on {name}: {missing}")
    if unjudged.count:
        options.say(
            f"dlqctl: --where has no value on {unjudged.count} of the messages,"
            f" which were left out: {unjudged.why}"
        )
    if work.error:
        options.say(f"dlqctl: stopped: {work.error.message}")
        if work.error.hint:
            options.say(f"  {work.error.hint}")
    elif not summary.redriven and summary.skipped:
        options.say(
            f"dlqctl: nothing on {name} can be redriven as a queue move"
            " (--to QUEUE sends the messages as they are)"
        )
    if _copied_in_part(wiring, request, summary):
        options.say(
            f"dlqctl: of {name} SQS gives at most the first ten messages of a group while they stay"
            " on the queue: the others were not copied"
        )
    resume = f"dlqctl redrive {name} --resume {run}"
    if summary.in_doubt:
        options.say(
            f"dlqctl: {summary.in_doubt:,} in doubt stay on {name}: see whether they arrived,"
            f" then `{resume} --in-doubt resend`, or discard them"
        )
    if interrupted or work.error or summary.failed or summary.undeleted:
        options.say(f"to go on: {resume}")


def _exit_code(
    wiring: Wiring, request: Request, work: "Redrive", summary: "Summary", *, interrupted: bool
) -> ExitCode:
    if interrupted:
        return ExitCode.INTERRUPTED
    if summary.in_doubt:
        return ExitCode.IN_DOUBT
    if work.error:
        return ExitCode.PARTIAL if summary.redriven else work.error.exit_code
    if summary.skipped and not (summary.redriven or summary.failed):
        return ExitCode.USAGE
    if work.tally.missing or _copied_in_part(wiring, request, summary):
        return ExitCode.PARTIAL
    return summary.exit_code


def _copied_in_part(wiring: Wiring, request: Request, summary: "Summary") -> bool:
    """Whether a FIFO queue had more to copy than SQS hands out at a time."""
    everything = request.selection.everything and request.limit is None
    less = summary.selected < wiring.facts.visible
    return request.copy and wiring.facts.fifo and everything and less
