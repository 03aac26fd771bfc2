"""An audit as Markdown, for a job summary or a merge request.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

import re
from collections.abc import Iterator
from typing import TextIO

from dlqctl.audit.findings import Finding
from dlqctl.audit.outcome import Outcome, by_reason
from dlqctl.report.audit_table import summary
from dlqctl.report.text import plain

# A job summary may hold 1 MiB; a row is at most about 1.5 kB.
MOST_ROWS = 500
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>()#!|&~@:$]|(?<=www)\.", re.I)


def write_markdown(out: TextIO, outcome: Outcome) -> None:
    """A table of findings, the worst first, and what was not judged."""
    out.write(f"## dlqctl audit\n\n{escaped(summary(outcome))}\n")
    ordered = sorted(outcome.findings, key=lambda one: (one.severity.rank, one.order))
    if ordered:
        out.write(
            "\n| Severity | Rule | Resource | What | Fix |\n| --- | --- | --- | --- | --- |\n"
        )
        out.writelines(f"| {' | '.join(_cells(one))} |\n" for one in ordered[:MOST_ROWS])
    if len(ordered) > MOST_ROWS:
        out.write(f"\nand {len(ordered) - MOST_ROWS:,} more: `-o json` has them all.\n")
    if outcome.unknown:
        out.write("\n### Not judged\n\n")
        for reason in by_reason(outcome.unknown)[:MOST_ROWS]:
            rules = ", ".join(reason.rules)
            out.write(f"- {escaped(reason.why)}: {len(reason.verdicts):,} checks ({rules})\n")


def _cells(finding: Finding) -> Iterator[str]:
    where = f" {finding.place.file}:{finding.place.line}" if finding.place else ""
    yield finding.severity.value
    yield f"[{finding.rule}]({finding.url})"
    yield escaped(finding.title + where)
    yield escaped(f"{finding.message}: {finding.observed}; expected {finding.expected}")
    yield escaped(finding.fix)


def escaped(text: str) -> str:
    """`text` on one line, every character that Markdown or HTML could read as markup escaped."""
    return _SPECIAL.sub(_entity, plain(text)[:1000])


def _entity(match: re.Match[str]) -> str:
    # Entities rather than backslashes: a backslash before a pipe ends a cell in some renderers,
    # and mentions and autolinks ignore backslashes.
    return f"&#{ord(match.group())};"
