"""A rule's documentation page, in Markdown."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from dlqctl.audit.page import FIXES
from dlqctl.audit.rule import Rule
from dlqctl.report.text import rough_duration

_LANGUAGES = {"CLI": "sh", "SAM": "yaml", "CloudFormation": "yaml", "Terraform": "hcl"}
_PROSE = ("The same", "Nothing", "As ")


def rule_page(rule: Rule[Any]) -> str:
    """The page of one rule for `docs/reference/rules/`."""
    return f"# {rule.id}\n\n{rule.page.summary}\n\n{_facts(rule)}\n\n{rule_body(rule)}"


def rule_body(rule: Rule[Any]) -> str:
    """What, why, how it is judged, and how to fix it; without a heading of its own."""
    page = rule.page
    parts = [
        f"## What\n\n{page.what}",
        f"## Why\n\n{page.why}",
        f"## How it is judged\n\n{page.judged}",
        "## How to fix it",
        *(f"### {tool}\n\n{_fix(tool, page.fixes[tool])}" for tool in FIXES),
        f"## Source\n\n<{page.url}>",
    ]
    return "\n\n".join(parts) + "\n"


def _facts(rule: Rule[Any]) -> str:
    rows = [
        ("Severity", rule.severity.value),
        ("Judged in", rule.scope.value),
        ("About", f"`{rule.judges.TYPE}`"),
        ("On by default", "yes" if rule.enabled else "no: select it, or enable it"),
        ("Reads", ", ".join(f"`{call}`" for call in sorted(rule.calls))),
    ]
    rows += [
        (f"Option `{option.name}`", f"{option.meaning} (default {written(option.default)})")
        for option in rule.options
    ]
    return "\n".join(("| | |", "| --- | --- |", *(f"| {name} | {what} |" for name, what in rows)))


def written(value: int | timedelta) -> str:
    """A threshold as the configuration takes it: `12h`, `5`."""
    return rough_duration(value) if isinstance(value, timedelta) else str(value)


def _fix(tool: str, text: str) -> str:
    """Code, unless it is a sentence that points elsewhere."""
    if "\n" not in text and text.startswith(_PROSE) and text.endswith("."):
        return text
    return f"```{_LANGUAGES[tool]}\n{text}\n```"


def rule_index(rules: Mapping[str, Rule[Any]]) -> str:
    """The table of contents for `docs/reference/rules/README.md`."""
    lines = [
        "# The audit's rules",
        "",
        "`dlqctl rule` lists them, `dlqctl rule ID` explains one."
        " Rules are selected by id or by group, the first word of the id.",
    ]
    for group, members in _grouped(rules.values()).items():
        lines += [
            "",
            f"## {group}",
            "",
            "| Rule | Severity | What it finds |",
            "| --- | --- | --- |",
        ]
        lines += [
            f"| [{rule.id}]({rule.id}.md) | {rule.severity.value} | {rule.page.summary} |"
            for rule in members
        ]
    return "\n".join(lines) + "\n"


def _grouped(rules: Iterable[Rule[Any]]) -> dict[str, list[Rule[Any]]]:
    groups: dict[str, list[Rule[Any]]] = {}
    for rule in rules:
        groups.setdefault(rule.group, []).append(rule)
    return groups
