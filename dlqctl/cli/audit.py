"""`dlqctl audit`: will this account lose messages?"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlqctl.cli import audit_reports, options
from dlqctl.cli.audit_reports import AuditOutput
from dlqctl.errors import UsageError

if TYPE_CHECKING:
    from dlqctl.audit.configuration import Configuration
    from dlqctl.audit.inventory import Inventory
    from dlqctl.audit.live.names import Wanted
    from dlqctl.audit.outcome import FailOn, Forgiven, Outcome
    from dlqctl.audit.rule import Rule
    from dlqctl.aws.account import AwsAccount

_WHAT = "What to look at"
_REPORT = "What to report"


class Threshold(StrEnum):
    """What makes an audit fail."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    NEVER = "never"


def audit(
    *,
    queue: Annotated[
        list[str] | None,
        typer.Option(
            "--queue",
            metavar="QUEUE",
            help="Only this queue and what is next to it: name, URL or ARN. Repeatable.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    function: Annotated[
        list[str] | None,
        typer.Option(
            "--function",
            metavar="FUNCTION",
            help="Only this function and what is next to it: name or ARN. Repeatable.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select",
            metavar="RULE|GROUP",
            help="Only these rules: ids or groups, repeated or with commas.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore",
            metavar="RULE|GROUP",
            help="Not these rules: ids or groups, repeated or with commas.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Configuration (default: dlqctl.toml or \\[tool.dlqctl] in pyproject.toml, here).",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    fail_on: Annotated[
        Threshold | None,
        typer.Option(
            "--fail-on",
            help="Exit 10 when something is found that is this bad, or worse (default: error).",
            rich_help_panel=_REPORT,
        ),
    ] = None,
    output: Annotated[
        AuditOutput, typer.Option("--output", "-o", help="Format.", rich_help_panel=_REPORT)
    ] = AuditOutput.TABLE,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write the report there, whole or not at all, instead of to stdout.",
            rich_help_panel=_REPORT,
        ),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            "--also",
            metavar="FORMAT=FILE",
            help="Write this format as well, of the same audit: --also sarif=a.sarif. Repeatable.",
            rich_help_panel=_REPORT,
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline",
            metavar="FILE",
            help="Do not report what this file knows already.",
            rich_help_panel=_REPORT,
        ),
    ] = None,
    write_baseline: Annotated[
        Path | None,
        typer.Option(
            "--write-baseline",
            metavar="FILE",
            help="Write down everything found, as the baseline from now on.",
            rich_help_panel=_REPORT,
        ),
    ] = None,
    sarif_anchor: Annotated[
        str | None,
        typer.Option(
            "--sarif-anchor",
            metavar="PATH",
            help="The file of the repository that SARIF results are shown on"
            " (default: the configuration file).",
            rich_help_panel=_REPORT,
        ),
    ] = None,
    profile: options.Profile = None,
    region: options.Regions = None,
    endpoint_url: options.EndpointUrl = None,
    role_arn: options.RoleArns = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Look for what will lose or block messages in a live account, and say how to fix it.

    Reads configuration only, never messages.

    What may not be read is reported as not judged, with the missing IAM action.

    Exit codes: 10 found something at or above --fail-on; else 3 not all judged; else 0.
    """
    request = _request(
        select=_listed(select), ignore=_listed(ignore), config=config, fail_on=fail_on
    )
    forgiven = _forgiven(request.configuration, baseline)
    further = [audit_reports.further_report(one) for one in also or ()]
    accounts, wanted = _accounts(
        queue or (),
        function or (),
        aws=_Aws(profile, tuple(region or ()), endpoint_url, tuple(role_arn or ()), verbose),
    )
    inventories = _collected(accounts, request, wanted=wanted, quiet=quiet)
    outcome = request.outcome(inventories, forgiven)
    anchor = sarif_anchor or audit_reports.default_anchor(request.configuration.path)
    for form, path in (*further, (output, out)):
        audit_reports.write_report(outcome, form, out=path, anchor=anchor)
    if write_baseline:
        outcome = audit_reports.write_known(write_baseline, outcome, quiet=quiet)
    audit_reports.say_outcome(
        outcome, shown=output is AuditOutput.TABLE and out is None, quiet=quiet
    )
    raise typer.Exit(outcome.exit_code)


@dataclass(frozen=True)
class _Request:
    """The rules to run, and what the configuration says of them."""

    rules: "tuple[Rule[Any], ...]"
    configuration: "Configuration"
    fail_on: "FailOn"

    def outcome(self, inventories: "Sequence[Inventory]", forgiven: "Forgiven") -> "Outcome":
        """What the rules say."""
        from dlqctl.audit.outcome import conclude

        return conclude(
            inventories,
            self.rules,
            settings=self.configuration.rules,
            forgiven=forgiven,
            fail_on=self.fail_on,
        )


@dataclass(frozen=True)
class _Aws:
    """The common AWS options, Regions and roles repeated."""

    profile: str | None
    regions: tuple[str, ...]
    endpoint_url: str | None
    role_arns: tuple[str, ...]
    verbose: bool


def _listed(values: list[str] | None) -> tuple[str, ...]:
    parts = (part.strip() for value in values or () for part in value.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _request(
    *,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    config: Path | None,
    fail_on: Threshold | None,
) -> _Request:
    """Everything that can be wrong with the command line, before AWS is asked anything."""
    from dlqctl.audit.configuration import Configuration, find_configuration, read_configuration
    from dlqctl.audit.findings import Severity
    from dlqctl.audit.rules import registry
    from dlqctl.audit.runner import chosen

    rules = registry()
    path = config or find_configuration(Path.cwd())
    configuration = read_configuration(path, rules) if path else Configuration()
    picked = chosen(
        rules,
        select=select or configuration.select,
        ignore=(*ignore, *configuration.ignore),
        settings=configuration.rules,
    )
    live = tuple(rule for rule in picked if rule.scope.covers(live=True))
    if not live:
        raise UsageError(
            "no rule is left that can be judged in a live account",
            hint="check --select, --ignore and the configuration; `dlqctl rule` lists the rules",
        )
    threshold: FailOn = configuration.fail_on or Severity.ERROR
    if fail_on is not None:
        threshold = "never" if fail_on is Threshold.NEVER else Severity(fail_on.value)
    return _Request(live, configuration, threshold)


def _forgiven(configuration: "Configuration", baseline: Path | None) -> "Forgiven":
    from dlqctl.audit.baseline import read_baseline
    from dlqctl.audit.outcome import Forgiven

    return Forgiven(
        today=datetime.now(UTC).date(),
        suppressions=configuration.suppressions,
        baseline=read_baseline(baseline) if baseline else None,
        baseline_path=baseline,
    )


def _accounts(
    queues: Sequence[str], functions: Sequence[str], *, aws: _Aws
) -> "tuple[list[AwsAccount], Wanted | None]":
    """One account for each role and Region; a Region may also come with a queue's ARN."""
    from dlqctl.audit.live.names import Wanted, function_named, queue_named
    from dlqctl.aws.account import AwsAccount
    from dlqctl.aws.session import AwsSession

    wanted = Wanted(
        tuple(queue_named(one) for one in queues),
        tuple(function_named(one) for one in functions),
    )
    regions: Sequence[str | None] = (
        list(dict.fromkeys(filter(None, aws.regions))) or wanted.regions or (None,)
    )
    roles: Sequence[str | None] = list(dict.fromkeys(filter(None, aws.role_arns))) or (None,)
    first = options.aws_options(
        profile=aws.profile,
        region=None,
        endpoint_url=aws.endpoint_url,
        role_arn=None,
        verbose=aws.verbose,
    )
    accounts = [
        AwsAccount(AwsSession(first.at(region=region, role_arn=role)))
        for role in roles
        for region in regions
    ]
    return accounts, wanted if queues or functions else None


def _collected(
    accounts: "Sequence[AwsAccount]", request: _Request, *, wanted: "Wanted | None", quiet: bool
) -> "list[Inventory]":
    from dlqctl.audit.live.collector import collect_each
    from dlqctl.audit.live.needs import needed
    from dlqctl.report.audit_progress import CollectionProgress

    progress = CollectionProgress(sys.stderr, quiet=quiet)
    collected = collect_each(
        accounts,
        needed(request.rules, narrowed=wanted is not None),
        now=lambda: datetime.now(UTC),
        asked=progress.asked,
        wanted=wanted,
    )
    progress.done()
    for one in collected:
        if one.untagged:
            options.say(
                f"dlqctl: dlqctl:ignore tags were not read in {one.inventory.origin}:"
                f" {one.untagged.why}"
            )
    return [one.inventory for one in collected]
