"""The pages of rules, and the script that keeps them in step with the registry."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dlqctl.audit.calls import READ_ONLY
from dlqctl.audit.iam import iam_policy
from dlqctl.audit.rules import registry
from dlqctl.report.rule_page import rule_index, rule_page

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "rule_pages.py"


def pages(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), "--folder", str(folder), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_says_all_there_is() -> None:
    rule = registry()["stream-pointer-window-short"]
    page = rule_page(rule)
    for heading in ("What", "Why", "How it is judged", "How to fix it", "Source"):
        assert f"## {heading}\n" in page
    assert "| Option `minimum-window` | time that must be left" in page
    assert "(default 12h)" in page
    assert "```hcl\nresource" in page
    assert "| On by default | yes |" in page
    assert "no: select it" in rule_page(replace(rule, enabled=False))


def test_index_links_every_rule() -> None:
    index = rule_index(registry())
    assert all(f"[{name}]({name}.md)" in index for name in registry())


def test_writes_then_finds_nothing_stale(tmp_path: Path) -> None:
    assert pages(tmp_path, "--check").returncode == 1
    assert pages(tmp_path).returncode == 0
    assert pages(tmp_path, "--check").returncode == 0
    (tmp_path / "rules" / "sqs-no-dlq.md").write_text("old", encoding="utf-8")
    (tmp_path / "rules" / "gone-rule.md").write_text("old", encoding="utf-8")
    done = pages(tmp_path, "--check")
    assert done.returncode == 1
    assert "sqs-no-dlq.md" in done.stderr
    assert "gone-rule.md" in done.stderr
    pages(tmp_path)
    assert not (tmp_path / "rules" / "gone-rule.md").exists()
    assert json.loads((tmp_path / "iam" / "audit.json").read_text("utf-8"))["Statement"]


def test_the_policy_allows_reading_and_nothing_else() -> None:
    policy = iam_policy(registry().values())
    actions = {
        action
        for statement in policy["Statement"]  # type: ignore[attr-defined]
        for action in statement["Action"]
    }
    assert actions <= READ_ONLY
    assert all(action.split(":")[1].startswith(("Get", "List", "Describe")) for action in actions)
    assert not any(
        action.endswith(("ReceiveMessage", ":GetRecords", ":GetFunction")) for action in actions
    )


@pytest.mark.parametrize("rule", ["sqs-no-dlq", "alarm-missing-on-dlq"])
def test_a_policy_for_one_rule_is_smaller(rule: str) -> None:
    assert len(str(iam_policy([registry()[rule]]))) < len(str(iam_policy(registry().values())))
