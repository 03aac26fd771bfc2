"""The sandbox's queues: made, filled, and drained into their dead-letter queues for real."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlqctl.sandbox.server import ACCOUNT_ID, REGION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Literal

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        MessageAttributeValueTypeDef,
        MessageSystemAttributeValueTypeDef,
        SendMessageBatchRequestEntryTypeDef,
    )

_DAY_SECONDS = 86_400
DLQ_RETENTION_SECONDS = 14 * _DAY_SECONDS
_BATCH_LIMIT = 10


@dataclass(frozen=True)
class Text:
    """A message attribute whose value is text; `data_type` may carry a suffix (`String.json`)."""

    value: str
    data_type: str = "String"


@dataclass(frozen=True)
class Message:
    """A message to send. A group id makes it one for a FIFO queue."""

    body: str
    attributes: Mapping[str, Text]
    group_id: str | None = None
    trace_header: str | None = None


@dataclass(frozen=True)
class Depth:
    """How many messages a queue holds, by what they are doing."""

    visible: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        return self.visible + self.in_flight + self.delayed


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}"


def create_dlq(sqs: SQSClient, name: str, sources: Iterable[str] = ()) -> str:
    """Make a dead-letter queue that keeps letters 14 days and returns its URL; only `sources`
    (queue names) may dead-letter into it, where any are given."""
    attributes = {"MessageRetentionPeriod": str(DLQ_RETENTION_SECONDS)}
    if name.endswith(".fifo"):
        attributes["FifoQueue"] = "true"
    if arns := [queue_arn(source) for source in sources]:
        policy = {"redrivePermission": "byQueue", "sourceQueueArns": arns}
        attributes["RedriveAllowPolicy"] = json.dumps(policy)
    return _create(sqs, name, attributes)


def create_source(
    sqs: SQSClient, name: str, *, dlq: str, max_receive_count: int, visibility_seconds: int = 30
) -> str:
    """Make a queue that dead-letters into `dlq` (a queue name) and return its URL."""
    policy = {"deadLetterTargetArn": queue_arn(dlq), "maxReceiveCount": max_receive_count}
    attributes = {
        "RedrivePolicy": json.dumps(policy),
        "VisibilityTimeout": str(visibility_seconds),
    }
    if name.endswith(".fifo"):
        attributes["FifoQueue"] = "true"
    return _create(sqs, name, attributes)


def _create(sqs: SQSClient, name: str, attributes: dict[str, str]) -> str:
    return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]


def send(sqs: SQSClient, queue_url: str, messages: Iterable[Message]) -> None:
    """Send `messages` in order, in batches; raises RuntimeError if the sandbox refuses one."""
    entries = [_entry(number, message) for number, message in enumerate(messages)]
    for start in range(0, len(entries), _BATCH_LIMIT):
        batch = entries[start : start + _BATCH_LIMIT]
        answer = sqs.send_message_batch(QueueUrl=queue_url, Entries=batch)
        if answer.get("Failed"):
            raise RuntimeError(f"the sandbox refused a message: {answer['Failed'][0]}")


def _entry(number: int, message: Message) -> SendMessageBatchRequestEntryTypeDef:
    attributes: dict[str, MessageAttributeValueTypeDef] = {
        name: {"DataType": text.data_type, "StringValue": text.value}
        for name, text in message.attributes.items()
    }
    entry: SendMessageBatchRequestEntryTypeDef = {
        "Id": str(number),
        "MessageBody": message.body,
        "MessageAttributes": attributes,
    }
    if message.group_id is not None:
        entry["MessageGroupId"] = message.group_id
        entry["MessageDeduplicationId"] = f"{message.group_id}-{number}"
    if message.trace_header is not None:
        trace: dict[Literal["AWSTraceHeader"], MessageSystemAttributeValueTypeDef] = {
            "AWSTraceHeader": {"DataType": "String", "StringValue": message.trace_header}
        }
        entry["MessageSystemAttributes"] = trace
    return entry


def fail_every_receive(sqs: SQSClient, queue_url: str, max_receive_count: int) -> None:
    """Be a consumer that never succeeds: receive everything on the queue `max_receive_count`
    times without deleting it, so that SQS moves it to the dead-letter queue."""
    for _ in range(max_receive_count + 1):
        # In flight until the round ends, so that a round receives each message once.
        handles: list[str] = []
        while found := sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=_BATCH_LIMIT, VisibilityTimeout=30
        ).get("Messages"):
            handles += [message["ReceiptHandle"] for message in found]
        for handle in handles:
            sqs.change_message_visibility(
                QueueUrl=queue_url, ReceiptHandle=handle, VisibilityTimeout=0
            )


def depth(sqs: SQSClient, queue_url: str) -> Depth:
    """What the queue says it holds (exact here; approximate on AWS)."""
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
    return Depth(
        visible=int(attributes["ApproximateNumberOfMessages"]),
        in_flight=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
        delayed=int(attributes["ApproximateNumberOfMessagesDelayed"]),
    )
