"""`dlqctl redrive` as somebody at a prompt, or a script, runs it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.chaos.shop import Shop
from tests.fakes.sqs import Fault
from tests.origins.corpus import cases
from tests.redrive.commandline import CommandLine
from tests.redrive.on_a_terminal import on_a_terminal

REGION = "eu-south-1"  # no other test's: moto's server is shared
ARN = "arn:aws:sqs:us-east-1:123456789012:"
KEYS = [
    "schema",
    "run",
    "queue",
    "engine",
    "rate",
    "selected",
    "redriven",
    "skipped",
    "failed",
    "in_doubt",
    "bounced",
    "routes",
    "duration_seconds",
    "achieved_rate",
    "failures",
]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path) as shop:
        shop.fill(12)
        yield shop


def untouched(shop: Shop, *, letters: int = 24) -> None:
    assert shop.sqs.audit.calls("SendMessageBatch") == []
    assert len(shop.bodies("dlq")) == letters
    assert shop.in_flight() == 0


# ── what it prints ──


def test_json_key_by_key(shop: Shop) -> None:
    shop.sqs.faults.add(
        Fault.fail_entries(
            "SendMessageBatch", body_contains="orders-0003", code="Bad", sender_fault=True
        )
    )
    done = shop.dlqctl.run("redrive", "dlq", "--yes", "--rate", "max", "-o", "json")
    assert done.returncode == 3
    document = json.loads(done.stdout)
    assert list(document)[: len(KEYS)] == KEYS
    assert document["schema"] == "dlqctl.redrive/v1"
    assert (document["queue"], document["engine"], document["rate"]) == (
        f"{ARN}dlq",
        "client",
        "max",
    )
    counted = [document[key] for key in ("selected", "redriven", "skipped", "failed", "in_doubt")]
    assert counted == [24, 23, 0, 1, 0]
    assert document["routes"] == {f"{ARN}orders": 11, f"{ARN}returns": 12}
    [failure] = document["failures"]
    assert list(failure) == ["message_id", "code", "message"]
    assert failure["code"] == "Bad"
    assert document["run"] in done.stderr
    assert "left on dlq: about 1 visible" in done.stderr


@pytest.mark.parametrize("output", ["json", "jsonl"])
def test_nothing_but_data_on_stdout(shop: Shop, output: str) -> None:
    done = shop.dlqctl.run(
        *("redrive", "dlq", "--yes", "-v", "-o", output, "--rate", "50"),
        *("--where", "length(receive_count) == `1` || contains(body_text, 'orders')"),
    )
    document = json.loads(done.stdout)
    assert document["schema"] == "dlqctl.redrive/v1"
    assert "sqs:SendMessageBatch" in done.stderr or "--where has no value" in done.stderr
    assert len(done.stdout.splitlines()) == 1 or output == "json"


def test_the_summary_for_a_person_is_on_stderr(shop: Shop) -> None:
    done = shop.dlqctl.run("redrive", "dlq", "--yes", "--rate", "max")
    assert (done.returncode, done.stdout) == (0, "")
    assert "24 redriven" in done.stderr
    assert "  12 to orders\n  12 to returns\n" in done.stderr
    assert "dlq is empty now" in done.stderr


def test_quiet_says_nothing(shop: Shop) -> None:
    done = shop.dlqctl.run("redrive", "dlq", "--yes", "--rate", "max", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_dry_run_changes_nothing_and_counts(shop: Shop) -> None:
    document = shop.dlqctl.json("redrive", "dlq", "--dry-run")
    assert list(document)[: len(KEYS)] == KEYS
    assert (document["run"], document["dry_run"], document["scanned"]) == (None, True, 24)
    assert (document["selected"], document["skipped"], document["redriven"]) == (24, 24, 0)
    assert {(g["origin"], g["target"], g["count"]) for g in document["plan"]} == {
        ("sqs", f"{ARN}orders", 12),
        ("sqs", f"{ARN}returns", 12),
    }
    untouched(shop)
    assert not shop.dlqctl.journal.exists()


def test_an_empty_queue(shop: Shop) -> None:
    shop.create("empty")
    done = shop.dlqctl.run("redrive", "empty", "-o", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["selected"] == 0
    assert "nothing to redrive on empty" in done.stderr
    done = shop.dlqctl.run("redrive", "empty", "--yes", "-o", "json")
    assert (done.returncode, json.loads(done.stdout)["selected"]) == (0, 0)


def test_what_somebody_else_holds_is_told(shop: Shop) -> None:
    shop.client.receive_message(QueueUrl=shop.urls["dlq"], MaxNumberOfMessages=7)
    done = shop.dlqctl.run("redrive", "dlq", "--yes", "--rate", "max")
    assert "17 redriven" in done.stderr
    assert "7 in flight (held by somebody else, or by an answer that got lost)" in done.stderr
    assert "empty" not in done.stderr


# ── asking ──


def test_without_a_terminal_it_shows_the_plan_and_ends_with_2(shop: Shop) -> None:
    done = shop.dlqctl.run("redrive", "dlq")
    assert (done.returncode, done.stdout) == (2, "")
    assert "dlq: 24 of 24 messages selected" in done.stderr
    assert "there is no terminal to ask on" in done.stderr
    assert "--yes" in done.stderr
    untouched(shop)


@pytest.mark.parametrize(
    ("answer", "code", "left"), [("y\n", 0, 0), ("yes\n", 0, 0), ("n\n", 1, 24), ("\n", 1, 24)]
)
def test_on_a_terminal_it_asks(shop: Shop, answer: str, code: int, left: int) -> None:
    ended, screen = on_a_terminal(
        shop.dlqctl, "redrive", "dlq", "--rate", "max", when="[y/N] ", then=answer
    )
    assert ended == code, screen
    assert b"redrive 24 messages? [y/N] " in screen
    assert len(shop.bodies("dlq")) == left
    if left:
        untouched(shop)


def test_ctrl_c_at_the_question_changes_nothing(shop: Shop) -> None:
    code, _ = on_a_terminal(shop.dlqctl, "redrive", "dlq", when="[y/N] ", then="\x03")
    assert code == 130
    untouched(shop)


# ── options ──


def test_limit_to_copy_delay_and_archive(shop: Shop, tmp_path: Path) -> None:
    shop.create("other")
    archive = tmp_path / "archive.jsonl"
    document = shop.dlqctl.json(
        *("redrive", "dlq", "--yes", "--rate", "max", "--limit", "7", "--to", "other"),
        *("--copy", "--delay", "30s", "--archive", str(archive)),
    )
    assert (document["redriven"], document["routes"]) == (7, {f"{ARN}other": 7})
    assert len(shop.bodies("dlq")) == 24
    state = shop.sqs.snapshot()["queues"]["other"]
    assert (len(state["messages"]), state["delayed"]) == (7, 7)
    assert archive.stat().st_mode & 0o777 == 0o600
    archived = {json.loads(line)["body"] for line in archive.read_text().splitlines()}
    assert archived == {message["body"] for message in state["messages"]}


def test_selected_ids_and_missing_ones(shop: Shop) -> None:
    shown = shop.dlqctl.json("peek", "dlq", "-n", "2")["records"]
    ids = [record["message_id"] for record in shown]
    none = "00000000-0000-4000-8000-000000000000"
    done = shop.dlqctl.run(
        *("redrive", "dlq", "--yes", "--rate", "max", "-o", "json"),
        *("--id", ids[0], "--id", ids[1], "--id", none),
    )
    assert done.returncode == 3
    assert json.loads(done.stdout)["redriven"] == 2
    assert f"dlqctl: not seen on dlq: {none}" in done.stderr
    assert sorted(shop.arrived()) == sorted(record["body_text"] for record in shown)


def test_older_than_nothing_at_all(shop: Shop) -> None:
    document = shop.dlqctl.json("redrive", "dlq", "--yes", "--rate", "max", "--older-than", "0s")
    assert document["redriven"] == 24


def test_what_is_no_queue_move_is_refused_with_the_command_that_does_it(tmp_path: Path) -> None:
    """A letter of every shape on file that SQS did not move itself: none is sent."""
    with Shop(tmp_path) as shop:
        letters = [case.letter for case in cases() if not case.letter.source_queue_arn]
        for letter in letters:
            attributes = {
                name: {
                    "DataType": value.data_type,
                    "BinaryValue" if isinstance(value.value, bytes) else "StringValue": value.value,
                }
                for name, value in letter.attributes.items()
            }
            sent = shop.client.send_message(
                QueueUrl=shop.urls["dlq"], MessageBody="placeholder", MessageAttributes=attributes
            )
            shop.sqs.queues["dlq"].messages[sent["MessageId"]].body = letter.body
        shop.sqs.audit.clear()
        done = shop.dlqctl.run("redrive", "dlq", "--yes", "--rate", "max", "-o", "json")
        document = json.loads(done.stdout)
        assert (done.returncode, document["redriven"]) == (2, 0)
        assert document["skipped"] == len(letters)
        assert done.stderr.count(" refused: ") == done.stderr.count("  instead: ") >= 10
        untouched(shop, letters=len(letters))


# ── resuming ──


def test_resume_is_checked(shop: Shop) -> None:
    for arguments, said in (
        (("--resume", "none"), "there is no run 'none'"),
        (("--resume", "x", "--dry-run"), "--resume and --dry-run do not go together"),
    ):
        done = shop.dlqctl.run("redrive", "dlq", *arguments)
        assert done.returncode == 2
        assert said in done.stderr
    shop.sqs.faults.add(
        Fault.fail_entries("SendMessageBatch", positions=(0,), code="Bad", sender_fault=True)
    )
    shop.dlqctl.json("redrive", "dlq", "--yes", "--rate", "max", "--limit", "1", code=3)
    run = shop.dlqctl.last_run()
    for arguments, said in (
        (("dlq", "--where", "body"), "a resumed run selects and sends as it did before"),
        (("orders",), f"run {run} was on {ARN}dlq, not on orders"),
    ):
        done = shop.dlqctl.run("redrive", *arguments, "--resume", run)
        assert done.returncode == 2
        assert said in done.stderr


def test_a_resumed_run_keeps_its_options(shop: Shop) -> None:
    shop.create("other")
    shop.sqs.faults.add(Fault.throttled("SendMessageBatch", times=None))
    done = shop.dlqctl.run(
        *("redrive", "dlq", "--yes", "--rate", "max", "--to", "other", "--limit", "5"),
        *("--where", "contains(body_text, 'orders')"),
    )
    assert done.returncode == 3
    assert "to go on: dlqctl redrive dlq --resume" in done.stderr
    shop.sqs.faults.clear()
    document = shop.dlqctl.json("redrive", "dlq", "--resume", shop.dlqctl.last_run())
    assert (document["redriven"], document["failed"]) == (5, 0)
    assert Counter(body.split("-")[0] for body in shop.bodies("other")) == {"orders": 5}


# ── bad input ──


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("dlq", "--rate", "0"), "--rate: '0' is not a rate"),
        (("dlq", "--rate", "-3"), "--rate: '-3' is not a rate"),
        (("dlq", "--rate", "nan"), "--rate: 'nan' is not a rate"),
        (("dlq", "--rate", "fast"), "--rate: 'fast' is not a rate"),
        (("dlq", "--where", "error.tipe ="), "--where: "),
        (("dlq", "--all", "--limit", "3"), "--all and --limit contradict each other"),
        (("dlq", "--limit", "0"), "--limit"),
        (("dlq", "--workers", "0"), "--workers"),
        (("dlq", "--delay", "16m"), "--delay: SQS delays a message by 15m at most"),
        (("dlq", "--to", "dlq"), "dlq would be redriven to itself"),
        (("dlq", "--to", "arn:aws:sqs:eu-west-1:123456789012:orders"), "is not here"),
        (("dlq", "--in-doubt", "maybe"), "maybe"),
        (("orders",), "orders is a source queue; its dead-letter queue is dlq"),
    ],
)
def test_bad_usage_is_one_line_and_2(shop: Shop, arguments: tuple[str, ...], said: str) -> None:
    done = shop.dlqctl.run("redrive", *arguments, "--yes")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    untouched(shop)


def test_an_archive_that_exists_is_not_touched(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("precious")
    done = shop.dlqctl.run("redrive", "dlq", "--yes", "--archive", str(path))
    assert done.returncode == 2
    assert f"--archive: {path} exists already" in done.stderr
    assert path.read_text() == "precious"
    untouched(shop)


def test_several_sources_and_no_source_arn(shop: Shop) -> None:
    shop.client.purge_queue(QueueUrl=shop.urls["dlq"])
    shop.client.send_message(QueueUrl=shop.urls["dlq"], MessageBody="from nowhere")
    done = shop.dlqctl.run("redrive", "dlq", "--yes")
    assert done.returncode == 2
    assert "this queue has 2: orders, returns" in done.stderr
    assert re.search(r"instead: dlqctl redrive dlq .*--to QUEUE", done.stderr)
    untouched(shop, letters=1)


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (Fault.access_denied("SendMessage"), 1, "access denied to sqs:SendMessage"),
        (Fault.access_denied("DeleteMessage"), 3, "access denied to sqs:DeleteMessage"),
        (Fault.access_denied("ReceiveMessage"), 1, "access denied to sqs:ReceiveMessage"),
        (
            Fault.error("SendMessageBatch", code="KmsAccessDenied", times=None),
            1,
            "allow kms:Decrypt and kms:GenerateDataKey",
        ),
        (Fault.expired_token("SendMessageBatch"), 1, "the AWS session has expired"),
    ],
    ids=["send", "delete", "receive", "kms", "expired"],
)
def test_what_aws_refuses_ends_the_run_with_what_to_do(
    shop: Shop, fault: Fault, code: int, said: str
) -> None:
    shop.sqs.faults.add(fault)
    done = shop.dlqctl.run("redrive", "dlq", "--yes", "--rate", "max")
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert len(shop.bodies("dlq")) == 24
    assert shop.in_flight() == 0


def test_a_destination_of_the_other_type(shop: Shop) -> None:
    shop.client.create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true"})
    done = shop.dlqctl.run("redrive", "dlq", "--yes", "--to", "q.fifo")
    assert done.returncode == 2
    assert "dlq is a standard queue and q.fifo is a FIFO queue" in done.stderr
    untouched(shop)


def test_a_message_too_large_for_its_destination(shop: Shop) -> None:
    shop.client.send_message(QueueUrl=shop.urls["dlq"], MessageBody="x" * 2000)
    shop.create("small", MaximumMessageSize="1024")
    done = shop.dlqctl.run("redrive", "dlq", "--yes", "--rate", "max", "--to", "small")
    assert done.returncode == 3
    assert "MessageTooLong: 2,000 bytes, and small takes 1,024 at most" in done.stderr
    assert shop.bodies("dlq") == ["x" * 2000]


def test_a_doubtful_send_ends_with_4_and_says_what_to_do(shop: Shop) -> None:
    shop.sqs.faults.add(Fault.lose_answer("SendMessageBatch", status=500))
    done = shop.dlqctl.run("redrive", "dlq", "--yes", "--rate", "max")
    assert done.returncode == 4
    run = shop.dlqctl.last_run()
    assert f"`dlqctl redrive dlq --resume {run} --in-doubt resend`" in done.stderr
    assert shop.in_flight() == 0


# ── moto ──


def test_moto_redrives_too(moto_url: str, tmp_path: Path) -> None:
    """It names no source on what it moves: the only source is the target."""
    create: Any = boto3.client
    sqs = create(
        "sqs",
        endpoint_url=moto_url,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    dead = sqs.create_queue(QueueName="moto-dlq")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
    policy = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 1}
    source = sqs.create_queue(
        QueueName="moto-orders", Attributes={"RedrivePolicy": json.dumps(policy)}
    )["QueueUrl"]
    attribute = {"k": {"DataType": "Binary.gz", "BinaryValue": b"\x00\xff"}}
    for n in range(25):
        sqs.send_message(QueueUrl=dead, MessageBody=f"é{n}", MessageAttributes=attribute)
    dlqctl = CommandLine(moto_url, tmp_path, region=REGION)
    document = dlqctl.json("redrive", "moto-dlq", "--yes", "--rate", "max")
    assert (document["redriven"], document["failed"], document["in_doubt"]) == (25, 0, 0)
    arrived: dict[str, Any] = {}
    while messages := sqs.receive_message(
        QueueUrl=source, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages"):
        arrived |= {message["Body"]: message["MessageAttributes"] for message in messages}
    assert arrived == {f"é{n}": attribute for n in range(25)}
