"""Who is told when an alarm without actions of its own goes off."""

from collections.abc import Mapping

from dlqctl.audit.facts import Fact, Unknown
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import Alarm, CompositeAlarm, DeploymentGroup, EventRule

_STATE_CHANGE = "CloudWatch Alarm State Change"


def acts(alarm: Alarm | CompositeAlarm) -> Fact[bool]:
    """Whether it does anything by itself when it goes off."""
    if alarm.actions_enabled is False or alarm.actions == ():
        return False
    for fact in (alarm.actions_enabled, alarm.actions):
        if isinstance(fact, Unknown):
            return fact
    return True


def is_passed_on(alarm: Alarm, inventory: Inventory) -> Fact[bool]:
    """Whether something else acts on it: a composite alarm, a deployment.

    Unknown where an EventBridge rule may: what its target does with the alarm can't be told.
    """
    verdicts = (
        _by_composite(alarm, inventory, frozenset({alarm.ref})),
        _by_deployment(alarm, inventory),
        _by_rule(alarm, inventory),
    )
    if any(verdict is True for verdict in verdicts):
        return True
    return next((verdict for verdict in verdicts if isinstance(verdict, Unknown)), False)


def _by_composite(
    alarm: Alarm | CompositeAlarm, inventory: Inventory, asked: frozenset[str]
) -> Fact[bool]:
    composites = inventory.graph.composites_over(alarm)
    undecided = composites.gap
    for composite in composites.seen:
        if composite.ref in asked:
            continue
        if composite.suppressor in (alarm.name, alarm.ref):
            return True
        verdicts = (acts(composite), _by_composite(composite, inventory, asked | {composite.ref}))
        for verdict in verdicts:
            if verdict is True:
                return True
            if isinstance(verdict, Unknown):
                undecided = undecided or verdict
    return undecided or False


def _by_deployment(alarm: Alarm, inventory: Inventory) -> Fact[bool]:
    undecided = inventory.gap(DeploymentGroup)
    for group in inventory.of(DeploymentGroup):
        if isinstance(group.alarms, Unknown):
            undecided = undecided or group.alarms
        elif {alarm.name, alarm.ref} & set(group.alarms):
            return True
    return undecided or False


def _by_rule(alarm: Alarm, inventory: Inventory) -> Fact[bool]:
    for rule in inventory.of(EventRule):
        if rule.enabled is False or rule.pattern is None:
            continue
        if isinstance(rule.pattern, Unknown) or _may_match(rule.pattern, alarm):
            return Unknown(f"EventBridge rule {rule.name or rule.ref} may tell of it")
    return inventory.gap(EventRule) or False


def _may_match(pattern: Mapping[str, object], alarm: Alarm) -> bool:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html"""
    detail = pattern.get("detail")
    name = detail.get("alarmName") if isinstance(detail, Mapping) else None
    return all(
        _admits(wanted, values)
        for wanted, values in (
            (pattern.get("source"), {"aws.cloudwatch"}),
            (pattern.get("detail-type"), {_STATE_CHANGE}),
            (pattern.get("resources"), {alarm.ref}),
            (name, {alarm.name, alarm.ref}),
        )
    )


def _admits(wanted: object, values: set[str]) -> bool:
    """Nothing wanted admits all; anything but a plain value (`prefix` …) may admit these."""
    if not isinstance(wanted, list | tuple):
        return True
    return any(one in values if isinstance(one, str) else True for one in wanted)
