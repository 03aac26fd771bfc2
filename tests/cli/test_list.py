"""`dlqctl list` as somebody at a prompt runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

# Regions that no other test uses: moto's server is shared.
REGION, EMPTY_REGION = "eu-north-1", "eu-south-2"
HERE = f"{REGION}:123456789012"
ROOT = Path(__file__).resolve().parents[2]

Dlqctl = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def dlqctl_list(tmp_path: Path) -> Dlqctl:
    """Runs `dlqctl list` in an environment with nothing of the caller's."""

    def run(
        url: str, *arguments: str, region: str | None = REGION, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dlqctl", "list", "--endpoint-url", url, *arguments],
            cwd=ROOT,
            env={
                "PATH": os.defpath,
                "HOME": str(tmp_path),
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "testing",
                **({"AWS_DEFAULT_REGION": region} if region else {}),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def shop(moto_url: str) -> str:
    """A small account: four dead-letter queues, one of them about to lose a message."""

    def client(service: str) -> Any:
        create: Any = boto3.client
        return create(
            service,
            endpoint_url=moto_url,
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    sqs, events, scheduler, sns = map(client, ("sqs", "events", "scheduler", "sns"))

    def queue(name: str, *, messages: int = 0, **attributes: str) -> str:
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        for _ in range(messages):
            sqs.send_message(QueueUrl=url, MessageBody="x")
        return f"arn:aws:sqs:{HERE}:{name}"

    failures = queue("failures", messages=3)
    orders_dlq = queue("orders-dlq", messages=1, MessageRetentionPeriod="7200")
    queue("forgotten-dlq")
    queue("late-dlq", messages=1, DelaySeconds="900")
    policy = {"deadLetterTargetArn": orders_dlq, "maxReceiveCount": 3}
    orders = queue("orders", RedrivePolicy=json.dumps(policy))
    dead_letters = {"DeadLetterConfig": {"Arn": failures}}
    events.put_rule(Name="nightly", EventPattern='{"source":["shop"]}')
    events.put_targets(Rule="nightly", Targets=[{"Id": "1", "Arn": orders, **dead_letters}])
    scheduler.create_schedule(
        Name="daily",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": orders, "RoleArn": "arn:aws:iam::123456789012:role/r", **dead_letters},
    )
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=orders,
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": failures})},
    )
    client("cloudwatch").put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": "orders-dlq"}],
                "Timestamp": datetime.now(UTC) - timedelta(minutes=1),
                "Value": 3600,
            }
        ],
    )
    return moto_url


def test_json_has_every_queue_and_every_key(shop: str, dlqctl_list: Dlqctl) -> None:
    done = dlqctl_list(shop, "-o", "json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["schema"] == "dlqctl.list/v1"
    orders, failures, late, forgotten = document["queues"]
    assert 3600 <= orders.pop("oldest_seconds") < 3800
    expiry = datetime.fromisoformat(orders.pop("first_expiry"))
    assert timedelta(minutes=50) < expiry - datetime.now(UTC) <= timedelta(hours=1)
    assert orders == {
        "name": "orders-dlq",
        "arn": f"arn:aws:sqs:{HERE}:orders-dlq",
        "fifo": False,
        "sources": [f"arn:aws:sqs:{HERE}:orders"],
        "visible": 1,
        "in_flight": 0,
        "delayed": 0,
        "retention_seconds": 7200,
    }
    assert failures["sources"] == [
        f"arn:aws:events:{HERE}:rule/nightly",
        f"arn:aws:scheduler:{HERE}:schedule/default/daily",
        f"arn:aws:sns:{HERE}:news",
    ]
    assert (failures["visible"], failures["oldest_seconds"], failures["first_expiry"]) == (
        3,
        None,
        None,
    )
    assert (late["name"], late["visible"], late["delayed"]) == ("late-dlq", 0, 1)
    assert (forgotten["name"], forgotten["sources"]) == ("forgotten-dlq", [])


def test_jsonl_is_one_queue_a_line(shop: str, dlqctl_list: Dlqctl) -> None:
    done = dlqctl_list(shop, "-o", "jsonl")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["schema"] for line in lines} == {"dlqctl.queue/v1"}
    names = [line["name"] for line in lines]
    assert names == ["orders-dlq", "failures", "late-dlq", "forgotten-dlq"]


def test_the_table_is_for_people(shop: str, dlqctl_list: Dlqctl) -> None:
    done = dlqctl_list(shop)
    assert done.returncode == 0
    head, *rows = [line.rstrip() for line in done.stdout.splitlines()]
    assert head.split("  ")[0] == "NAME"
    for title in ("VISIBLE", "IN FLIGHT", "DELAYED", "OLDEST", "FIRST EXPIRY", "FED BY"):
        assert title in head
    assert rows[0].startswith("orders-dlq")
    assert "≤ 5" in rows[0]
    assert rows[0].endswith("queue orders")
    assert rows[1].endswith("rule nightly, schedule daily, topic news")
    assert "at the latest" in done.stderr
    assert dlqctl_list(shop, "-q").stderr == ""


