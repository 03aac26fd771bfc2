"""`dlqctl fetch-stream-records`: bring back the records that stream pointers only name."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dlqctl.cli import options
from dlqctl.cli.fetch_letters import Wanted
from dlqctl.cli.fetch_outputs import Shape
from dlqctl.cli.fetch_replay import ReplayMode
from dlqctl.cli.redrive import DEFAULT_RATE, parse_rate
from dlqctl.cli.redrive_run import InDoubt
from dlqctl.errors import UsageError

_REPLAY = "Replay"


class FetchOutput(StrEnum):
    """What goes to stdout."""

    JSONL = "jsonl"
    JSON = "json"
    TABLE = "table"


class RecordFormat(StrEnum):
    """How records are written."""

    JSONL = "jsonl"
    LAMBDA_EVENT = "lambda-event"


def fetch_stream_records(
    queue: Annotated[
        str | None, typer.Argument(metavar="[QUEUE]", help="Queue name, URL or ARN.")
    ] = None,
    *,
    place: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE|-|S3",
            help="Pointers from a file, stdin, or s3://bucket/prefix instead of a queue.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write the records to this new file."),
    ] = None,
    record_format: Annotated[
        RecordFormat,
        typer.Option(
            "--format", help="lambda-event: the events that the function would have received."
        ),
    ] = RecordFormat.JSONL,
    deaggregate: Annotated[
        bool, typer.Option("--deaggregate", help="Take records of the KPL apart.")
    ] = False,
    output: Annotated[
        FetchOutput | None,
        typer.Option(
            "--output",
            "-o",
            help="jsonl (default), json: one document, with what is missing; or a table.",
        ),
    ] = None,
    replay: Annotated[
        ReplayMode | None,
        typer.Option(
            "--replay",
            help="invoke: the function that failed gets its batches again."
            " put: Kinesis records go back on their stream.",
            rich_help_panel=_REPLAY,
        ),
    ] = None,
    function: Annotated[
        str | None,
        typer.Option(
            "--function",
            metavar="NAME|ARN",
            help="Invoke this function instead.",
            rich_help_panel=_REPLAY,
        ),
    ] = None,
    rate: Annotated[
        str | None,
        typer.Option(
            "--rate",
            metavar="N|max",
            help="Records per second to replay, over all shards (default 100).",
            rich_help_panel=_REPLAY,
        ),
    ] = None,
    in_doubt: Annotated[
        InDoubt,
        typer.Option(
            "--in-doubt",
            help="Pointers that a cut-off run may have replayed: hold them, or resend.",
            rich_help_panel=_REPLAY,
        ),
    ] = InDoubt.HOLD,
    delete: Annotated[
        bool,
        typer.Option(
            "--delete", help="Delete a pointer once all its records are written or replayed."
        ),
    ] = False,
    delete_trimmed: Annotated[
        bool,
        typer.Option("--delete-trimmed", help="Delete pointers too whose records have expired."),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show what would be read, and when it will be gone."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", min=1, metavar="N", help="At most N messages."),
    ] = None,
    everything: options.Everything = False,
    where: options.Where = None,
    message_id: options.MessageId = None,
    origin: options.OriginName = None,
    source: options.Source = None,
    older_than: options.OlderThan = None,
    newer_than: options.NewerThan = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, metavar="N", help="Shards at once.")
    ] = 8,
    force: options.Force = False,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
    role_arn: options.RoleArn = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Bring back the records that the stream pointers on a dead-letter queue name.

    A Lambda event source mapping on Kinesis or DynamoDB Streams leaves a pointer to the batch that
    failed, not the records. Each record comes once, in the order of its shard, however many
    pointers name it. What has expired is named, and the exit code is 3.
    """
    from dlqctl.cli.fetch_run import Request, run

    _refuse_bad_combinations(
        queue=queue,
        place=place,
        everything_and_limit=everything and limit is not None,
        replay=replay,
        function=function,
        rate=rate,
        delete=delete,
        delete_trimmed=delete_trimmed,
        out=out,
        events=record_format is RecordFormat.LAMBDA_EVENT,
        deaggregate=deaggregate,
        table=output is FetchOutput.TABLE,
    )
    selection = options.selection_from(
        where=where,
        message_id=message_id,
        origin=origin,
        source=source,
        older_than=older_than,
        newer_than=newer_than,
    )
    request = Request(
        queue=queue,
        place=place,
        wanted=Wanted(selection, limit, force),
        shape=Shape(
            out=out,
            events=record_format is RecordFormat.LAMBDA_EVENT,
            deaggregate=deaggregate,
            as_document=output is FetchOutput.JSON,
            as_table=output is FetchOutput.TABLE,
            nothing=replay is not None and output is None,
            resumes=replay is None,
        ),
        replay=replay,
        function=function,
        rate=parse_rate(rate or DEFAULT_RATE),
        in_doubt=in_doubt,
        delete=delete,
        delete_trimmed=delete_trimmed,
        dry_run=dry_run,
        yes=yes,
        workers=workers,
        quiet=quiet,
    )
    aws = options.aws_options(
        profile=profile,
        region=region,
        endpoint_url=endpoint_url,
        role_arn=role_arn,
        verbose=verbose,
    )
    raise typer.Exit(run(request, aws))


def _refuse_bad_combinations(
    *,
    queue: str | None,
    place: str | None,
    everything_and_limit: bool,
    replay: ReplayMode | None,
    function: str | None,
    rate: str | None,
    delete: bool,
    delete_trimmed: bool,
    out: Path | None,
    events: bool,
    deaggregate: bool,
    table: bool,
) -> None:
    if queue is None and place is None:
        raise UsageError(
            "nowhere to get pointers from", hint="name a QUEUE, or give --from FILE, - or s3://…"
        )
    if queue is not None and place is not None:
        raise UsageError("give a QUEUE or --from, not both")
    if everything_and_limit:
        raise UsageError("--all and --limit contradict each other")
    if function is not None and replay is not ReplayMode.INVOKE:
        raise UsageError("--function goes with --replay invoke")
    if rate is not None and replay is None:
        raise UsageError("--rate is the rate of a --replay")
    if delete_trimmed and not delete:
        raise UsageError("--delete-trimmed goes with --delete")
    if delete and queue is None:
        raise UsageError("--delete deletes from a QUEUE, and --from names none")
    if delete and out is None and replay is None:
        raise UsageError(
            "--delete wants the records to be safe first", hint="give --out FILE or --replay"
        )
    if out is not None and out.exists():
        raise UsageError(
            f"--out: {out} exists already", hint="name a new file: nothing is overwritten"
        )
    if out is not None and not out.parent.is_dir():
        raise UsageError(f"--out: there is no folder {out.parent}")
    if events and table:
        raise UsageError("events do not go into a table: give -o jsonl or json")
    if events and deaggregate:
        raise UsageError(
            "--deaggregate and --format lambda-event do not go together",
            hint="Lambda hands aggregated records over as they are",
        )
