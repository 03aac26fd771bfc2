"""Queues on the fake SQS, filled and watched over plain HTTP: nothing here knows boto3."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

LOOK_SECONDS = 0.02


class Sqs:
    """Calls in the JSON protocol, unsigned: the fake asks for no signature."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)

    def call(self, operation: str, **request: Any) -> Any:
        self._connection.request(
            "POST",
            "/",
            body=json.dumps(request).encode(),
            headers={"X-Amz-Target": f"AmazonSQS.{operation}"},
        )
        answer = self._connection.getresponse()
        document = json.load(answer)
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {document}")
        return document


@dataclass(frozen=True, slots=True)
class Drained:
    """How long a queue took from its first message taken to its last one deleted."""

    messages: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.messages / self.seconds


class DeadLetters:
    """A source queue, its dead-letter queue, and messages that SQS itself moved there."""

    def __init__(self, url: str) -> None:
        self.endpoint = url
        self._sqs = Sqs(url)
        name = f"orders-{uuid.uuid4().hex[:8]}"
        self.name = f"{name}-dlq"
        self.url = self._sqs.call("CreateQueue", QueueName=self.name)["QueueUrl"]
        arn = self._attributes(self.url)["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "1"})
        self.source_name = name
        self.source_url = self._sqs.call(
            "CreateQueue", QueueName=name, Attributes={"RedrivePolicy": policy}
        )["QueueUrl"]

    def fill(self, messages: int) -> None:
        """Send to the source queue, fail each message once, and let SQS move them on."""
        for first in range(0, messages, 10):
            entries = [_entry(n) for n in range(first, min(first + 10, messages))]
            self._sqs.call("SendMessageBatch", QueueUrl=self.source_url, Entries=entries)
        while self._receive_from_source():
            pass
        if (there := self.left()) != messages:
            raise RuntimeError(f"{there} of {messages} messages on {self.name}")

    def _receive_from_source(self) -> bool:
        """Fail ten messages: visible again at once, they are moved when received again."""
        answer = self._sqs.call(
            "ReceiveMessage", QueueUrl=self.source_url, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return bool(answer)

    def left(self) -> int:
        """Messages that are on the dead-letter queue, in flight or not."""
        return sum(self._counts())

    def check_arrived(self, messages: int) -> None:
        """What was filled in must be back on the source queue."""
        attributes = self._attributes(self.source_url)
        if (there := int(attributes["ApproximateNumberOfMessages"])) != messages:
            raise RuntimeError(f"{there} of {messages} messages on {self.source_name}")

    def watch(self, messages: int, running: Callable[[], bool]) -> Drained:
        """Wait until a client has drained the queue."""
        while self._counts() == (messages, 0) and running():
            time.sleep(LOOK_SECONDS)
        started = time.monotonic()
        while self.left():
            if not running():
                raise RuntimeError(f"the client left {self.left()} messages on {self.name}")
            time.sleep(LOOK_SECONDS)
        return Drained(messages, time.monotonic() - started)

    def delete(self) -> None:
        """Give the server its memory back."""
        for url in (self.source_url, self.url):
            self._sqs.call("DeleteQueue", QueueUrl=url)

    def _counts(self) -> tuple[int, int]:
        attributes = self._attributes(self.url)
        return (
            int(attributes["ApproximateNumberOfMessages"]),
            int(attributes["ApproximateNumberOfMessagesNotVisible"]),
        )

    def _attributes(self, url: str) -> dict[str, str]:
        answer = self._sqs.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])
        attributes: dict[str, str] = answer["Attributes"]
        return attributes


def _entry(number: int) -> dict[str, Any]:
    order = {
        "order_id": f"o-{number:08d}",
        "customer": {"id": number % 997, "email": f"customer{number % 997}@example.com"},
        "lines": [{"sku": f"sku-{number % 53}", "quantity": number % 7 + 1, "price": "19.90"}],
        "note": "leave it with the neighbours " * 4,
    }
    return {
        "Id": str(number % 10),
        "MessageBody": json.dumps(order),
        "MessageAttributes": {
            "trace": {"DataType": "String", "StringValue": f"1-{number:024x}"},
            "attempt": {"DataType": "Number.int", "StringValue": "3"},
            "checksum": {"DataType": "Binary", "BinaryValue": "3q2+7w=="},
        },
    }