def test_what_expires_soon_is_bold_red(shop: str, dlqctl_list: Dlqctl) -> None:
    colours = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    assert re.search("\x1b\\[1;31m *≤ 5", dlqctl_list(shop, **colours).stdout)
    assert "\x1b[31" not in dlqctl_list(shop, **colours, NO_COLOR="1").stdout


def test_no_queues_is_not_an_error(shop: str, dlqctl_list: Dlqctl) -> None:
    done = dlqctl_list(shop, region=EMPTY_REGION)
    assert (done.returncode, done.stdout) == (0, "")
    assert "no dead-letter queues" in done.stderr
    done = dlqctl_list(shop, "-o", "json", region=EMPTY_REGION)
    assert json.loads(done.stdout) == {"schema": "dlqctl.list/v1", "queues": []}


def test_without_a_region_it_says_so(shop: str, dlqctl_list: Dlqctl) -> None:
    done = dlqctl_list(shop, region=None)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Region" in done.stderr


DLQ = f"arn:aws:sqs:{HERE}:a-dlq"
HOSTILE = f"arn:aws:lambda:{HERE}:function:\x1b]0;owned\x07[bold red]evil\u202e"


@contextmanager
def endpoint_of_sqs_only(
    status: int, code: str, *, sqs_status: int = 200, functions: tuple[str, ...] = ()
) -> Iterator[str]:
    """An AWS with one queue (and `functions` that it is the DLQ of), that refuses all else."""
    attributes = {"QueueArn": DLQ, "ApproximateNumberOfMessages": "2"}
    answers: dict[str, Any] = {
        "AmazonSQS.ListQueues": {"QueueUrls": ["http://sqs/123456789012/a-dlq"]},
        "AmazonSQS.GetQueueAttributes": {"Attributes": attributes},
    }

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            target = self.headers.get("X-Amz-Target", "")
            kind, answered = "application/json", status
            document: dict[str, Any] = {"__type": code, "message": "no"}
            if target in answers:
                answered = sqs_status
                document = answers[target] if sqs_status == 200 else document
            elif functions and self.path.startswith("/2015-03-31/functions"):
                dead_letters = {"TargetArn": DLQ}
                found = [{"FunctionArn": f, "DeadLetterConfig": dead_letters} for f in functions]
                answered, document = 200, {"Functions": found}
            body = json.dumps(document)
            if "urlencoded" in self.headers.get("Content-Type", ""):
                kind = "text/xml"
                body = f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"
            self.send_response(answered)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_denied_services_are_notes_and_exit_3(dlqctl_list: Dlqctl) -> None:
    with endpoint_of_sqs_only(403, "AccessDeniedException") as url:
        done = dlqctl_list(url, "-o", "json", "-q")
    assert done.returncode == 3
    (queue,) = json.loads(done.stdout)["queues"]
    assert (queue["name"], queue["visible"], queue["oldest_seconds"]) == ("a-dlq", 2, None)
    notes = done.stderr.splitlines()
    assert len(notes) == 7
    for action in (
        "cloudwatch:GetMetricData",
        "events:ListEventBuses",
        "lambda:ListEventSourceMappings",
        "lambda:ListFunctions",
        "pipes:ListPipes",
        "scheduler:ListSchedules",
        "sns:ListSubscriptions",
    ):
        assert sum(f"allow {action} " in note for note in notes) == 1


@pytest.mark.parametrize(("status", "code"), [(501, "InternalFailure"), (404, "UnknownOperation")])
def test_unsupported_services_are_notes_alone(status: int, code: str, dlqctl_list: Dlqctl) -> None:
    with endpoint_of_sqs_only(status, code) as url:
        done = dlqctl_list(url, "-o", "jsonl")
    assert done.returncode == 0
    assert json.loads(done.stdout)["name"] == "a-dlq"
    assert len(done.stderr.splitlines()) == 7


def test_sqs_that_refuses_is_an_error(dlqctl_list: Dlqctl) -> None:
    with endpoint_of_sqs_only(403, "AccessDeniedException", sqs_status=403) as url:
        done = dlqctl_list(url, "-o", "json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "allow sqs:ListQueues" in done.stderr


def test_names_from_the_account_are_shown_and_never_interpreted(dlqctl_list: Dlqctl) -> None:
    with endpoint_of_sqs_only(501, "InternalFailure", functions=(HOSTILE,)) as url:
        table = dlqctl_list(url).stdout
        quiet = dlqctl_list(url, "-o", "json", "-q")
    document = quiet.stdout
    assert quiet.stderr == ""
    assert "function \\e]0;owned\\x07[bold red]evil\\u202e" in table
    for raw in ("\x1b", "\x07", "\u202e"):
        assert raw not in table + document
    assert json.loads(document)["queues"][0]["sources"] == [HOSTILE]
