"""Every rule keeps what the registry promises, and says of its cases what they say of it."""

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dlqctl.audit import rules
from dlqctl.audit.calls import READ_ONLY
from dlqctl.audit.page import FIXES
from dlqctl.audit.rule import Rule
from dlqctl.audit.rules import registry
from dlqctl.audit.runner import Judgement, RuleSettings, judge
from tests.audit.build import CannotJudge, Fails, Passes

RULES = list(registry().values())
FOLDER = Path(rules.__file__).parent


def cases_of(rule: Rule[Any]) -> ModuleType:
    return import_module(f"tests.audit.cases.{rule.id.replace('-', '_')}")


def each(kind: str) -> list[Any]:
    return [
        pytest.param(rule, case, id=f"{rule.id}: {words}")
        for rule in RULES
        for words, case in getattr(cases_of(rule), kind).items()
    ]


def verdict(rule: Rule[Any], case: Fails | Passes | CannotJudge) -> Judgement:
    options = getattr(case, "settings", None) or {}
    return judge(case.inventory, [rule], settings={rule.id: RuleSettings(options=options)})


@pytest.mark.parametrize(("rule", "case"), each("FAILS"))
def test_finds_fault(rule: Rule[Any], case: Fails) -> None:
    found = verdict(rule, case)
    assert sorted(finding.resource for finding in found.findings) == sorted(case.on)
    assert found.unknown == ()
    for finding in found.findings:
        assert finding.severity == (case.severity or rule.severity)
        assert case.observed in finding.observed
        assert case.expected in finding.expected
        assert finding.message
        assert finding.fix


@pytest.mark.parametrize(("rule", "case"), each("PASSES"))
def test_passes(rule: Rule[Any], case: Passes) -> None:
    found = verdict(rule, case)
    assert found.findings == ()
    assert found.unknown == ()


@pytest.mark.parametrize(("rule", "case"), each("NOT_JUDGED"))
def test_unknown_is_neither_pass_nor_finding(rule: Rule[Any], case: CannotJudge) -> None:
    found = verdict(rule, case)
    assert found.findings == ()
    here = [one.resource for one in found.unknown if one.resource != case.inventory.origin]
    assert sorted(here) == sorted(case.on)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.id))
class TestRegistry:
    def test_has_a_case_of_each_kind(self, rule: Rule[Any]) -> None:
        cases = cases_of(rule)
        assert all(isinstance(case, Fails) for case in cases.FAILS.values())
        assert all(isinstance(case, Passes) for case in cases.PASSES.values())
        assert all(isinstance(case, CannotJudge) for case in cases.NOT_JUDGED.values())
        assert cases.FAILS
        assert cases.PASSES
        assert cases.NOT_JUDGED

    def test_is_named_as_its_file(self, rule: Rule[Any]) -> None:
        module = FOLDER / f"{rule.id.replace('-', '_')}.py"
        assert f'"{rule.id}"' in module.read_text(encoding="utf-8")

    def test_docstring_is_a_page(self, rule: Rule[Any]) -> None:
        page = rule.page
        assert page.summary.endswith(".")
        assert page.url.startswith("https://docs.aws.amazon.com/")
        assert list(page.fixes) == list(FIXES)

    def test_reads_only_what_the_audit_may_call(self, rule: Rule[Any]) -> None:
        assert rule.calls
        assert set(rule.calls) <= READ_ONLY
        assert len(set(rule.calls)) == len(rule.calls)

    def test_options_are_explained(self, rule: Rule[Any]) -> None:
        for option in rule.options:
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*", option.name)
            assert f"`{option.name}`" in rule.page.judged

    def test_fits_a_screen_without_its_page(self, rule: Rule[Any]) -> None:
        text = (FOLDER / f"{rule.id.replace('-', '_')}.py").read_text(encoding="utf-8")
        assert text.partition('\n"""\n')[2].count("\n") <= 70


def test_no_cases_without_a_rule() -> None:
    written = {path.stem for path in (Path(__file__).parent / "cases").glob("[a-z]*.py")}
    assert written == {rule.id.replace("-", "_") for rule in RULES}


def test_a_rule_is_there_for_every_module() -> None:
    modules = {path.stem for path in FOLDER.glob("[a-z]*.py")}
    assert modules == {name.replace("-", "_") for name in registry()}
