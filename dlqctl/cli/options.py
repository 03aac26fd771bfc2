"""Options that many commands share."""

import logging
import re
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from dlqctl.errors import UsageError
from dlqctl.report.text import plain

if TYPE_CHECKING:
    from dlqctl.aws.queues import SqsQueue, SqsQueues
    from dlqctl.aws.session import AwsOptions
    from dlqctl.selection import Selection

_AWS = "AWS"
_SELECT = "Which messages"

Profile = Annotated[
    str | None,
    typer.Option("--profile", help="AWS profile to use.", rich_help_panel=_AWS, metavar="NAME"),
]
Region = Annotated[
    str | None,
    typer.Option("--region", help="AWS Region to use.", rich_help_panel=_AWS, metavar="REGION"),
]
EndpointUrl = Annotated[
    str | None,
    typer.Option(
        "--endpoint-url",
        help="Talk to this endpoint instead of AWS.",
        rich_help_panel=_AWS,
        metavar="URL",
    ),
]
RoleArn = Annotated[
    str | None,
    typer.Option("--role-arn", help="Assume this role first.", rich_help_panel=_AWS, metavar="ARN"),
]
Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--region", help="AWS Region to use. Repeatable.", rich_help_panel=_AWS, metavar="REGION"
    ),
]
RoleArns = Annotated[
    list[str] | None,
    typer.Option(
        "--role-arn",
        help="Assume this role first. Repeatable.",
        rich_help_panel=_AWS,
        metavar="ARN",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but data and errors.")]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Show API calls and their times on stderr, never bodies."),
]
Queue = Annotated[str, typer.Argument(metavar="QUEUE", help="Queue name, URL or ARN.")]

Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="EXPR",
        help="JMESPath over the record that `peek -o json` shows. Repeatable: all must hold.",
        rich_help_panel=_SELECT,
    ),
]
MessageId = Annotated[
    list[str] | None,
    typer.Option(
        "--id",
        metavar="MESSAGE_ID",
        help="This message. Repeatable; scans the whole queue for them.",
        rich_help_panel=_SELECT,
    ),
]
OriginName = Annotated[
    list[str] | None,
    typer.Option(
        "--origin",
        metavar="ORIGIN",
        help="Letters of this origin (sqs, lambda-stream, eventbridge …). Repeatable: any of them.",
        rich_help_panel=_SELECT,
    ),
]
Source = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="QUEUE|ARN",
        help="Letters of what failed: a queue, a function, a rule …",
        rich_help_panel=_SELECT,
    ),
]
OlderThan = Annotated[
    str | None,
    typer.Option(
        "--older-than",
        metavar="AGE",
        help="Sent longer ago than 90s, 15m, 2h, 3d.",
        rich_help_panel=_SELECT,
    ),
]
NewerThan = Annotated[
    str | None,
    typer.Option(
        "--newer-than",
        metavar="AGE",
        help="Sent more recently than 90s, 15m, 2h, 3d.",
        rich_help_panel=_SELECT,
    ),
]
Everything = Annotated[
    bool, typer.Option("--all", help="No limit: the whole queue.", rich_help_panel=_SELECT)
]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help="Go on although the queue's own redrive policy counts every receive."
    ),
]

_DURATION = re.compile(r"(?P<number>\d+)(?P<unit>[smhd])\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def aws_options(
    *,
    profile: str | None,
    region: str | None,
    endpoint_url: str | None,
    role_arn: str | None,
    verbose: bool,
) -> "AwsOptions":
    """The common AWS options as one value; turns on the log of API calls with `verbose`."""
    from dlqctl.aws.session import AwsOptions

    if verbose:
        log = logging.getLogger("dlqctl")
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
    return AwsOptions(profile, region, endpoint_url, role_arn)


def duration(text: str, *, option: str) -> timedelta:
    """`90s`, `15m`, `2h`, `3d` as a timedelta. Raises UsageError for anything else."""
    parsed = _DURATION.match(text)
    try:
        if parsed:
            return timedelta(**{_UNITS[parsed["unit"]]: int(parsed["number"])})
    except OverflowError:
        pass
    raise UsageError(f"{option}: {text[:80]!r} is not a duration", hint="write 90s, 15m, 2h or 3d")


def find_queue(queue: str, options: "AwsOptions") -> "tuple[SqsQueues, SqsQueue]":
    """The queue that `queue` names, with the queues around it. Raises DlqctlError."""
    from dlqctl.aws.queues import SqsQueues, session_for

    queues = SqsQueues(session_for(queue, options))
    return queues, queues.find(queue)


def selection_from(
    *,
    where: list[str] | None,
    message_id: list[str] | None,
    origin: list[str] | None,
    source: str | None,
    older_than: str | None,
    newer_than: str | None,
) -> "Selection":
    """The options about which messages, as one predicate. Raises UsageError."""
    from dlqctl.selection import selection

    return selection(
        where=where or (),
        ids=message_id or (),
        origin=origin or (),
        source=source,
        older_than=duration(older_than, option="--older-than") if older_than else None,
        newer_than=duration(newer_than, option="--newer-than") if newer_than else None,
    )


def say(message: str, *, quiet: bool = False) -> None:
    """One line to a person, on stderr; what is in it is shown, never interpreted."""
    if not quiet:
        sys.stderr.write(plain(message) + "\n")
