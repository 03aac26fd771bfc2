"""`dlqctl fetch-stream-records`: bring back the records that stream pointers only name."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dlqctl.cli import options
from dlqctl.errors import UsageError


class FetchOutput(StrEnum):
    """What goes to stdout."""

    JSONL = "jsonl"
    JSON = "json"


def fetch_stream_records(
    queue: Annotated[
        str | None, typer.Argument(metavar="[QUEUE]", help="Queue name, URL or ARN.")
    ] = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write the records to this new file."),
    ] = None,
    deaggregate: Annotated[
        bool, typer.Option("--deaggregate", help="Take records of the KPL apart.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show what would be read, and when it will be gone."),
    ] = False,
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
    output: Annotated[
        FetchOutput,
        typer.Option("--output", "-o", help="json: one document, with what is missing."),
    ] = FetchOutput.JSONL,
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
    failed, not the records. Each record is printed once, in the order of its shard, however many
    pointers name it; what has expired is named, and the exit code is 3.
    """
    from dlqctl.cli.fetch_run import Request, run

    if queue is None:
        raise UsageError("no QUEUE is given", hint="dlqctl fetch-stream-records QUEUE")
    if everything and limit is not None:
        raise UsageError("--all and --limit contradict each other")
    request = Request(
        queue=queue,
        selection=options.selection_from(
            where=where,
            message_id=message_id,
            origin=origin,
            source=source,
            older_than=older_than,
            newer_than=newer_than,
        ),
        limit=limit,
        force=force,
        out=out,
        deaggregate=deaggregate,
        dry_run=dry_run,
        as_document=output is FetchOutput.JSON,
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
