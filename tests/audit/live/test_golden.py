"""Every rule finds what was planted for it, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Any

import pytest

from dlqctl.audit.calls import READ_ONLY
from dlqctl.audit.findings import Severity
from dlqctl.audit.live.collector import collect
from dlqctl.audit.live.needs import needed
from dlqctl.audit.outcome import Forgiven, Outcome, conclude
from dlqctl.audit.rules import registry
from tests.audit.live.golden import golden
from tests.audit.live.shop import Shop

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LIVE = [rule for rule in registry().values() if rule.scope.covers(live=True)]


def audited(shop: Shop, rules: list[Any], calls: frozenset[str] = READ_ONLY) -> Outcome:
    inventory = collect(shop, calls, now=lambda: NOW).inventory
    forgiven = Forgiven(today=date(2026, 11, 20))
    return conclude([inventory], rules, settings={}, forgiven=forgiven, fail_on=Severity.ERROR)


def found(outcome: Outcome) -> dict[str, set[str]]:
    by_rule: defaultdict[str, set[str]] = defaultdict(set)
    for finding in outcome.findings:
        by_rule[finding.rule].add(finding.resource)
    return dict(by_rule)


@pytest.fixture(scope="module")
def whole() -> Outcome:
    return audited(golden(), LIVE)


def test_everything_was_judged(whole: Outcome) -> None:
    assert whole.unknown == ()


@pytest.mark.parametrize("rule", [rule.id for rule in LIVE])
def test_finds_fault_where_it_was_planted_and_nowhere_else(whole: Outcome, rule: str) -> None:
    planted = golden().expected.get(rule)
    assert planted, f"nothing is planted for {rule} in tests/audit/live/golden.py"
    assert found(whole).get(rule, set()) == planted


def test_nothing_is_planted_for_rules_there_are_not() -> None:
    assert set(golden().expected) <= {rule.id for rule in LIVE}


@pytest.mark.parametrize("rule", LIVE, ids=lambda rule: str(rule.id))
def test_a_rule_alone_says_the_same(whole: Outcome, rule: Any) -> None:
    """Its `calls` name everything it reads: with fewer answers it would not be judged."""
    alone = audited(golden(), [rule], needed([rule]))
    assert alone.unknown == ()
    assert alone.findings == tuple(one for one in whole.findings if one.rule == rule.id)
