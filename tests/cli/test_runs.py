"""`dlqctl runs`: what the journal remembers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.shop import Shop
from tests.fakes.sqs import Fault


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path) as shop:
        shop.fill(6)
        yield shop


def test_none_yet(shop: Shop) -> None:
    done = shop.dlqctl.run("runs", "-o", "json")
    assert json.loads(done.stdout) == {"schema": "dlqctl.runs/v1", "runs": []}
    assert "no redrive was run from here yet" in done.stderr


def test_newest_first_key_by_key(shop: Shop) -> None:
    first = shop.dlqctl.json("redrive", "dlq", "--yes", "--rate", "max", "--limit", "4")
    shop.sqs.faults.add(Fault.lose_answer("SendMessageBatch"))
    second = shop.dlqctl.json("redrive", "dlq", "--yes", "--rate", "max", code=4)
    listed = shop.dlqctl.json("runs")
    assert listed["schema"] == "dlqctl.runs/v1"
    assert {run["run"] for run in listed["runs"]} == {first["run"], second["run"]}
    assert listed["runs"] == sorted(listed["runs"], key=lambda run: run["started_at"], reverse=True)
    run = next(run for run in listed["runs"] if run["run"] == first["run"])
    assert list(run) == [
        "run",
        "queue",
        "state",
        "started_at",
        "ended_at",
        "messages",
        "options",
        "summary",
    ]
    assert (run["state"], run["messages"], run["summary"]) == ("done", {"deleted": 4}, first)
    shown = shop.dlqctl.json("runs", "show", second["run"])
    assert shown["schema"] == "dlqctl.run/v1"
    assert shown["messages"] == {"deleted": second["redriven"], "in_doubt": second["in_doubt"]}
    assert second["selected"] == 8
    assert sorted(shown["unconfirmed"]) == sorted(f["message_id"] for f in second["failures"])


def test_for_a_person(shop: Shop) -> None:
    done = shop.dlqctl.json("redrive", "dlq", "--yes", "--rate", "max")
    listed = shop.dlqctl.run("runs")
    assert listed.returncode == 0
    assert done["run"] in listed.stdout
    assert "12 deleted" in listed.stdout
    shown = shop.dlqctl.run("runs", "show", done["run"])
    assert "messages: deleted" in shown.stdout
    lines = shop.dlqctl.run("runs", "-o", "jsonl").stdout.splitlines()
    assert [json.loads(line)["run"] for line in lines] == [done["run"]]


def test_an_unknown_run(shop: Shop) -> None:
    done = shop.dlqctl.run("runs", "show", "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "dlqctl: there is no run 'none'\n  `dlqctl runs` lists the runs\n"
