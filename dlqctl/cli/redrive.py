"""`dlqctl redrive`: send dead letters back to where they failed."""

import json
import sys
import threading
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlqctl.cli import options
from dlqctl.cli.interrupts import interruptible
from dlqctl.cli.redrive_run import (
    Engine,
    InDoubt,
    RedriveOutput,
    Request,
    Wiring,
    execute,
    journal_path,
)
from dlqctl.errors import AccessDeniedError, DlqctlError, ExitCode, UsageError

if TYPE_CHECKING:
    from dlqctl.aws.lookups import Decoder
    from dlqctl.aws.queues import SqsQueue, SqsQueues
    from dlqctl.queues import QueueFacts
    from dlqctl.redrive.journal import Journal, RunRow
    from dlqctl.redrive.plan import Plan, Router

DEFAULT_RATE = "100"
PLAN_SAMPLE = 1000
PLAN_WORKERS = 8


def redrive(
    queue: options.Queue,
    *,
    rate: Annotated[
        str | None,
        typer.Option(
            "--rate",
            metavar="N|max",
            help="Messages per second over the whole run, fractions allowed (default 100).",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="QUEUE", help="Send everything to this queue instead."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would go where, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", min=1, metavar="N", help="Redrive at most N messages."),
    ] = None,
    everything: options.Everything = False,
    where: options.Where = None,
    message_id: options.MessageId = None,
    origin: options.OriginName = None,
    source: options.Source = None,
    older_than: options.OlderThan = None,
    newer_than: options.NewerThan = None,
    delay: Annotated[
        str | None,
        typer.Option("--delay", metavar="TIME", help="Have SQS hide each message this long: 30s."),
    ] = None,
    copy: Annotated[
        bool, typer.Option("--copy", help="Leave the messages on the dead-letter queue.")
    ] = False,
    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive", metavar="FILE", help="Write every message, whole, before it is sent."
        ),
    ] = None,
    in_doubt: Annotated[
        InDoubt,
        typer.Option(
            "--in-doubt",
            help="Messages that a cut-off run may have sent: hold them, or resend (may double).",
        ),
    ] = InDoubt.HOLD,
    resume: Annotated[
        str | None,
        typer.Option("--resume", metavar="RUN", help="Go on with a run that was cut off."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, max=64, metavar="N", help="Threads (default by rate)."),
    ] = None,
    engine: Annotated[  # noqa: ARG001  the only engine there is, named so that scripts can pin it
        Engine, typer.Option("--engine", help="Who moves the messages: this process.")
    ] = Engine.CLIENT,
    output: Annotated[
        RedriveOutput, typer.Option("--output", "-o", help="The summary, on stdout.")
    ] = RedriveOutput.TABLE,
    force: options.Force = False,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
    role_arn: options.RoleArn = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Send dead letters back to where they failed, at a set rate.

    Nothing is deleted before its own send is confirmed. A crash can double at most what was in
    flight; the journal knows what that was, and --resume goes on from there.
    """
    from dlqctl.aws.lookups import Decoder
    from dlqctl.queues import refuse_if_receiving_moves
    from dlqctl.redrive.journal import Journal

    if everything and limit is not None:
        raise UsageError("--all and --limit contradict each other")
    if resume and dry_run:
        raise UsageError("--resume and --dry-run do not go together")
    selection = options.selection_from(
        where=where,
        message_id=message_id,
        origin=origin,
        source=source,
        older_than=older_than,
        newer_than=newer_than,
    )
    request = Request(
        rate=parse_rate(rate or DEFAULT_RATE),
        to=to,
        limit=limit,
        delay_seconds=(
            int(options.duration(delay, option="--delay").total_seconds()) if delay else None
        ),
        copy=copy,
        archive=archive,
        in_doubt=in_doubt,
        workers=workers or 0,
        selection=selection,
        resumed=None,
    )
    aws = options.aws_options(
        profile=profile,
        region=region,
        endpoint_url=endpoint_url,
        role_arn=role_arn,
        verbose=verbose,
    )
    with ExitStack() as stack:
        journal = None if dry_run else stack.enter_context(Journal(journal_path()))
        if resume and journal:
            request = _resumed(request, journal, resume, rate_given=rate is not None)
        queues, dead_letters = options.find_queue(queue, aws)
        facts = dead_letters.facts()
        if request.resumed and request.resumed.queue != facts.arn:
            raise UsageError(
                f"run {resume} was on {request.resumed.queue}, not on {facts.name}",
                hint="`dlqctl runs` lists the runs",
            )
        if request.resumed and journal:
            _refuse_finished(request.resumed, journal)
        sources = _sources(queues, dead_letters)
        if facts.redrive_policy:
            refuse_if_receiving_moves(facts, sources=sources or (), verb="redrive", force=force)
        router = _router(queues, facts, sources, request)
        decoder = Decoder(queues.session, queue_arn=facts.arn, fetch_payload=False)
        if dry_run or not (yes or request.resumed):
            plan, sampled = _plan(dead_letters, facts, router, decoder, request, whole=dry_run)
            _show_plan(plan, facts, request, output, sampled=sampled, dry_run=dry_run)
            if dry_run:
                raise typer.Exit(ExitCode.PARTIAL if plan.missing else ExitCode.DONE)
            _refuse_all_refused(plan, facts, sampled=sampled)
            if not plan.selected:
                _write_planned(plan, facts, request, output, sampled=sampled, dry_run=False)
                options.say(f"nothing to redrive on {facts.name}", quiet=quiet)
                return
            _ask(plan, facts)
            if not sampled:
                request = replace(request, planned=plan.selected)
        if journal:
            execute(
                Wiring(queues, dead_letters, facts, router, decoder, journal),
                request,
                output=output,
                quiet=quiet,
            )


def parse_rate(text: str) -> float | None:
    """`--rate` in messages per second; None for `max`. Raises UsageError."""
    if text == "max":
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0.001 <= rate <= 1_000_000:
        raise UsageError(
            f"--rate: {text!r} is not a rate",
            hint="messages per second, more than 0 (2, 0.5, 100), or max",
        )
    return rate


def _resumed(request: Request, journal: "Journal", run: str, *, rate_given: bool) -> Request:
    """What the run asked for, with what may be changed on the way: rate, workers, --in-doubt."""
    from dlqctl.selection import Selection

    row = journal.run(run)
    if row is None:
        raise UsageError(f"there is no run {run!r}", hint="`dlqctl runs` lists the runs")
    if not request.selection.everything or request.to or request.limit or request.copy:
        raise UsageError(
            "a resumed run selects and sends as it did before",
            hint="with --resume only --rate, --workers, --in-doubt and --archive may be given",
        )
    asked = json.loads(row.options)
    if "command" in asked:
        raise UsageError(
            f"run {run} was a {asked['command']}",
            hint="give the same command again: it goes on where that run ended",
        )
    archive = Path(asked["archive"]) if asked["archive"] else None
    return Request(
        rate=request.rate if rate_given else asked["rate"],
        to=asked["to"],
        limit=asked["limit"],
        delay_seconds=asked["delay_seconds"],
        copy=asked["copy"],
        archive=request.archive or archive,
        in_doubt=request.in_doubt,
        workers=request.workers,
        selection=Selection.from_json(asked["selection"]),
        resumed=row,
    )


def _refuse_finished(row: "RunRow", journal: "Journal") -> None:
    from dlqctl.redrive.journal import FINISHED

    if row.state == "done" and journal.counts(row.run).keys() <= FINISHED:
        raise UsageError(
            f"run {row.run} is done: there is nothing to resume",
            hint="leave --resume out to redrive what has died since",
        )


def _sources(queues: "SqsQueues", dead_letters: "SqsQueue") -> list[str] | None:
    """Queues that redrive to this one; None when this identity may not ask."""
    try:
        return queues.sources_of(dead_letters)
    except AccessDeniedError:
        return None


def _router(
    queues: "SqsQueues", facts: "QueueFacts", sources: list[str] | None, request: Request
) -> "Router":
    """Where letters go; the destinations that are known now are checked now."""
    from dlqctl.redrive.guard import refuse_unfit_destination
    from dlqctl.redrive.plan import Router

    destination = queues.find(request.to).facts() if request.to else None
    if destination:
        refuse_unfit_destination(facts, destination, delay_seconds=request.delay_seconds)
    if request.delay_seconds is not None and facts.fifo:
        raise UsageError(
            "--delay: a FIFO queue takes no delay per message", hint="leave --delay out"
        )
    if request.delay_seconds is not None and request.delay_seconds > 900:
        raise UsageError("--delay: SQS delays a message by 15m at most")
    return Router(facts.arn, destination.arn if destination else None, sources)


def _plan(
    dead_letters: "SqsQueue",
    facts: "QueueFacts",
    router: "Router",
    decoder: "Decoder",
    request: Request,
    *,
    whole: bool,
) -> "tuple[Plan, bool]":
    """Look at the queue (for a question: at its first messages) and give everything back."""
    from dlqctl.holding import Holding
    from dlqctl.peek import VISIBILITY_SECONDS, PeekCounts, peek
    from dlqctl.redrive.plan import make_plan
    from dlqctl.scanning import Scan

    counts = PeekCounts()
    sampled = not whole and facts.visible > PLAN_SAMPLE
    limit = request.limit
    if sampled:
        limit = min(limit or PLAN_SAMPLE, PLAN_SAMPLE)
    finish = threading.Event()
    with (
        interruptible(finish, "giving back what was received") as interrupted,
        Holding(
            dead_letters, visibility_seconds=VISIBILITY_SECONDS, clock=time.monotonic
        ) as holding,
    ):
        scan = Scan(
            dead_letters,
            holding,
            visibility_seconds=VISIBILITY_SECONDS,
            workers=PLAN_WORKERS,
            expected=facts.visible,
            finish=finish,
        )
        found = peek(
            scan,
            request.selection,
            limit=limit,
            counts=counts,
            decode=decoder,
            now=lambda: datetime.now(UTC),
        )
        with closing(found) as records:
            plan = make_plan(records, router)
    if interrupted:
        raise DlqctlError("nothing was redriven", exit_code=ExitCode.INTERRUPTED)
    plan.scanned = counts.scanned
    plan.missing = counts.missing
    if facts.fifo and counts.scanned < facts.visible:
        options.say("FIFO: this saw at most the first ten messages of a group; a redrive sees all")
    for missing in sorted(counts.missing):
        options.say(f"dlqctl: not seen on {facts.name}: {missing}")
    return plan, sampled


def _show_plan(
    plan: "Plan",
    facts: "QueueFacts",
    request: Request,
    output: RedriveOutput,
    *,
    sampled: bool,
    dry_run: bool,
) -> None:
    from dlqctl.report.redrive import write_plan

    write_plan(plan, facts, rate=request.rate, sampled=sampled)
    if dry_run:
        _write_planned(plan, facts, request, output, sampled=sampled, dry_run=True)
        options.say("dry run: nothing was changed (each receive count rose by 1)")


def _write_planned(
    plan: "Plan",
    facts: "QueueFacts",
    request: Request,
    output: RedriveOutput,
    *,
    sampled: bool,
    dry_run: bool,
) -> None:
    from dlqctl.redrive.summary import planned
    from dlqctl.report.json import write_document, write_line

    document = planned(plan, queue=facts.arn, rate=request.rate, sampled=sampled)
    document["dry_run"] = dry_run
    if output is RedriveOutput.JSON:
        write_document(sys.stdout, document)
    if output is RedriveOutput.JSONL:
        write_line(sys.stdout, document)


def _refuse_all_refused(plan: "Plan", facts: "QueueFacts", *, sampled: bool) -> None:
    if plan.selected and plan.refused == plan.selected and not sampled:
        raise UsageError(
            f"nothing on {facts.name} can be redriven as a queue move",
            hint="see above for what to do instead; --to QUEUE sends the messages as they are",
        )


def _ask(plan: "Plan", facts: "QueueFacts") -> None:
    """Ask on the terminal. Raises UsageError when there is none, or the answer is not yes."""
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on", hint="--yes goes on without asking")
    sys.stderr.write(f"redrive {plan.selected - plan.refused:,} messages? [y/N] ")
    sys.stderr.flush()
    try:
        answer = sys.stdin.readline()
    except KeyboardInterrupt as error:
        sys.stderr.write("\n")
        raise DlqctlError("nothing was redriven", exit_code=ExitCode.INTERRUPTED) from error
    if not answer:
        sys.stderr.write("\n")
    if answer.strip().lower() not in {"y", "yes"}:
        raise DlqctlError(f"nothing was redriven; {facts.name} is as it was")
