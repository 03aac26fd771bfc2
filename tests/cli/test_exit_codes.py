"""Exit codes and the one line that goes with them, where they are the same for all commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.shop import Shop
from tests.fakes.sqs import Fault

NO_METADATA = {"AWS_EC2_METADATA_DISABLED": "1"}
COMMANDS = [("peek", "dlq"), ("redrive", "dlq", "--yes"), ("fetch-stream-records", "dlq")]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path) as shop:
        shop.fill(2)
        yield shop


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("environment", "said", "hint"),
    [
        (
            {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", **NO_METADATA},
            "dlqctl: no AWS credentials found",
            "AWS_PROFILE",
        ),
        ({"AWS_DEFAULT_REGION": ""}, "dlqctl: no AWS Region is set", "--region"),
        ({"AWS_PROFILE": "nobody"}, "dlqctl: The config profile (nobody)", "list-profiles"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "dlqctl: can't reach AWS", "--endpoint-url"),
        ({"AWS_ENDPOINT_URL": "nonsense"}, "dlqctl: ", "--endpoint-url"),
    ],
    ids=["credentials", "region", "profile", "unreachable", "endpoint"],
)  # fmt: skip
def test_a_set_up_that_does_not_work_is_one_line_with_a_hint(
    shop: Shop, command: tuple[str, ...], environment: dict[str, str], said: str, hint: str
) -> None:
    done = shop.dlqctl.run(*command, environment=environment)
    assert done.returncode == (2 if environment.get("AWS_ENDPOINT_URL") == "nonsense" else 1)
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith(said)
    assert hint in lines[1]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault.access_denied("GetQueueUrl"), "access denied to sqs:GetQueueUrl"),
        (Fault.access_denied("ReceiveMessage"), "access denied to sqs:ReceiveMessage"),
        (Fault.expired_token(), "the AWS session has expired (ExpiredToken)"),
        (
            Fault.error("*", code="InvalidClientTokenId", status=403, times=None),
            "AWS does not accept these credentials",
        ),
    ],
    ids=["url", "receive", "expired", "credentials"],
)
def test_what_aws_refuses_is_1_and_names_the_action(
    shop: Shop, command: tuple[str, ...], fault: Fault, said: str
) -> None:
    shop.sqs.faults.add(fault)
    done = shop.dlqctl.run(*command)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert shop.in_flight() == 0


@pytest.mark.parametrize("command", ["peek", "redrive"])
def test_an_unknown_queue_is_1(shop: Shop, command: str) -> None:
    done = shop.dlqctl.run(command, "no-such-queue")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("dlqctl: no queue named no-such-queue in us-east-1\n  check ")


@pytest.mark.parametrize("command", ["peek", "redrive"])
def test_the_wrong_region_is_told(shop: Shop, command: str) -> None:
    queue = "arn:aws:sqs:eu-west-1:123456789012:dlq"
    done = shop.dlqctl.run(
        command, queue, "--region", "us-east-1", environment={"AWS_ENDPOINT_URL": ""}
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "the queue is in eu-west-1, but --region says us-east-1" in done.stderr


@pytest.mark.parametrize("arguments", [("--nonsense",), ("nonsense",), ("peek", "--nonsense")])
def test_unknown_words_are_2(shop: Shop, arguments: tuple[str, ...]) -> None:
    done = shop.dlqctl.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nonsense" in done.stderr
