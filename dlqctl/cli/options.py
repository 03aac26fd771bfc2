"""Options that many commands share."""

import logging
import re
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from dlqctl.errors import UsageError

if TYPE_CHECKING:
    from dlqctl.aws.session import AwsOptions

_AWS = "AWS"

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
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but data and errors.")]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Show API calls and their times on stderr, never bodies."),
]
Queue = Annotated[str, typer.Argument(metavar="QUEUE", help="Queue name, URL or ARN.")]

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
