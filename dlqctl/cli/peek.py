"""`dlqctl peek`: look without taking."""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlqctl.cli import options
from dlqctl.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from dlqctl.letters import FailureRecord
    from dlqctl.peek import PeekCounts
    from dlqctl.queues import QueueFacts
    from dlqctl.selection import Expression

DEFAULT_LIMIT = 10
SCAN_WORKERS = 8
PAGE = 200


class PeekOutput(StrEnum):
    """What `peek` can print."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    RAW = "raw"


def peek(
    queue: options.Queue,
    *,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", min=1, metavar="N", help="Show at most N messages (default 10)."
        ),
    ] = None,
    everything: options.Everything = False,
    where: options.Where = None,
    message_id: options.MessageId = None,
    origin: options.OriginName = None,
    source: options.Source = None,
    older_than: options.OlderThan = None,
    newer_than: options.NewerThan = None,
    group_by: Annotated[
        str | None,
        typer.Option(
            "--group-by", metavar="EXPR", help="Count the whole queue by this: error.type, origin …"
        ),
    ] = None,
    query: Annotated[
        str | None,
        typer.Option("--query", metavar="EXPR", help="Print this JMESPath value of each record."),
    ] = None,
    output: Annotated[
        PeekOutput, typer.Option("--output", "-o", help="raw prints bodies only.")
    ] = PeekOutput.TABLE,
    fetch_payload: Annotated[
        bool, typer.Option("--fetch-payload", help="Follow pointers to payloads in S3.")
    ] = False,
    force: options.Force = False,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
    role_arn: options.RoleArn = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Look at what is on a dead-letter queue, without taking it.

    Every message that was received is made visible again before this returns, also on Ctrl-C.
    Looking raises each message's receive count by one: SQS offers no other way to look.
    """
    from dlqctl import peek as engine
    from dlqctl.aws.lookups import Decoder
    from dlqctl.holding import Holding
    from dlqctl.queues import refuse_if_receiving_moves
    from dlqctl.scanning import Scan
    from dlqctl.selection import compile_expression

    if everything and limit is not None:
        raise UsageError("--all and --limit contradict each other")
    if group_by and query:
        raise UsageError("--group-by and --query do not go together")
    chosen = options.selection_from(
        where=where,
        message_id=message_id,
        origin=origin,
        source=source,
        older_than=older_than,
        newer_than=newer_than,
    )
    grouping = compile_expression(group_by, option="--group-by") if group_by else None
    projection = compile_expression(query, option="--query") if query else None
    aws = options.aws_options(
        profile=profile,
        region=region,
        endpoint_url=endpoint_url,
        role_arn=role_arn,
        verbose=verbose,
    )
    queues, source_queue = options.find_queue(queue, aws)
    facts = source_queue.facts()
    if facts.redrive_policy:
        sources = queues.sources_of(source_queue)
        refuse_if_receiving_moves(facts, sources=sources, verb="peek", force=force)
    at_most = None if everything or grouping or chosen.ids else limit or DEFAULT_LIMIT
    if grouping and limit:
        at_most = limit
    counts = engine.PeekCounts()
    decoder = Decoder(queues.session, queue_arn=facts.arn, fetch_payload=fetch_payload)
    with Holding(
        source_queue, visibility_seconds=engine.VISIBILITY_SECONDS, clock=time.monotonic
    ) as holding:
        scan = Scan(
            source_queue,
            holding,
            visibility_seconds=engine.VISIBILITY_SECONDS,
            workers=1 if at_most is not None and chosen.everything else SCAN_WORKERS,
            expected=facts.visible,
        )
        records = engine.peek(
            scan,
            chosen,
            limit=at_most,
            counts=counts,
            decode=decoder,
            now=lambda: datetime.now(UTC),
        )
        if grouping:
            _write_groups(records, grouping, output, facts=facts, counts=counts)
        else:
            detailed = bool(chosen.ids) and output is PeekOutput.TABLE
            _write(
                records,
                output,
                facts=facts,
                counts=counts,
                projection=projection,
                detailed=detailed,
            )
    for failure in sorted(set(decoder.failures)):
        options.say(f"dlqctl: {failure}")
    if chosen.unjudged.count:
        options.say(
            f"dlqctl: --where has no value on {chosen.unjudged.count} of the messages,"
            f" which were left out: {chosen.unjudged.why}"
        )
    if not counts.scanned:
        facts = source_queue.facts()  # what is in flight now is why nothing was seen
    _say_what_was_seen(facts, counts, in_flight_limit=scan.progress.in_flight_limit, quiet=quiet)
    if counts.missing or decoder.failures or scan.progress.in_flight_limit:
        raise typer.Exit(ExitCode.PARTIAL)


