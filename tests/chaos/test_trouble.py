"""A full disk, no place for the journal, credentials that run out, two redrives at once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.chaos.shop import Shop
from tests.fakes.sqs import Fault

EACH = 100


def everything_arrives_once(shop: Shop, *arguments: str) -> None:
    code, summary, err = shop.resume(*arguments)
    assert code == 0, err
    shop.check(summary, of=2 * EACH)
    assert summary["redriven"] == 2 * EACH
    assert shop.bodies("dlq") == []
    assert shop.arrived().total() == 2 * EACH


@pytest.mark.parametrize("size", [50_000, 120_000])
def test_a_disk_that_is_full_for_the_journal_loses_and_doubles_nothing(
    tmp_path: Path, size: int
) -> None:
    with Shop(tmp_path) as shop:
        shop.fill(EACH)
        process = shop.redrive("--rate", "max", "--workers", "4", file_bytes=size)
        code, out, err = shop.wait(process)
        assert code in (1, 3), err
        assert out == ""
        assert "the journal can't be written at" in err
        assert "free some disk space" in err
        assert "this is a bug" not in err
        assert shop.in_flight() == 0
        arrived = shop.arrived()
        assert max(arrived.values(), default=1) == 1
        there = Counter(shop.bodies("dlq")) + arrived
        assert len(there) == 2 * EACH
        assert max(there.values()) == 1  # what was sent was deleted too, though not journalled
        code, out, err = shop.wait(shop.redrive("--rate", "max", "-o", "json"))
        assert code == 0, err
        shop.check(json.loads(out), of=2 * EACH)
        assert shop.bodies("dlq") == []
        assert shop.arrived().total() == 2 * EACH


def test_a_disk_that_is_full_for_the_archive_sends_nothing_unarchived(tmp_path: Path) -> None:
    archive = tmp_path / "archive.jsonl"
    with Shop(tmp_path / "home") as shop:
        shop.fill(EACH)
        # The journal is made before, and small: the archive is what hits the limit.
        code, _, err = shop.wait(
            shop.redrive("--archive", str(archive), "--limit", "1", "--rate", "max")
        )
        assert code == 0, err
        second = tmp_path / "second.jsonl"
        process = shop.redrive(
            "--archive", str(second), "--rate", "max", "--workers", "1", file_bytes=60_000
        )
        code, _, err = shop.wait(process)
        assert code in (1, 3), err
        assert "can't write" in err or "can't be written" in err
        archived = {json.loads(line)["body"] for line in second.read_text().splitlines()}
        archived |= {json.loads(line)["body"] for line in archive.read_text().splitlines()}
        assert set(shop.arrived()) <= archived
        assert shop.in_flight() == 0
        assert len(shop.bodies("dlq")) + shop.arrived().total() == 2 * EACH


def test_an_archive_goes_on_in_the_resumed_run(tmp_path: Path) -> None:
    archive = tmp_path / "archive.jsonl"
    with Shop(tmp_path / "home") as shop:
        shop.fill(EACH)
        process = shop.redrive("--archive", str(archive), "--rate", "max", "--workers", "1")
        shop.strike_and_lose(process, "SendMessageBatch", 5, applied=False)
        assert shop.wait(process)[0] == -9
        with archive.open("a") as file:
            file.write('{"body": "half a li')
        everything_arrives_once(shop, "--in-doubt", "resend")
        archived = [json.loads(line)["body"] for line in archive.read_text().splitlines()]
        assert set(archived) == set(shop.arrived())


@pytest.mark.parametrize("where", ["state", "state/dlqctl", "state/dlqctl/journal.sqlite3"])
def test_without_a_journal_nothing_is_sent(tmp_path: Path, where: str) -> None:
    with Shop(tmp_path) as shop:
        shop.fill(5)
        path = tmp_path / where
        path.parent.mkdir(parents=True, exist_ok=True)
        if where.endswith("sqlite3"):
            path.mkdir()
        else:
            path.write_text("a file where a folder should be")
        code, out, err = shop.wait(shop.redrive())
        assert (code, out) == (1, "")
        assert "the journal can't be written at" in err
        assert "set XDG_STATE_HOME to a folder that can be written" in err
        assert len(err.splitlines()) == 2
        assert shop.sqs.audit.calls("SendMessageBatch") == []
        assert shop.in_flight() == 0


@pytest.mark.parametrize("skip", [8, 30])
def test_credentials_that_run_out_stop_the_run_and_leave_it_to_be_resumed(
    tmp_path: Path, skip: int
) -> None:
    with Shop(tmp_path) as shop:
        shop.fill(EACH)
        shop.sqs.faults.add(Fault.expired_token("*", skip=skip))
        code, _, err = shop.wait(shop.redrive("--rate", "max", "--workers", "4"))
        assert code in (1, 3), err
        assert "the AWS session has expired (ExpiredToken)" in err
        assert "sign in again" in err
        everything_arrives_once(shop)


def test_two_redrives_at_once_share_the_work(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.fill(EACH)
        both = [shop.redrive("--rate", "150", "-o", "json") for _ in range(2)]
        ends = [shop.wait(process) for process in both]
        assert [code for code, _, _ in ends] == [0, 0], ends
        summaries = [json.loads(out) for _, out, _ in ends]
        assert sum(summary["redriven"] for summary in summaries) == 2 * EACH
        assert shop.arrived().total() == 2 * EACH
        assert shop.bodies("dlq") == []
        assert len(shop.dlqctl.json("runs")["runs"]) == 2
