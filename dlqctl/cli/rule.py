"""`dlqctl rule`: the audit's rules, listed or explained."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlqctl.errors import UsageError

if TYPE_CHECKING:
    from dlqctl.audit.rule import Rule


class RuleOutput(StrEnum):
    """What `rule` can print."""

    TABLE = "table"
    JSON = "json"


def rule(
    rule_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Explain this rule, or list this group.")
    ] = None,
    *,
    output: Annotated[
        RuleOutput, typer.Option("--output", "-o", help="Format.")
    ] = RuleOutput.TABLE,
    iam_policy: Annotated[
        bool,
        typer.Option(
            "--iam-policy", help="Print the IAM policy that an audit with these rules needs."
        ),
    ] = False,
) -> None:
    """List the audit's rules, or explain one: what, why, and how to fix it."""
    from dlqctl.audit.iam import iam_policy as policy_of
    from dlqctl.audit.rules import registry
    from dlqctl.report.json import write_document

    rules = registry()
    chosen = _chosen(rule_id)
    if iam_policy:
        write_document(sys.stdout, policy_of(chosen))
    elif rule_id is not None and rule_id in rules:
        _explain(rules[rule_id], output)
    else:
        _list(chosen, output)


def _chosen(name: str | None) -> "list[Rule[Any]]":
    from dlqctl.audit.rules import registry
    from dlqctl.audit.runner import hint_for

    rules = registry()
    found = [one for one in rules.values() if name in (None, one.id, one.group)]
    if not found:
        names = {*rules, *(one.group for one in rules.values())}
        raise UsageError(f"no audit rule or group {name!r}", hint=hint_for(str(name), names))
    return found


def _list(rules: "list[Rule[Any]]", output: RuleOutput) -> None:
    from dlqctl.report.json import write_document
    from dlqctl.report.rules import rule_document, write_rules

    if output is RuleOutput.JSON:
        write_document(
            sys.stdout,
            {"schema": "dlqctl.rules/v1", "rules": [rule_document(one) for one in rules]},
        )
    else:
        write_rules(sys.stdout, rules)


def _explain(one: "Rule[Any]", output: RuleOutput) -> None:
    from dlqctl.report.json import write_document
    from dlqctl.report.rules import rule_document, write_rule

    if output is RuleOutput.JSON:
        write_document(sys.stdout, {"schema": "dlqctl.rule/v1", **rule_document(one)})
    else:
        write_rule(sys.stdout, one)