def _say_what_was_seen(
    facts: "QueueFacts", counts: "PeekCounts", *, in_flight_limit: bool, quiet: bool
) -> None:
    for missing in sorted(counts.missing):
        options.say(f"dlqctl: not seen on {facts.name}: {missing}")
    if in_flight_limit:
        options.say(
            "dlqctl: SQS hands out no more messages of this queue for now (about 120,000 are in"
            " flight): the rest was not looked at"
        )
    if counts.scanned == 0:
        others = (
            f"; {facts.in_flight:,} in flight, held by somebody else" if facts.in_flight else ""
        )
        options.say(f"{facts.name} has no visible messages{others}", quiet=quiet)
        return
    options.say(
        f"{counts.matched:,} shown, {counts.scanned:,} looked at, of about {facts.visible:,}"
        f" visible and {facts.in_flight:,} in flight; all are visible again, each receive count"
        " rose by 1",
        quiet=quiet,
    )
    if facts.fifo and counts.scanned < facts.visible:
        options.say(
            "FIFO: SQS shows at most the first ten messages of a message group at a time",
            quiet=quiet,
        )


def _write(
    records: "Iterator[FailureRecord]",
    output: PeekOutput,
    *,
    facts: "QueueFacts",
    counts: "PeekCounts",
    projection: "Expression | None",
    detailed: bool,
) -> None:
    from dlqctl.record import SCHEMA, record_document
    from dlqctl.report.json import RecordsDocument, write_line

    def shown(record: "FailureRecord") -> Any:
        document = record_document(record)
        return projection.of(document) if projection else document

    match output:
        case PeekOutput.JSON:
            head = {"schema": "dlqctl.peek/v1", "queue": facts.arn}
            document = RecordsDocument(sys.stdout, head)
            try:
                for record in records:
                    document.add(shown(record))
            finally:
                document.close({"scanned": counts.scanned, "matched": counts.matched})
        case PeekOutput.JSONL:
            for record in records:
                value = shown(record)
                write_line(sys.stdout, value if projection else {"schema": SCHEMA, **value})
        case PeekOutput.RAW:
            for record in records:
                _write_raw(shown(record) if projection else record.letter.body)
        case PeekOutput.TABLE if projection:
            for record in records:
                _write_raw(shown(record))
        case PeekOutput.TABLE:
            _write_table(records, detailed=detailed)


def _write_raw(value: object) -> None:
    """A string as it is (on a terminal: made safe to show), any other value as JSON."""
    from dlqctl.report.json import to_json
    from dlqctl.report.text import plain_lines

    text = value if isinstance(value, str) else to_json(value)
    if sys.stdout.isatty():
        text = plain_lines(text)
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", errors="backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def _write_table(records: "Iterator[FailureRecord]", *, detailed: bool) -> None:
    from dlqctl.report.table import write_detail, write_records

    while page := list(islice(records, PAGE)):
        now = datetime.now(UTC)
        if not detailed:
            write_records(sys.stdout, page, now=now)
            continue
        for number, record in enumerate(page):
            if number:
                sys.stdout.write("\n" + "─" * 40 + "\n")
            write_detail(sys.stdout, record, now=now)


def _write_groups(
    records: "Iterator[FailureRecord]",
    grouping: "Expression",
    output: PeekOutput,
    *,
    facts: "QueueFacts",
    counts: "PeekCounts",
) -> None:
    from dlqctl.record import record_document
    from dlqctl.report.json import to_json, write_document, write_line
    from dlqctl.report.table import write_counts

    groups: dict[str, list[Any]] = {}
    for record in records:
        value = grouping.of(record_document(record))
        group = groups.setdefault(to_json(value), [value, 0, record.letter.message_id])
        group[1] += 1
    ordered = sorted(groups.values(), key=lambda group: -group[1])
    documents = [{"value": value, "count": n, "example": example} for value, n, example in ordered]
    match output:
        case PeekOutput.JSON:
            write_document(
                sys.stdout,
                {
                    "schema": "dlqctl.peek-groups/v1",
                    "queue": facts.arn,
                    "scanned": counts.scanned,
                    "matched": counts.matched,
                    "group_by": grouping.text,
                    "groups": documents,
                },
            )
        case PeekOutput.JSONL:
            for document in documents:
                write_line(sys.stdout, document)
        case PeekOutput.RAW:
            for value, _, _ in ordered:
                _write_raw(value)
        case PeekOutput.TABLE:
            shown = [
                (value if isinstance(value, str) else to_json(value), n, example)
                for value, n, example in ordered
            ]
            write_counts(sys.stdout, grouping.text, shown, total=counts.matched)
