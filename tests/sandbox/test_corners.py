"""The audit finds what the careless corner lacks, and nothing in the careful one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dlqctl.sandbox.corners import CAREFUL_REGION, CARELESS_REGION
from tests.sandbox.conftest import Seeded

Audit = Callable[..., "subprocess.CompletedProcess[str]"]

CARELESS = {
    ("alarm-missing-on-dlq", "parcels-dlq"),
    ("alarm-missing-on-iterator-age", "clicks to clicks"),
    ("alarm-missing-on-message-age", "parcels"),
    ("alarm-missing-on-message-age", "refunds"),
    ("async-implicit-limits", "thumbnails"),
    ("async-no-failure-destination", "thumbnails"),
    ("deploy-no-gradual-deployment", "clicks to clicks"),
    ("deploy-no-gradual-deployment", "parcels to parcels"),
    ("deploy-no-gradual-deployment", "refunds to refunds"),
    ("dlq-open-to-any-source", "parcels-dlq"),
    ("dlq-retention-below-maximum", "parcels-dlq"),
    ("dlq-retention-not-longer", "parcels-dlq"),
    ("dlq-triage-window-short", "parcels-dlq"),
    ("esm-not-enabled", "clicks to clicks"),
    ("sqs-max-receive-count-low", "parcels"),
    ("sqs-no-dlq", "refunds"),
    ("sqs-no-partial-batch-response", "refunds to refunds"),
    ("sqs-visibility-below-function-timeout", "refunds"),
    ("sqs-visibility-timeout-short", "refunds"),
    ("stream-infinite-record-age", "clicks to clicks"),
    ("stream-infinite-retries", "clicks to clicks"),
    ("stream-no-bisect", "clicks to clicks"),
    ("stream-no-failure-destination", "clicks to clicks"),
    ("stream-no-partial-batch-response", "clicks to clicks"),
}
# The sandbox has no CodeDeploy: what hangs on it alone is not judged there.
UNJUDGED = "deploy-no-rollback-alarm"


@pytest.fixture
def audit(seeded: Seeded, tmp_path: Path) -> Audit:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dlqctl", "audit", "--ignore", UNJUDGED, *arguments],
            cwd=tmp_path,
            env={"PATH": os.defpath, "HOME": str(tmp_path), **seeded.sandbox.variables()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def found(done: subprocess.CompletedProcess[str]) -> set[tuple[str, str]]:
    return {
        (one["rule"], one["label"] or one["resource"].rpartition(":")[2])
        for one in json.loads(done.stdout)["findings"]
    }


def test_finds_the_planted_faults_in_every_format(audit: Audit, tmp_path: Path) -> None:
    others = ("sarif", "github", "junit", "markdown", "table")
    also = [part for name in others for part in ("--also", f"{name}={tmp_path / name}")]
    done = audit("--region", CARELESS_REGION, "-o", "json", *also)
    assert done.returncode == 10, done.stderr
    assert json.loads(done.stdout)["unknown"] == []
    assert found(done) == CARELESS
    (run,) = json.loads((tmp_path / "sarif").read_text("utf-8"))["runs"]
    assert len(run["results"]) == len(CARELESS)
    assert len((tmp_path / "github").read_text("utf-8").splitlines()) == len(CARELESS)
    junit = ElementTree.parse(tmp_path / "junit")
    errors = [one for one in json.loads(done.stdout)["findings"] if one["severity"] == "error"]
    assert len(list(junit.iter("failure"))) == len(errors)
    for name in ("markdown", "table"):
        text = (tmp_path / name).read_text("utf-8")
        assert all(rule in text for rule, _ in CARELESS)


def test_with_the_baseline_all_is_well(audit: Audit, tmp_path: Path) -> None:
    path = str(tmp_path / "baseline.json")
    assert audit("--region", CARELESS_REGION, "--write-baseline", path).returncode == 0
    done = audit("--region", CARELESS_REGION, "--baseline", path, "-o", "json")
    assert (done.returncode, found(done)) == (0, set()), done.stderr


def test_finds_nothing_in_the_careful_corner(audit: Audit) -> None:
    done = audit("--region", CAREFUL_REGION, "-o", "json", "--ignore", "deploy")
    assert found(done) == set()
    assert json.loads(done.stdout)["unknown"] == []
    assert done.returncode == 0, done.stderr
