"""Where output goes wrong: closed, full, or in a locale that can't show it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.sqs_server import FakeSqsServer

DLQCTL = [sys.executable, "-m", "dlqctl"]


@pytest.fixture
def environment(fake_sqs: FakeSqsServer, tmp_path: Path) -> dict[str, str]:
    client = fake_sqs.sqs.client()
    queue = client.create_queue(QueueName="orders-dlq")["QueueUrl"]
    client.send_message(QueueUrl=queue, MessageBody='{"name": "café →"}')
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": fake_sqs.url,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y",
    }


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("output", ["json", "jsonl", "table", "raw"])
def test_it_is_utf8_whatever_the_locale(
    environment: dict[str, str], encoding: str, output: str
) -> None:
    done = subprocess.run(
        [*DLQCTL, "peek", "orders-dlq", "-o", output],
        env=environment | {"AWS_REGION": "us-east-1", "PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "café →" in done.stdout.decode("utf-8")
    if output == "json":
        assert json.loads(done.stdout)["records"][0]["body"] == {"name": "café →"}


@pytest.mark.parametrize("output", ["json", "table"])
def test_a_full_device_is_one_line_and_exit_1(environment: dict[str, str], output: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*DLQCTL, "peek", "orders-dlq", "-o", output],
            env=environment | {"AWS_DEFAULT_REGION": "us-east-1"},
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert b"no space left" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_a_closed_stderr_changes_nothing(environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m dlqctl peek orders-dlq -o raw 2>&-"],
        env=environment | {"AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.decode() == '{"name": "café →"}\n'
