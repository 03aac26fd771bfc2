"""The reports of an audit: which formats, where to, and what a person is told besides."""

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlqctl.cli import options
from dlqctl.errors import UsageError

if TYPE_CHECKING:
    from dlqctl.audit.outcome import Outcome

MOST_REASONS = 20


class AuditOutput(StrEnum):
    """What `audit` can print."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    JUNIT = "junit"
    MARKDOWN = "markdown"


def further_report(written: str) -> tuple[AuditOutput, Path]:
    """`sarif=audit.sarif`."""
    form, separator, path = written.partition("=")
    if not separator or not path or form not in list(AuditOutput):
        raise UsageError(
            f"--also: {written[:200]!r} is not FORMAT=FILE",
            hint=f"FORMAT is one of {', '.join(AuditOutput)}",
        )
    return AuditOutput(form), Path(path)


def default_anchor(configuration: Path | None) -> str:
    """The configuration file as seen from the root of the repository."""
    from dlqctl.audit.configuration import FILE

    root = _repository()
    path = (configuration or Path(FILE)).resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _repository() -> Path:
    """The nearest folder above that is a checkout; this one where none is."""
    here = Path.cwd().resolve()
    return next((one for one in (here, *here.parents) if (one / ".git").exists()), here)


def write_report(outcome: "Outcome", output: AuditOutput, *, out: Path | None, anchor: str) -> None:
    from dlqctl.report.files import replacing

    write = _writer(output, anchor)
    if out is None:
        write(sys.stdout, outcome)
        return
    with replacing(out) as file:
        write(file, outcome)


def _writer(output: AuditOutput, anchor: str) -> "Callable[[Any, Outcome], None]":
    match output:
        case AuditOutput.TABLE:
            from dlqctl.report.audit_table import write_table

            return write_table
        case AuditOutput.JSON:
            from dlqctl.report.audit_json import write_audit

            return write_audit
        case AuditOutput.SARIF:
            from dlqctl.report.sarif import write_sarif

            return lambda out, outcome: write_sarif(out, outcome, anchor=anchor)
        case AuditOutput.GITHUB:
            from dlqctl.report.github import write_commands

            return write_commands
        case AuditOutput.JUNIT:
            from dlqctl.report.junit import write_junit

            return write_junit
        case AuditOutput.MARKDOWN:
            from dlqctl.report.markdown import write_markdown

            return write_markdown


def write_known(path: Path, outcome: "Outcome", *, quiet: bool) -> "Outcome":
    """Everything found is known from now on, so nothing of it is new."""
    from dataclasses import replace

    from dlqctl.audit.baseline import baseline_text
    from dlqctl.report.files import replacing

    with replacing(path) as file:
        file.write(baseline_text(outcome.known, kept=outcome.kept))
    options.say(
        f"{len(outcome.known) + len(outcome.kept):,} findings written to {path}", quiet=quiet
    )
    if outcome.unknown:
        options.say(
            f"dlqctl: {len(outcome.unknown):,} checks could not be judged: what they would find is"
            f" not in {path}, unless --baseline knew it"
        )
    return replace(outcome, fail_on="never")


def say_outcome(outcome: "Outcome", *, shown: bool, quiet: bool) -> None:
    """What a person wants to know; why checks failed only where that is not `shown` already."""
    from dlqctl.audit.outcome import by_reason
    from dlqctl.report.audit_table import summary

    for note in outcome.notes:
        options.say(f"dlqctl: {note}")
    reasons = () if shown else by_reason(outcome.unknown)
    for reason in reasons[:MOST_REASONS]:
        checks = len(reason.verdicts)
        options.say(f"dlqctl: not judged, {checks:,} checks: {reason.why}")
    if len(reasons) > MOST_REASONS:
        options.say(f"dlqctl: not judged for {len(reasons) - MOST_REASONS:,} more reasons")
    options.say(summary(outcome), quiet=quiet)
