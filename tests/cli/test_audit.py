"""`dlqctl audit` and `dlqctl rule` as somebody at a prompt, or a CI job, runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.audit.live.denying import denying
from tests.audit.live.seeded import client, seed

# Regions that no other test uses: moto's server is shared.
REGION, OTHER = "af-south-1", "me-central-1"

Dlqctl = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def dlqctl(tmp_path: Path) -> Dlqctl:
    """Runs dlqctl in an empty folder, with nothing of the caller's environment."""

    def run(*arguments: str, region: str | None = REGION) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dlqctl", *arguments],
            cwd=tmp_path,
            env={
                "PATH": os.defpath,
                "HOME": str(tmp_path),
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "testing",
                **({"AWS_DEFAULT_REGION": region} if region else {}),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def url(moto_url: str) -> str:
    seed(moto_url, REGION)
    return moto_url


@pytest.fixture
def audit(dlqctl: Dlqctl, url: str) -> Dlqctl:
    """`dlqctl audit` on the seeded account. moto has no recursion settings: left out."""

    def run(*arguments: str, at: str = url, **more: Any) -> subprocess.CompletedProcess[str]:
        ignored = ("--ignore", "async-destination-loop")
        return dlqctl("audit", "--endpoint-url", at, *ignored, *arguments, **more)

    return run


def rules_found(done: subprocess.CompletedProcess[str]) -> set[tuple[str, str]]:
    return {
        (one["rule"], one["resource"].rpartition(":")[2])
        for one in json.loads(done.stdout)["findings"]
    }


def test_finds_what_was_planted_and_exits_10(audit: Dlqctl) -> None:
    done = audit("-o", "json", "--select", "sqs-no-dlq,stream-no-failure-destination")
    assert done.returncode == 10, done.stderr
    found = rules_found(done)
    assert ("sqs-no-dlq", "orders") in found
    assert ("sqs-no-dlq", "bills") not in found
    assert len(found) == 2
    document = json.loads(done.stdout)
    assert document["unknown"] == []
    assert document["checked"]["rules"] == 2


def test_the_table_tells_the_fix_and_stderr_the_sum(audit: Dlqctl) -> None:
    done = audit()
    assert done.returncode == 10, done.stderr
    assert "sqs-no-dlq" in done.stdout
    assert "fix   set RedrivePolicy" in done.stdout
    assert "orders to worker" in done.stdout
    assert "error" in done.stderr.splitlines()[-1]
    assert "read " in done.stderr


def test_threshold(audit: Dlqctl) -> None:
    only = ("--select", "stream-no-bisect")
    assert audit(*only).returncode == 0
    assert audit(*only, "--fail-on", "warning").returncode == 10
    assert audit(*only, "--fail-on", "never").returncode == 0


def test_quiet_says_nothing_but_data(audit: Dlqctl) -> None:
    done = audit("-q", "-o", "json", "--select", "sqs")
    assert done.stderr == ""
    json.loads(done.stdout)


@pytest.mark.parametrize("output", ["table", "json", "sarif", "github", "junit", "markdown"])
def test_every_format_in_a_file(audit: Dlqctl, tmp_path: Path, output: str) -> None:
    path = tmp_path / "report"
    path.write_text("old", encoding="utf-8")
    done = audit("-o", output, "--select", "sqs-no-dlq", "--out", str(path))
    assert (done.returncode, done.stdout) == (10, ""), done.stderr
    report = path.read_text(encoding="utf-8")
    assert "orders" in report
    if output in ("json", "sarif"):
        json.loads(report)
    elif output == "junit":
        ElementTree.fromstring(report)
    elif output == "github":
        assert all(line.startswith("::") for line in report.splitlines())
    assert [one.name for one in tmp_path.iterdir() if one.name != ".cache"] == ["report"]


def test_several_formats_of_one_audit(audit: Dlqctl, tmp_path: Path) -> None:
    more = ("--also", "sarif=a.sarif", "--also", "markdown=a.md")
    done = audit("-o", "json", "--select", "sqs-no-dlq", *more)
    assert done.returncode == 10, done.stderr
    (run,) = json.loads((tmp_path / "a.sarif").read_text())["runs"]
    assert len(run["results"]) == len(json.loads(done.stdout)["findings"]) == 1
    assert "sqs-no-dlq" in (tmp_path / "a.md").read_text()


def test_a_report_that_cannot_be_written(audit: Dlqctl, tmp_path: Path) -> None:
    done = audit("--select", "sqs", "--out", str(tmp_path / "no" / "report"))
    assert done.returncode == 1
    assert "can't write" in done.stderr


def test_with_the_baseline_nothing_is_new(audit: Dlqctl, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    only = ("--select", "sqs,stream,dlq")
    first = audit(*only, "--write-baseline", str(path))
    assert first.returncode == 0, first.stderr
    again = audit(*only, "--baseline", str(path), "-o", "json")
    assert again.returncode == 0, again.stderr
    document = json.loads(again.stdout)
    assert document["findings"] == []
    assert len(document["suppressed"]) == len(json.loads(path.read_text())["findings"])


def test_a_baseline_tells_what_it_need_not_hold(audit: Dlqctl, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    entries = [{"rule": "sqs-no-dlq", "resource": "arn:gone"}]
    document = {"schema": "dlqctl.audit-baseline/v1", "findings": entries}
    path.write_text(json.dumps(document), encoding="utf-8")
    done = audit("--select", "sqs", "--baseline", str(path))
    assert done.returncode == 10
    assert "no longer found" in done.stderr
    assert "arn:gone" in done.stderr


def test_a_denied_service_is_named_and_exits_3(audit: Dlqctl, url: str) -> None:
    with denying(url, "events") as at:
        done = audit("-o", "json", "--select", "sqs-no-dlq", at=at)
    document = json.loads(done.stdout)
    assert done.returncode == 3, done.stderr
    assert {one["action"] for one in document["unknown"]} == {"events:ListEventBuses"}
    assert {one["resource"].rpartition(":")[2] for one in document["unknown"]} == {"orders"}
    assert "access denied to events:ListEventBuses" in done.stderr


def test_a_finding_outweighs_what_was_denied(audit: Dlqctl, url: str) -> None:
    rules = ("--select", "sqs-no-dlq,stream-no-bisect")
    with denying(url, "events") as at:
        assert audit(*rules, at=at).returncode == 3
        worse = audit(*rules, "--fail-on", "warning", at=at)
    assert worse.returncode == 10
    assert "access denied to events:ListEventBuses" in worse.stdout


def test_an_answer_nobody_can_read_is_not_judged(audit: Dlqctl, url: str) -> None:
    """SNS speaks XML, and is answered in JSON here."""
    with denying(url, "sns") as at:
        done = audit("--select", "sqs-no-dlq", at=at)
    assert done.returncode == 3, done.stderr
    assert "sns:ListSubscriptions" in done.stdout


def test_narrowed_to_a_queue(audit: Dlqctl) -> None:
    done = audit("--queue", "bills", "-o", "json", "--select", "sqs,dlq,alarm,esm")
    assert done.returncode in (0, 10), done.stderr
    document = json.loads(done.stdout)
    assert document["unknown"] == []
    assert all("orders" not in one["resource"] for one in document["findings"])


def test_what_is_not_there(audit: Dlqctl) -> None:
    done = audit("--queue", "nope")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no queue 'nope'" in done.stderr
    assert audit("--function", "nope").returncode == 1


def test_several_regions(audit: Dlqctl, url: str) -> None:
    client(url, "sqs", OTHER).create_queue(QueueName="elsewhere")
    done = audit("-o", "json", "--select", "sqs", "--region", REGION, "--region", OTHER)
    assert done.returncode == 10, done.stderr
    origins = json.loads(done.stdout)["checked"]["origins"]
    assert [one.partition("/")[2] for one in origins] == [REGION, OTHER]


def test_several_accounts(audit: Dlqctl) -> None:
    roles = [f"arn:aws:iam::{account}:role/audit" for account in ("123456789012", "222222222222")]
    done = audit("-o", "json", "--select", "sqs-no-dlq", *(f"--role-arn={role}" for role in roles))
    assert done.returncode == 10, done.stderr
    origins = json.loads(done.stdout)["checked"]["origins"]
    assert origins == [f"123456789012/{REGION}", f"222222222222/{REGION}"]
    assert rules_found(done) == {("sqs-no-dlq", "orders")}


def test_the_region_of_an_arn(audit: Dlqctl) -> None:
    arn = f"arn:aws:sqs:{REGION}:123456789012:orders"
    done = audit("--queue", arn, "--select", "sqs-no-dlq", "-o", "json", region=None)
    assert done.returncode == 10, done.stderr


def test_configuration_here_counts(audit: Dlqctl, tmp_path: Path) -> None:
    (tmp_path / "dlqctl.toml").write_text(
        'select = ["sqs-no-dlq", "stream-no-bisect"]\nfail_on = "warning"\n'
        '[[suppress]]\nrules = ["sqs-no-dlq"]\nresource = "*:orders"\nreason = "known"\n'
        '[[suppress]]\nrules = ["sqs"]\nresource = "*:nobody"\nreason = "old"\n',
        encoding="utf-8",
    )
    done = audit("-o", "sarif")
    assert done.returncode == 10, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert {one["ruleId"] for one in run["results"]} == {"stream-no-bisect"}
    location = run["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "dlqctl.toml"
    assert "unused suppression: dlqctl.toml, suppress 2" in done.stderr


def test_a_tag_suppresses(audit: Dlqctl, url: str) -> None:
    sqs = client(url, "sqs", REGION)
    queue = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    sqs.tag_queue(QueueUrl=queue, Tags={"dlqctl:ignore": "sqs-no-dlq: fed by hand"})
    try:
        done = audit("-o", "json", "--select", "sqs-no-dlq")
    finally:
        sqs.untag_queue(QueueUrl=queue, TagKeys=["dlqctl:ignore"])
    (taken,) = json.loads(done.stdout)["suppressed"]
    assert taken["reason"] == "fed by hand"
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--select", "strem"), "did you mean stream?"),
        (("--ignore", "sqs-no-dql"), "did you mean sqs-no-dlq?"),
        (("--select", "sqs", "--ignore", "sqs"), "no rule is left"),
        (("--config", "nowhere.toml"), "can't read nowhere.toml"),
        (("--baseline", "nowhere.json"), "can't read the baseline"),
        (("--queue", "a b"), "not a queue's name"),
        (("--also", "sarif"), "is not FORMAT=FILE"),
        (("--also", "pdf=x"), "one of table, json"),
        (("--fail-on", "worst"), "worst"),
    ],
)
def test_usage_errors_before_anything_is_asked(
    dlqctl: Dlqctl, arguments: tuple[str, ...], says: str
) -> None:
    done = dlqctl("audit", "--endpoint-url", "http://127.0.0.1:1", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_nobody_answers(dlqctl: Dlqctl) -> None:
    done = dlqctl("audit", "--endpoint-url", "http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "can't reach AWS" in done.stderr


class TestRule:
    def test_lists(self, dlqctl: Dlqctl) -> None:
        done = dlqctl("rule")
        assert done.returncode == 0
        assert "sqs-no-dlq" in done.stdout

    def test_lists_a_group(self, dlqctl: Dlqctl) -> None:
        document = json.loads(dlqctl("rule", "kafka", "-o", "json").stdout)
        assert document["schema"] == "dlqctl.rules/v1"
        assert {one["group"] for one in document["rules"]} == {"kafka"}

    def test_explains(self, dlqctl: Dlqctl) -> None:
        done = dlqctl("rule", "stream-pointer-window-short")
        assert "Option minimum-window" in done.stdout
        assert "default 12h" in done.stdout
        document = json.loads(dlqctl("rule", "sqs-no-dlq", "-o", "json").stdout)
        assert document["schema"] == "dlqctl.rule/v1"
        assert set(document["fixes"]) == {"CLI", "SAM", "CloudFormation", "Terraform"}

    def test_suggests(self, dlqctl: Dlqctl) -> None:
        done = dlqctl("rule", "sqs-no-dl")
        assert done.returncode == 2
        assert "did you mean sqs-no-dlq?" in done.stderr

    def test_iam_policy(self, dlqctl: Dlqctl) -> None:
        document = json.loads(dlqctl("rule", "--iam-policy").stdout)
        actions = {one for statement in document["Statement"] for one in statement["Action"]}
        assert "sqs:GetQueueAttributes" in actions
        assert not actions & {"sqs:ReceiveMessage", "kinesis:GetRecords", "lambda:GetFunction"}
