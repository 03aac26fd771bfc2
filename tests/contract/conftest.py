"""One contract, several servers: the fake and the emulators.

A contract module declares `DEVIATIONS = {(server, test name): reason}`. There the test is expected
to fail, strictly: when an emulator is mended the suite says so, and the entry goes.
"""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.servers import control

SERVERS = ("fake", "moto", "ministack")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        callspec = getattr(item, "callspec", None)
        deviations = getattr(getattr(item, "module", None), "DEVIATIONS", {})
        if callspec is None or "server" not in callspec.params:
            continue
        name = getattr(item, "originalname", item.name)
        if reason := deviations.get((callspec.params["server"], name)):
            # What a deviation may look like: a wrong answer, a missing one, an error, none.
            wrong = (AssertionError, KeyError, ClientError, pytest.fail.Exception)
            item.add_marker(pytest.mark.xfail(reason=reason, raises=wrong, strict=True))


class SqsUnderContract:
    """A boto3 client of one server, with queues that are this test's alone."""

    def __init__(self, server: str, url: str) -> None:
        self.server = server
        self.url = url
        self.client: Any = boto3.client(
            "sqs",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"total_max_attempts": 1, "mode": "standard"}),
        )
        self.prefix = f"contract-{uuid.uuid4().hex[:12]}"
        self._numbers = itertools.count(1)
        self._queues: list[str] = []

    def queue(self, *, fifo: bool = False, name: str = "", **attributes: Any) -> str:
        """A new queue's URL. Dictionaries among the attributes become JSON strings."""
        name = name or f"{self.prefix}-{next(self._numbers)}{'.fifo' if fifo else ''}"
        given = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in attributes.items()}
        if fifo:
            given["FifoQueue"] = "true"
        url: str = self.client.create_queue(QueueName=name, Attributes=given)["QueueUrl"]
        self._queues.append(url)
        return url

    def with_dead_letter_queue(
        self, *, max_receive_count: int = 1, fifo: bool = False, **attributes: Any
    ) -> tuple[str, str]:
        """A source queue and its dead-letter queue."""
        dead = self.queue(fifo=fifo, **attributes)
        policy = {"deadLetterTargetArn": self.arn(dead), "maxReceiveCount": max_receive_count}
        return self.queue(fifo=fifo, RedrivePolicy=policy, **attributes), dead

    def attributes(self, queue: str, *names: str) -> dict[str, str]:
        asked = list(names) or ["All"]
        answer = self.client.get_queue_attributes(QueueUrl=queue, AttributeNames=asked)
        found: dict[str, str] = answer["Attributes"]
        return found

    def arn(self, queue: str) -> str:
        return self.attributes(queue, "QueueArn")["QueueArn"]

    def send(self, queue: str, body: str, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.send_message(QueueUrl=queue, MessageBody=body, **more)
        return answer

    def send_batch(self, queue: str, *entries: dict[str, Any]) -> dict[str, Any]:
        """Entries without an Id are numbered e0, e1, …"""
        numbered = [{"Id": f"e{n}", **entry} for n, entry in enumerate(entries)]
        answer: dict[str, Any] = self.client.send_message_batch(QueueUrl=queue, Entries=numbered)
        return answer

    def receive(self, queue: str, **more: Any) -> list[dict[str, Any]]:
        """Up to ten messages with everything they have, unless told otherwise."""
        request = {
            "MaxNumberOfMessages": 10,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
            **more,
        }
        found: list[dict[str, Any]] = self.client.receive_message(QueueUrl=queue, **request).get(
            "Messages", []
        )
        return found

    def receive_one(self, queue: str, **more: Any) -> dict[str, Any]:
        messages = self.receive(queue, **more)
        assert len(messages) == 1, f"{len(messages)} messages"
        return messages[0]

    def delete(self, queue: str, message: dict[str, Any]) -> None:
        self.client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    def pass_time(self, seconds: float) -> None:
        """Push the fake's clock ahead; the emulators have only real time."""
        if self.server == "fake":
            control(self.url, "POST", "clock", {"advance": seconds})
        else:
            time.sleep(seconds)

    def delete_queues(self) -> None:
        for url in self._queues:
            self.client.delete_queue(QueueUrl=url)


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def sqs(server: str, request: pytest.FixtureRequest) -> Iterator[SqsUnderContract]:
    fixture = {"fake": "fake_sqs_url", "moto": "moto_url", "ministack": "ministack_url"}[server]
    under_contract = SqsUnderContract(server, request.getfixturevalue(fixture))
    yield under_contract
    under_contract.delete_queues()
