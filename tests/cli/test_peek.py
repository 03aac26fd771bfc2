"""`dlqctl peek` as somebody at a prompt, or a script, runs it."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.chaos.shop import Shop
from tests.redrive.commandline import CommandLine
from tests.redrive.on_a_terminal import on_a_terminal

REGION = "eu-west-3"  # no other test's: moto's server is shared
RECORD_KEYS = {
    "message_id",
    "queue",
    "origin",
    "source",
    "target",
    "error",
    "failed_at",
    "sent_at",
    "receive_count",
    "expires_at",
    "group_id",
    "deduplication_id",
    "sequence_number",
    "pointer",
    "envelope",
    "s3_pointer",
    "attributes",
    "body",
    "body_text",
}
HOSTILE = "\x1b]0;owned\x07 \x1b[31mred [bold]x[/bold] \u202e rtl \x9b2J \u2028 end"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path) as shop:
        shop.fill(12)
        yield shop


def send(shop: Shop, body: str, name: str = "dlq") -> None:
    shop.client.send_message(QueueUrl=shop.urls[name], MessageBody=body)


def plant(shop: Shop, body: str) -> None:
    """A body that SQS itself would refuse, as an emulator or an old message may hold."""
    send(shop, "placeholder")
    next(m for m in shop.sqs.queues["dlq"].messages.values() if m.body == "placeholder").body = body


# ── what it prints ──


def test_json_key_by_key(shop: Shop) -> None:
    document = shop.dlqctl.json("peek", "dlq", "--all")
    assert list(document) == ["schema", "queue", "records", "scanned", "matched"]
    assert document["schema"] == "dlqctl.peek/v1"
    assert document["queue"] == "arn:aws:sqs:us-east-1:123456789012:dlq"
    assert (document["scanned"], document["matched"], len(document["records"])) == (24, 24, 24)
    for record in document["records"]:
        assert set(record) == RECORD_KEYS
        assert record["origin"] == "sqs"
        assert record["source"] == record["target"]
    assert shop.in_flight() == 0


def test_jsonl_is_one_record_a_line(shop: Shop) -> None:
    done = shop.dlqctl.run("peek", "dlq", "-o", "jsonl", "-n", "5")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(records) == 5
    assert {record["schema"] for record in records} == {"dlqctl.record/v1"}
    assert set(records[0]) == RECORD_KEYS | {"schema"}


def test_ten_unless_told_otherwise_and_it_says_what_looking_costs(shop: Shop) -> None:
    done = shop.dlqctl.run("peek", "dlq", "-o", "jsonl")
    assert len(done.stdout.splitlines()) == 10
    assert done.stderr == (
        "10 shown, 10 looked at, of about 24 visible and 0 in flight; all are visible again,"
        " each receive count rose by 1\n"
    )
    quiet = shop.dlqctl.run("peek", "dlq", "-q", "-o", "jsonl")
    assert quiet.stderr == ""


def test_raw_is_bodies_byte_for_byte_when_piped(shop: Shop) -> None:
    send(shop, "é\ttab 😀")
    done = shop.dlqctl.run("peek", "dlq", "-o", "raw", "--where", "contains(body_text, 'tab')")
    assert done.stdout == "é\ttab 😀\n"


def test_group_by_counts_the_whole_queue(shop: Shop) -> None:
    document = shop.dlqctl.json("peek", "dlq", "--group-by", "source")
    assert document["schema"] == "dlqctl.peek-groups/v1"
    assert {key: document[key] for key in ("scanned", "matched", "group_by")} == {
        "scanned": 24,
        "matched": 24,
        "group_by": "source",
    }
    groups = {group["value"].rpartition(":")[2]: group for group in document["groups"]}
    assert {name: group["count"] for name, group in groups.items()} == {"orders": 12, "returns": 12}
    assert all(set(group) == {"value", "count", "example"} for group in groups.values())


def test_query_projects(shop: Shop) -> None:
    document = shop.dlqctl.json(
        "peek", "dlq", "--query", "{o: origin}", "--where", "body_text == 'orders-0003'"
    )
    assert document["records"] == [{"o": "sqs"}]
    done = shop.dlqctl.run("peek", "dlq", "--query", "origin", "-n", "2")
    assert done.stdout == "sqs\nsqs\n"


@pytest.mark.parametrize("option", ["--query", "--group-by"])
def test_an_expression_without_a_value_is_null_and_told(shop: Shop, option: str) -> None:
    done = shop.dlqctl.run("peek", "dlq", option, "length(receive_count)", "-o", "json")
    assert done.returncode == 0
    json.loads(done.stdout)
    assert f"dlqctl: {option} has no value on " in done.stderr


def test_ids_that_were_not_seen_are_named(shop: Shop) -> None:
    shown = shop.dlqctl.json("peek", "dlq", "-n", "1")["records"][0]["message_id"]
    none = "00000000-0000-4000-8000-000000000000"
    done = shop.dlqctl.run("peek", "dlq", "--id", shown, "--id", none, "-o", "json")
    assert done.returncode == 3
    assert [r["message_id"] for r in json.loads(done.stdout)["records"]] == [shown]
    assert f"dlqctl: not seen on dlq: {none}" in done.stderr


def test_one_message_in_detail(shop: Shop) -> None:
    send(shop, '{"deep": {"er": [1, 2]}}')
    [record] = shop.dlqctl.json("peek", "dlq", "--where", "body.deep")["records"]
    done = shop.dlqctl.run("peek", "dlq", "--id", record["message_id"])
    assert done.returncode == 0
    assert '"er": [' in done.stdout
    assert record["message_id"] in done.stdout


def test_an_empty_queue(shop: Shop) -> None:
    shop.create("empty")
    done = shop.dlqctl.run("peek", "empty", "-o", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["records"] == []
    assert done.stderr == "empty has no visible messages\n"


def test_data_on_stdout_and_everything_else_on_stderr(shop: Shop) -> None:
    done = shop.dlqctl.run(
        "peek", "dlq", "-v", "-o", "json", "--where", "length(receive_count) == `1`"
    )
    assert json.loads(done.stdout)["matched"] == 0
    assert "--where has no value on 24 of the messages" in done.stderr
    assert "sqs:ReceiveMessage 200" in done.stderr
    assert "orders-0" not in done.stderr


# ── what it leaves ──


@pytest.mark.parametrize(
    "arguments", [(), ("--all",), ("--where", "origin == 'sqs'"), ("-n", "23")], ids=str
)
@pytest.mark.parametrize("at", [1, 2])
def test_interrupted_it_leaves_everything_visible(
    shop: Shop, arguments: tuple[str, ...], at: int
) -> None:
    process = shop.dlqctl.start("peek", "dlq", "-o", "json", *arguments)
    shop.strike(process, "ReceiveMessage", at, how=signal.SIGINT)
    code, out, err = shop.wait(process)
    assert code in (0, 130), err  # 0: the signal came as all had been read
    if code == 130 and out:
        json.loads(out)
    assert shop.in_flight() == 0
    assert len(shop.bodies("dlq")) == 24


def test_a_reader_that_goes_away_leaves_everything_visible(shop: Shop) -> None:
    for n in range(60):
        send(shop, f"{n} " + "x" * 20_000)
    with shop.dlqctl.start("peek", "dlq", "--all", "-o", "jsonl") as process:
        assert process.stdout
        process.stdout.readline()
        process.stdout.close()
        process.wait(timeout=60)
        assert process.stderr
        assert "Traceback" not in process.stderr.read()
    assert shop.in_flight() == 0


# ── what it refuses ──


def test_a_source_queue_is_refused_with_the_name_of_its_dlq(shop: Shop) -> None:
    send(shop, "alive", "orders")
    done = shop.dlqctl.run("peek", "orders")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "dlqctl: orders is a source queue; its dead-letter queue is dlq\n  `dlqctl peek dlq`"
    )
    forced = shop.dlqctl.run("peek", "orders", "--force", "-o", "raw")
    assert (forced.returncode, forced.stdout) == (0, "alive\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("dlq", "--where", "foo == 'x'"), "--where: a record has no field 'foo' at column 1"),
        (("dlq", "--query", "origin ==="), "--query: Unknown token '=' at column 10"),
        (("dlq", "--group-by", "lenth(body)"), "--group-by: there is no function lenth()"),
        (("dlq", "--group-by", "origin", "--query", "origin"), "do not go together"),
        (("dlq", "--all", "-n", "3"), "--all and --limit contradict each other"),
        (("dlq", "-n", "0"), "--limit"),
        (("dlq", "--id", "short"), "--id: 'short' is too short"),
        (("dlq", "--origin", "moon"), "there is no origin 'moon'"),
        (("dlq", "--older-than", "soon"), "--older-than: 'soon' is not a duration"),
        (("dlq", "-o", "xml"), "xml"),
        (("not a queue",), "not a queue name, URL or ARN"),
        ((), "QUEUE"),
    ],
)
def test_bad_usage_is_one_line_and_2(shop: Shop, arguments: tuple[str, ...], said: str) -> None:
    done = shop.dlqctl.run("peek", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert "Traceback" not in done.stderr


# ── on a terminal ──


@pytest.mark.parametrize(
    "arguments",
    [(), ("-o", "raw"), ("-o", "json"), ("-o", "jsonl"), ("--group-by", "body_text"),
     ("--query", "body_text"), ("--detail",)],
    ids=str,
)  # fmt: skip
def test_nothing_in_a_body_is_obeyed_by_the_terminal(
    shop: Shop, arguments: tuple[str, ...]
) -> None:
    plant(shop, HOSTILE)
    where = ("--where", "contains(body_text, 'owned')")
    if arguments == ("--detail",):
        [record] = shop.dlqctl.json("peek", "dlq", *where)["records"]
        arguments, where = ("--id", record["message_id"]), ()
    code, screen = on_a_terminal(shop.dlqctl, "peek", "dlq", *where, *arguments)
    assert code == 0, screen
    text = screen.decode()
    assert "owned" in text
    assert "\x1b]0;" not in text
    assert "\x1b[31mred" not in text
    for character in "\x07\x9b\u202e\u2028":
        assert character not in text
    if "raw" not in arguments and "--query" not in arguments:
        assert "[bold]x[/bold]" in text.replace("\r\n", "")


# ── moto ──


def test_moto_shows_the_same(moto_url: str, tmp_path: Path) -> None:
    create: Any = boto3.client
    sqs = create(
        "sqs",
        endpoint_url=moto_url,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    url = sqs.create_queue(QueueName="peeked")["QueueUrl"]
    for n in range(15):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"n": n}))
    dlqctl = CommandLine(moto_url, tmp_path, region=REGION)
    document = dlqctl.json("peek", url, "--all")
    assert sorted(record["body"]["n"] for record in document["records"]) == list(range(15))
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    assert counts == {names[0]: "15", names[1]: "0"}
