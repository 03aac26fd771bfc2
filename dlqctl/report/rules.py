"""The audit's rules for a person, and as documents."""

from collections.abc import Sequence
from typing import Any, TextIO

from rich.padding import Padding
from rich.text import Text

from dlqctl.audit.rule import Rule
from dlqctl.report.rule_page import written
from dlqctl.report.table import cell, console, grid


def write_rules(out: TextIO, rules: Sequence[Rule[Any]]) -> None:
    """One line a rule."""
    table = grid("RULE", "SEVERITY", "ON", "WHAT IT FINDS")
    for rule in rules:
        table.add_row(
            cell(rule.id, style="bold"),
            cell(rule.severity.value),
            cell("yes" if rule.enabled else "no"),
            cell(rule.page.summary),
        )
    console(out).print(table)


def write_rule(out: TextIO, rule: Rule[Any]) -> None:
    """Everything about one rule."""
    screen, page = console(out), rule.page
    head = Text(rule.id, style="bold")
    head.append(f"  {rule.severity.value}, {rule.scope.value}", style="dim")
    screen.print(head)
    screen.print(Text(page.summary))
    for name, text in (("What", page.what), ("Why", page.why), ("Judged", page.judged)):
        screen.print(Text(f"\n{name}", style="bold"))
        screen.print(Padding(Text(text), (0, 0, 0, 2)))
    for option in rule.options:
        screen.print(Text(f"\nOption {option.name}", style="bold"))
        told = f"{option.meaning} (default {written(option.default)})"
        screen.print(Padding(Text(told), (0, 0, 0, 2)))
    for tool, code in page.fixes.items():
        screen.print(Text(f"\nFix: {tool}", style="bold"))
        for line in code.split("\n"):
            screen.print(Text(f"  {line}"), soft_wrap=True)
    screen.print(Text(f"\nReads {', '.join(sorted(rule.calls))}", style="dim"))
    screen.print(Text(page.url, style="dim"), soft_wrap=True)


def rule_document(rule: Rule[Any]) -> dict[str, object]:
    """One rule as `dlqctl rule -o json` shows it."""
    page = rule.page
    return {
        "id": rule.id,
        "group": rule.group,
        "severity": rule.severity.value,
        "scope": rule.scope.name.lower(),
        "enabled": rule.enabled,
        "type": rule.judges.TYPE,
        "summary": page.summary,
        "what": page.what,
        "why": page.why,
        "judged": page.judged,
        "fixes": dict(page.fixes),
        "options": [
            {"name": one.name, "default": written(one.default), "meaning": one.meaning}
            for one in rule.options
        ],
        "calls": sorted(rule.calls),
        "url": page.url,
    }
