"""An audit as GitHub workflow commands: annotations on the run.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from collections.abc import Mapping
from typing import TextIO

from dlqctl.audit.findings import Finding, Severity
from dlqctl.audit.outcome import Outcome, by_reason
from dlqctl.report.text import plain

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def write_commands(out: TextIO, outcome: Outcome) -> None:
    """One command a finding, the worst first, and one for each reason why checks failed.

    GitHub shows ten of each level for a step, so the worst go first.
    """
    for finding in sorted(outcome.findings, key=lambda one: (one.severity.rank, one.order)):
        out.write(_command(_COMMANDS[finding.severity], _properties(finding), _message(finding)))
    for reason in by_reason(outcome.unknown):
        message = f"{len(reason.verdicts):,} checks: {reason.why} ({', '.join(reason.rules)})"
        out.write(_command("notice", {"title": "dlqctl: not judged"}, message))


def _properties(finding: Finding) -> dict[str, str]:
    title = {"title": f"dlqctl: {finding.rule}"}
    if finding.place is None:
        return title
    return {"file": finding.place.file, "line": str(finding.place.line), **title}


def _message(finding: Finding) -> str:
    return (
        f"{finding.title}: {finding.message}. Found {finding.observed}; expected"
        f" {finding.expected}. Fix: {finding.fix}"
    )


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {given}::{_data(message)}\n"


def _data(text: str) -> str:
    return plain(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
