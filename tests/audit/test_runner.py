from dataclasses import replace

import pytest

from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSourceMapping
from dlqctl.audit.rule import Scope
from dlqctl.audit.rules import registry
from dlqctl.audit.runner import RuleSettings, chosen, judge
from dlqctl.errors import UsageError
from tests.audit.build import UNKNOWN, arn, inventory, mapping, queue, stream_mapping, target

OFF = replace(registry()["stream-no-bisect"], id="stream-off", enabled=False)
RULES = {**registry(), "stream-off": OFF}


def ids(**what: object) -> set[str]:
    return {rule.id for rule in chosen(RULES, **what)}  # type: ignore[arg-type]


def test_everything_but_what_is_off() -> None:
    assert ids() == {rule.id for rule in registry().values() if rule.enabled}


def test_select_takes_ids_and_groups() -> None:
    assert ids(select=["sqs-no-dlq"]) == {"sqs-no-dlq"}
    assert ids(select=["sqs", "stream-no-bisect"]) >= {"sqs-no-dlq", "stream-no-bisect"}
    assert not any(name.startswith("alarm") for name in ids(ignore=["alarm"]))


def test_what_is_off_runs_when_it_is_named_or_enabled() -> None:
    assert "stream-off" not in ids(select=["stream"])
    assert ids(select=["stream-off"]) == {"stream-off"}
    assert "stream-off" in ids(settings={"stream-off": RuleSettings(enabled=True)})
    assert "sqs-no-dlq" not in ids(settings={"sqs-no-dlq": RuleSettings(enabled=False)})


def test_an_id_outweighs_its_group() -> None:
    assert "sqs-no-dlq" in ids(select=["sqs-no-dlq"], ignore=["sqs"])
    assert "sqs-no-dlq" not in ids(select=["sqs"], ignore=["sqs-no-dlq"])


def test_an_unknown_name_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no audit rule or group 'sqsx'"):
        chosen(RULES, select=["sqsx"])


def test_order_does_not_hang_on_the_inventory() -> None:
    resources = (queue("b"), mapping("b"), queue("a"), mapping("a"), stream_mapping())
    forwards = judge(inventory(*resources), registry().values())
    backwards = judge(inventory(*reversed(resources)), reversed(list(registry().values())))
    assert forwards.findings == backwards.findings
    assert [one.resource for one in forwards.findings if one.rule == "sqs-no-dlq"] == [
        arn("sqs", "a"),
        arn("sqs", "b"),
    ]


def test_configured_severity_outweighs_the_rule() -> None:
    rule = registry()["stream-no-bisect"]
    settings = {rule.id: RuleSettings(severity=Severity.INFO)}
    (finding,) = judge(inventory(stream_mapping()), [rule], settings=settings).findings
    assert finding.severity is Severity.INFO


def test_a_type_that_could_not_be_listed_is_not_judged() -> None:
    account = inventory(stream_mapping(), gaps={EventSourceMapping: UNKNOWN})
    judgement = judge(account, [registry()["stream-no-bisect"]])
    assert len(judgement.findings) == 1
    (unknown,) = judgement.unknown
    assert unknown.resource == account.origin
    assert unknown.action == "sqs:GetQueueAttributes"


def test_counts_each_resource_once() -> None:
    account = inventory(queue("a"), queue("b"), target(id="t1"), target(id="t2"))
    judgement = judge(account, registry().values())
    assert judgement.resources >= 2
    assert set(judgement.rules) == set(registry())


def test_rules_of_another_scope_do_not_run() -> None:
    only_templates = replace(registry()["stream-no-bisect"], scope=Scope.TEMPLATE)
    assert judge(inventory(stream_mapping()), [only_templates]).rules == ()
    template = replace(inventory(stream_mapping()), live=False)
    assert judge(template, [only_templates]).rules == ("stream-no-bisect",)
