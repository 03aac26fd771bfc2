"""What an audit may say of its baseline, and what it may not."""

from __future__ import annotations

from datetime import date

import pytest

from dlqctl.audit.baseline import Baseline, BaselineEntry, baseline_text
from dlqctl.audit.findings import Severity
from dlqctl.audit.outcome import Forgiven, Outcome, conclude
from dlqctl.audit.resources import Queue
from dlqctl.audit.rules import registry
from tests.audit.build import UNKNOWN, arn, inventory, queue

RULE = "dlq-retention-below-maximum"
GONE = arn("sqs", "gone-dlq")
ELSEWHERE = GONE.replace("eu-west-1", "ap-south-1")


def audited(resource: str, **gaps: object) -> Outcome:
    known = Baseline(schema="dlqctl.audit-baseline/v1", findings=(entry(resource),))
    return conclude(
        [inventory(queue("orders"), **gaps)],
        [registry()[RULE]],
        settings={},
        forgiven=Forgiven(date(2027, 1, 31), baseline=known),
        fail_on=Severity.ERROR,
    )


def entry(resource: str) -> BaselineEntry:
    return BaselineEntry(rule=RULE, resource=resource)


def test_what_was_looked_for_and_not_found_is_told_and_forgotten() -> None:
    outcome = audited(GONE)
    assert [note for note in outcome.notes if "no longer found" in note]
    assert outcome.kept == ()


@pytest.mark.parametrize(
    ("resource", "gaps"), [(GONE, {"gaps": {Queue: UNKNOWN}}), (ELSEWHERE, {})]
)
def test_what_nobody_could_look_for_is_kept(resource: str, gaps: dict[str, object]) -> None:
    outcome = audited(resource, **gaps)
    assert outcome.notes == ()
    assert outcome.kept == (entry(resource),)
    assert resource in baseline_text(outcome.known, kept=outcome.kept)
