"""`dlqctl runs`: past redrives, from the journal."""

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlqctl.cli import options
from dlqctl.cli.redrive_run import journal_path
from dlqctl.errors import UsageError

if TYPE_CHECKING:
    from dlqctl.redrive.journal import Journal, RunRow

runs = typer.Typer(
    help="Past redrives, from the journal on this machine.", invoke_without_command=True
)


class RunsOutput(StrEnum):
    """What `runs` can print."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


Output = Annotated[RunsOutput, typer.Option("--output", "-o")]


@runs.callback()
def list_runs(
    context: typer.Context,
    *,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, metavar="N", help="The latest N runs.")
    ] = 50,
    output: Output = RunsOutput.TABLE,
    quiet: options.Quiet = False,
) -> None:
    """List past redrives, newest first."""
    if context.invoked_subcommand:
        return
    from dlqctl.redrive.journal import Journal
    from dlqctl.report.json import write_document, write_line
    from dlqctl.report.redrive import write_runs

    with Journal(journal_path()) as journal:
        documents = [_document(row, journal) for row in journal.runs(limit=limit)]
    match output:
        case RunsOutput.JSON:
            write_document(sys.stdout, {"schema": "dlqctl.runs/v1", "runs": documents})
        case RunsOutput.JSONL:
            for document in documents:
                write_line(sys.stdout, document)
        case RunsOutput.TABLE:
            write_runs(sys.stdout, documents)
    if not documents:
        options.say("no redrive was run from here yet", quiet=quiet)


@runs.command("show")
def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, as `runs` lists it.")],
    *,
    output: Output = RunsOutput.TABLE,
) -> None:
    """Show one redrive: what was asked, what was done, what is unfinished."""
    from dlqctl.redrive.journal import Journal
    from dlqctl.report.json import write_document, write_line
    from dlqctl.report.redrive import write_run

    with Journal(journal_path()) as journal:
        row = journal.run(run)
        if row is None:
            raise UsageError(f"there is no run {run!r}", hint="`dlqctl runs` lists the runs")
        document = {
            "schema": "dlqctl.run/v1",
            **_document(row, journal),
            "unconfirmed": journal.unconfirmed(run),
        }
    match output:
        case RunsOutput.JSON:
            write_document(sys.stdout, document)
        case RunsOutput.JSONL:
            write_line(sys.stdout, document)
        case RunsOutput.TABLE:
            write_run(sys.stdout, document)


def _document(row: "RunRow", journal: "Journal") -> dict[str, Any]:
    counts = journal.counts(row.run)
    return {
        "run": row.run,
        "queue": row.queue,
        "state": row.state,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "messages": {state.value: count for state, count in sorted(counts.items())},
        "options": json.loads(row.options),
        "summary": json.loads(row.summary) if row.summary else None,
    }
