"""An audit for a person: by resource, the worst first, with what to set."""

from collections.abc import Iterable
from typing import TextIO

from rich.console import Console
from rich.text import Text

from dlqctl.audit.findings import Finding, Severity
from dlqctl.audit.outcome import Outcome, Unjudged, by_reason
from dlqctl.report.table import console
from dlqctl.report.text import plain, shortened

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_MARGIN = 10
_NAMED_RULES = 4


def write_table(out: TextIO, outcome: Outcome) -> None:
    """Findings by resource, then what could not be judged, by reason."""
    screen = console(out)
    for resource, findings in _by_resource(outcome.findings):
        screen.print(_heading(resource, findings[0]))
        for finding in findings:
            _print_finding(screen, finding)
        screen.print()
    if outcome.unknown:
        screen.print(Text("not judged", style="bold"))
        for reason in by_reason(outcome.unknown):
            _print_unjudged(screen, reason)
        screen.print()


def summary(outcome: Outcome) -> str:
    """One line: how many of what, over how much."""
    counts = [_counted(outcome.count(severity), severity) for severity in Severity]
    if outcome.unknown:
        counts.append(f"{len(outcome.unknown):,} not judged")
    if outcome.suppressed:
        counts.append(f"{len(outcome.suppressed):,} suppressed")
    over = f"{len(outcome.rules)} rules over {outcome.resources:,} resources"
    return f"{', '.join(counts)}; {over} of {', '.join(outcome.origins)}"


def _counted(count: int, severity: Severity) -> str:
    plural = "s" if severity is not Severity.INFO and count != 1 else ""
    return f"{count:,} {severity.value}{plural}"


def _by_resource(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.resource, []).append(finding)
    for group in groups.values():
        group.sort(key=lambda finding: (finding.severity.rank, finding.order))
    return sorted(groups.items(), key=lambda group: (group[1][0].severity.rank, group[0]))


def _heading(resource: str, finding: Finding) -> Text:
    heading = Text(plain(resource), style="bold", overflow="fold")
    if finding.label:
        heading.append(f"  {plain(finding.label)}", style="bold cyan")
    heading.append(f"  {plain(finding.type)}", style="dim")
    if finding.place:
        heading.append(f"  {plain(finding.place.file)}:{finding.place.line}", style="dim")
    return heading


def _print_finding(screen: Console, finding: Finding) -> None:
    title = Text(f"  {finding.severity.value:<{_MARGIN - 2}}", style=_STYLES[finding.severity])
    title.append(finding.rule, style="bold")
    if finding.part:
        title.append(f"  ({plain(finding.part)})", style="")
    screen.print(title)
    _print_line(screen, "", finding.message)
    _print_line(screen, "found", f"{finding.observed}; expected {finding.expected}")
    _print_line(screen, "fix", finding.fix, style="green")


def _print_unjudged(screen: Console, reason: Unjudged) -> None:
    checks, resources = len(reason.verdicts), len(reason.resources)
    shown = [*reason.rules[:_NAMED_RULES]]
    more = len(reason.rules) - len(shown)
    named = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
    screen.print(
        Text("  unknown ", style="magenta").append(plain(shortened(reason.why, 300)), style="bold")
    )
    _print_line(screen, "", f"{checks:,} checks of {resources:,} resources: {named}")
    if reason.action:
        _print_line(screen, "fix", f"allow {reason.action} for this identity", style="green")


def _print_line(screen: Console, label: str, text: str, *, style: str = "") -> None:
    """A paragraph beside its label; the label column stays free when it goes on."""
    width = max(screen.width - _MARGIN - 6, 20)
    lines = Text(plain(text), style=style).wrap(screen, width)
    for number, line in enumerate(lines):
        line.rstrip()
        head = Text(" " * _MARGIN + f"{label if number == 0 else '':<6}", style="dim")
        screen.print(head.append_text(line), soft_wrap=True)
