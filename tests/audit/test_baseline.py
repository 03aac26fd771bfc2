from dataclasses import replace
from pathlib import Path

import pytest

from dlqctl.audit.baseline import baseline_text, read_baseline, without_known
from dlqctl.audit.facts import Place
from dlqctl.errors import UsageError
from tests.audit.test_suppress import finding

FIRST = finding()
SECOND = finding(resource="Orders")


def test_known_findings_are_not_new(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(baseline_text([FIRST, SECOND]), encoding="utf-8")
    third = finding(rule="dlq-not-empty")
    new, old, gone = without_known([third, SECOND], read_baseline(path), written="baseline.json")
    assert new == (third,)
    assert [one.verdict for one in old] == [SECOND]
    assert [one.resource for one in gone] == [FIRST.resource]


def test_order_and_lines_do_not_matter() -> None:
    moved = replace(SECOND, place=Place("template.yaml", 90))
    before = replace(SECOND, place=Place("template.yaml", 12))
    assert baseline_text([FIRST, before]) == baseline_text([moved, FIRST, FIRST])


def test_parts_and_files_are_told_apart() -> None:
    one = baseline_text([replace(FIRST, part="t1", place=Place("a.yaml"))])
    assert one != baseline_text([replace(FIRST, part="t2", place=Place("a.yaml"))])
    assert one != baseline_text([replace(FIRST, part="t1", place=Place("b.yaml"))])


def test_nothing_found_is_a_baseline_too(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(baseline_text([]), encoding="utf-8")
    assert without_known([FIRST], read_baseline(path), written="x")[0] == (FIRST,)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"schema": "dlqctl.audit/v1"}', '{"findings": [{"rule": "x"}]}']
)
def test_anything_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError):
        read_baseline(path)


def test_a_missing_baseline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_baseline(tmp_path / "none.json")
