"""A small account for the command line: a queue, streams and functions, and `dlqctl` run on it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from dlqctl.cli.app import run
from tests.fakes.clocks import RunningClock
from tests.fakes.functions import FakeFunctions
from tests.fakes.streams import ACCOUNT, FakeStreams
from tests.fakes.streams_server import StreamsServer

REGION = "eu-west-1"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders:live"
QUEUE = "stream-failures"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
}


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document


@dataclass
class Account:
    """Everything there is; `home` is where commands run and keep their state."""

    server: StreamsServer
    sqs_url: str
    home: Path
    sqs: Any = field(init=False)
    queue_url: str = field(init=False)

    def __post_init__(self) -> None:
        self.sqs = boto3.client(
            "sqs",
            endpoint_url=self.sqs_url,
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        self.queue_url = self.sqs.create_queue(QueueName=QUEUE)["QueueUrl"]

    @property
    def streams(self) -> FakeStreams:
        return self.server.streams

    @property
    def functions(self) -> FakeFunctions:
        return self.server.functions

    def send(self, *bodies: str) -> list[str]:
        """Send letters; their message ids."""
        return [
            self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=body)["MessageId"]
            for body in bodies
        ]

    def left(self) -> list[str]:
        """Ids of the messages that are visible on the queue."""
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["All"])[
            "Attributes"
        ]
        assert attributes["ApproximateNumberOfMessagesNotVisible"] == "0", "some are still held"
        answer = self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [message["MessageId"] for message in answer.get("Messages", [])]

    def pointer(self, arn: str, numbers: Sequence[str], **changes: Any) -> str:
        """What Lambda would write for the batch of these records."""
        return pointer(arn, numbers, arrived=self.streams.clock.now(), **changes)

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "AWS_ENDPOINT_URL": self.server.url,
            "AWS_ENDPOINT_URL_SQS": self.sqs_url,
            **CREDENTIALS,
        }

    def start(self, *arguments: str, **how: Any) -> subprocess.Popen[str]:
        """Start `dlqctl fetch-stream-records`."""
        return subprocess.Popen(
            [sys.executable, "-m", "dlqctl", "fetch-stream-records", *arguments],
            env=self.environment(),
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **{"stdin": subprocess.DEVNULL, **how},
        )

    def fetch(self, *arguments: str, given: str | None = None) -> Done:
        """Run `dlqctl fetch-stream-records` to its end, in this process."""
        out, err = io.StringIO(), io.StringIO()
        stdin = io.TextIOWrapper(io.BytesIO((given or "").encode()))
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.home)
            patch.setattr(sys, "argv", ["dlqctl", "fetch-stream-records", *arguments])
            patch.setattr(sys, "stdin", stdin)
            for name in [name for name in os.environ if name.startswith(("AWS_", "XDG_"))]:
                patch.delenv(name)
            for name, value in self.environment().items():
                patch.setenv(name, value)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = run()
        assert code != 70, err.getvalue()
        return Done(code, out.getvalue(), err.getvalue())


def pointer(
    arn: str,
    numbers: Sequence[str],
    *,
    arrived: float,
    shard_id: str | None = None,
    function: str = FUNCTION,
    count: int | None = None,
    **more: Any,
) -> str:
    """What Lambda writes for a batch that failed."""
    moment = datetime.fromtimestamp(arrived, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    table = ":dynamodb:" in arn
    default = "shardId-00000001573689847184-864758bb" if table else "shardId-000000000000"
    batch = {
        "shardId": shard_id or default,
        "startSequenceNumber": numbers[0],
        "endSequenceNumber": numbers[-1],
        "approximateArrivalOfFirstRecord": moment,
        "approximateArrivalOfLastRecord": moment,
        "batchSize": len(numbers) if count is None else count,
        "streamArn": arn,
    }
    return json.dumps(
        {
            "requestContext": {
                "requestId": "c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5",
                "functionArn": function,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 4,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": moment,
            ("DDBStreamBatchInfo" if table else "KinesisBatchInfo"): batch,
            **more,
        }
    )


def new_streams(**how: Any) -> FakeStreams:
    """Fake streams on the machine's clock."""
    return FakeStreams(clock=RunningClock(), region=REGION, **how)
