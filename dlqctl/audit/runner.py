"""Every chosen rule over every resource of an inventory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from dlqctl.audit.facts import Unknown
from dlqctl.audit.findings import Finding, NotJudged, Severity
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import Resource
from dlqctl.audit.rule import Audit, Fault, Rule
from dlqctl.errors import UsageError


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What the configuration says about one rule; None where it says nothing."""

    enabled: bool | None = None
    severity: Severity | None = None
    options: Mapping[str, int | timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an audit found, in a fixed order, and how much it looked at."""

    findings: tuple[Finding, ...]
    unknown: tuple[NotJudged, ...]
    rules: tuple[str, ...]
    resources: int


def chosen(
    rules: Mapping[str, Rule[Any]],
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    settings: Mapping[str, RuleSettings] | None = None,
) -> tuple[Rule[Any], ...]:
    """The rules to run: those of `select` (ids or groups; empty is all), less those of `ignore`.

    A rule that is off by default runs when its id is selected or the settings enable it. Raises
    UsageError for a name that is neither a rule nor a group.
    """
    groups = {rule.group for rule in rules.values()}
    for name in (*select, *ignore):
        if name not in rules and name not in groups:
            raise UsageError(
                f"no audit rule or group {name!r}", hint=hint_for(name, (*rules, *groups))
            )
    said = settings or {}

    def runs(rule: Rule[Any]) -> bool:
        if rule.id in ignore or (rule.group in ignore and rule.id not in select):
            return False
        if rule.id in select:
            return True
        enabled = said.get(rule.id, RuleSettings()).enabled
        if not (rule.enabled if enabled is None else enabled):
            return False
        return not select or rule.group in select

    return tuple(rule for rule in rules.values() if runs(rule))


def hint_for(name: str, names: Iterable[str]) -> str:
    """The name that was probably meant, else where all of them are."""
    close = get_close_matches(name, sorted(names), n=1)
    return f"did you mean {close[0]}?" if close else "`dlqctl rule` lists them all"


def judge(
    inventory: Inventory,
    rules: Iterable[Rule[Any]],
    *,
    settings: Mapping[str, RuleSettings] | None = None,
) -> Judgement:
    """What `rules` say about `inventory`."""
    findings: list[Finding] = []
    unknown: list[NotJudged] = []
    judged: set[tuple[str, str | None]] = set()
    ran: list[str] = []
    for rule in rules:
        if not rule.scope.covers(live=inventory.live):
            continue
        ran.append(rule.id)
        said = (settings or {}).get(rule.id, RuleSettings())
        judged.update((resource.ref, resource.part) for resource in inventory.judged(rule.judges))
        for verdict in _verdicts(rule, inventory, said):
            if isinstance(verdict, Finding):
                findings.append(verdict)
            else:
                unknown.append(verdict)
    return Judgement(
        findings=tuple(sorted(findings, key=lambda finding: finding.order)),
        unknown=tuple(sorted(unknown, key=lambda one: one.order)),
        rules=tuple(ran),
        resources=len(judged),
    )


def _verdicts(
    rule: Rule[Any], inventory: Inventory, said: RuleSettings
) -> Iterator[Finding | NotJudged]:
    audit = Audit(inventory, said.options)
    for resource in inventory.judged(rule.judges):
        for verdict in rule.faults(resource, audit):
            if isinstance(verdict, Unknown):
                yield NotJudged(
                    rule=rule.id,
                    resource=resource.ref,
                    part=resource.part,
                    why=verdict.why,
                    action=verdict.action,
                    place=resource.place,
                )
            else:
                yield _finding(rule, resource, verdict, said.severity)
    gap = inventory.gap(rule.judges)
    if gap:
        yield NotJudged(rule.id, inventory.origin, part=None, why=gap.why, action=gap.action)


def _finding(rule: Rule[Any], judged: Resource, fault: Fault, severity: Severity | None) -> Finding:
    resource = fault.resource or judged
    return Finding(
        rule=rule.id,
        severity=severity or fault.severity or rule.severity,
        resource=resource.ref,
        part=resource.part,
        type=resource.TYPE,
        message=fault.message,
        observed=fault.observed,
        expected=fault.expected,
        fix=fault.fix,
        url=rule.page.url,
        place=resource.place,
        label=resource.label,
    )
