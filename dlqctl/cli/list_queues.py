"""`dlqctl list`: the dead-letter queues of the account and Region."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dlqctl.cli import options
from dlqctl.errors import ExitCode

if TYPE_CHECKING:
    from rich.text import Text

    from dlqctl.listing import DeadLetterQueue

SOURCES_SHOWN = 4


class ListOutput(StrEnum):
    """What `list` can print."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


def list_queues(
    *,
    output: Annotated[ListOutput, typer.Option("--output", "-o")] = ListOutput.TABLE,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
    role_arn: options.RoleArn = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """List the dead-letter queues: what feeds them, how full they are, when messages expire.

    What a service can't be asked is said on stderr; exits 3 where the list may lack something
    for it.
    """
    from dlqctl.aws.feeds import list_dead_letter_queues
    from dlqctl.aws.session import AwsSession

    aws = options.aws_options(
        profile=profile,
        region=region,
        endpoint_url=endpoint_url,
        role_arn=role_arn,
        verbose=verbose,
    )
    listing = list_dead_letter_queues(AwsSession(aws), now=lambda: datetime.now(UTC))
    _write(listing.queues, output)
    for gap in listing.gaps:
        options.say(f"dlqctl: {gap}", quiet=quiet and not gap.incomplete)
    if not listing.queues:
        options.say("no dead-letter queues in this account and Region", quiet=quiet)
    elif output is ListOutput.TABLE and any(map(_is_bound, listing.queues)):
        options.say(
            "≤ at the latest: what SQS moved from a source queue has aged there too"
            " (`dlqctl peek` shows when each message expires)",
            quiet=quiet,
        )
    if any(gap.incomplete for gap in listing.gaps):
        raise typer.Exit(ExitCode.PARTIAL)


def _is_bound(queue: "DeadLetterQueue") -> bool:
    return queue.first_expiry is not None and queue.first_expiry_is_a_bound


def _write(queues: "Sequence[DeadLetterQueue]", output: ListOutput) -> None:
    from dlqctl.listing import QUEUE_SCHEMA, SCHEMA, queue_document
    from dlqctl.report.json import write_document, write_line

    documents = [queue_document(queue) for queue in queues]
    match output:
        case ListOutput.JSON:
            write_document(sys.stdout, {"schema": SCHEMA, "queues": documents})
        case ListOutput.JSONL:
            for document in documents:
                write_line(sys.stdout, {"schema": QUEUE_SCHEMA, **document})
        case ListOutput.TABLE if queues:
            _write_table(queues, now=datetime.now(UTC))


def _write_table(queues: "Sequence[DeadLetterQueue]", *, now: datetime) -> None:
    from dlqctl.report.table import cell, console, grid
    from dlqctl.report.text import rough_duration

    delayed = ("DELAYED",) if any(queue.delayed for queue in queues) else ()
    numbers = ("VISIBLE", "IN FLIGHT", *delayed, "OLDEST", "FIRST EXPIRY")
    table = grid("NAME", *numbers, "FED BY", numbers=numbers)
    screen = console(sys.stdout)
    name, fed_by = table.columns[0], table.columns[-1]
    # A name is there to be copied: it is broken only where it would take the whole line.
    name.no_wrap = max(len(queue.name) for queue in queues) <= screen.width // 2
    name.overflow = fed_by.overflow = "fold"
    fed_by.no_wrap = False
    for queue in queues:
        oldest = queue.oldest_seconds
        table.add_row(
            _wrapped(queue.name, style="bold" if queue.visible else ""),
            cell(f"{queue.visible:,}"),
            cell(f"{queue.in_flight:,}"),
            *(cell(f"{queue.delayed:,}") for _ in delayed),
            cell("-" if oldest is None else rough_duration(timedelta(seconds=oldest))),
            _first_expiry(queue, now),
            _wrapped(_fed_by(queue.sources)),
        )
    screen.print(table)


def _wrapped(text: str, *, style: str = "") -> "Text":
    """Untrusted text over as many lines as it needs, never interpreted."""
    from rich.text import Text

    from dlqctl.report.text import plain

    return Text(plain(text), style=style)


def _first_expiry(queue: "DeadLetterQueue", now: datetime) -> "Text":
    from dlqctl.listing import EXPIRES_SOON
    from dlqctl.report.table import cell
    from dlqctl.report.text import rough_duration

    if queue.first_expiry is None:
        return cell("-")
    left = queue.first_expiry - now
    text = rough_duration(left) if left > timedelta(0) else "now"
    bound = "≤ " if queue.first_expiry_is_a_bound and left > timedelta(0) else ""
    return cell(bound + text, style="bold red" if left < EXPIRES_SOON else "")


def _fed_by(sources: Sequence[str]) -> str:
    from dlqctl.listing import source_label

    if not sources:
        return "-"
    shown = [source_label(source) for source in sources[:SOURCES_SHOWN]]
    more = len(sources) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
