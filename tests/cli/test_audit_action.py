"""The GitHub action: its script run as a runner runs it, and its metadata held to its promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.audit.live.seeded import seed

ROOT = Path(__file__).resolve().parents[2]
ACTION = ROOT / ".github" / "actions" / "audit"
REGION = "ap-northeast-3"


@pytest.fixture(scope="module")
def url(moto_url: str) -> str:
    seed(moto_url, REGION)
    return moto_url


@pytest.fixture
def action() -> Any:
    return yaml.safe_load((ACTION / "action.yml").read_text("utf-8"))


def run(tmp_path: Path, url: str, **inputs: str) -> tuple[subprocess.CompletedProcess[str], Any]:
    dlqctl = tmp_path / "dlqctl-here"
    dlqctl.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dlqctl "$@"\n', encoding="utf-8")
    dlqctl.chmod(0o755)
    done = subprocess.run(
        ["bash", str(ACTION / "audit.sh")],
        cwd=tmp_path,
        env={
            "PATH": os.defpath,
            "HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT),
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_ENDPOINT_URL": url,
            "DLQCTL": str(dlqctl),
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
            **inputs,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = (tmp_path / "output").read_text("utf-8").splitlines()
    return done, dict(line.partition("=")[::2] for line in lines)


def test_annotates_and_leaves_the_verdict_to_a_later_step(tmp_path: Path, url: str) -> None:
    done, outputs = run(
        tmp_path, url, REGIONS=REGION, SELECT="sqs-no-dlq, stream-no-bisect", FAIL_ON="warning"
    )
    assert done.returncode == 0, done.stderr
    assert outputs["exit-code"] == "10"
    assert Path(outputs["sarif-file"]).is_file()
    levels = {line.split(" ")[0] for line in done.stdout.splitlines()}
    assert levels == {"::error", "::warning"}
    assert "sqs-no-dlq" in (tmp_path / "summary").read_text("utf-8")


def test_several_words_are_several_options(tmp_path: Path, url: str) -> None:
    done, outputs = run(tmp_path, url, REGIONS=f"{REGION}\nus-west-2\n", SELECT="sqs-no-dlq")
    assert outputs["exit-code"] == "10", done.stderr
    assert "123456789012/us-west-2" in done.stderr


@pytest.mark.parametrize("value", ["$(touch pwned)", "`touch pwned`", "; touch pwned", "*"])
def test_inputs_are_never_evaluated(tmp_path: Path, url: str, value: str) -> None:
    _, outputs = run(tmp_path, url, REGIONS=REGION, SELECT=value)
    assert outputs["exit-code"] == "2"
    assert "sarif-file" not in outputs
    assert not (tmp_path / "pwned").exists()


def test_actions_are_pinned_by_commit(action: Any) -> None:
    used = [step["uses"] for step in action["runs"]["steps"] if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one) for one in used)


def test_scripts_read_inputs_from_the_environment_only(action: Any) -> None:
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_every_input_is_described_and_used(action: Any) -> None:
    text = (ACTION / "action.yml").read_text("utf-8")
    for name, described in action["inputs"].items():
        assert described["description"]
        assert f"inputs.{name}" in text
