"""Letters that SQS itself dead-letters: from several sources into one queue, and in FIFO groups."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dlqctl.sandbox.queues import (
    Message,
    Text,
    create_dlq,
    create_source,
    fail_every_receive,
    send,
)
from dlqctl.sandbox.server import REGION

if TYPE_CHECKING:
    from dlqctl.sandbox.clients import Clients

MIXED_DLQ = "mixed-dlq"
EMAILS_QUEUE = "emails"
REFUNDS_QUEUE = "refunds"
PAYMENTS_QUEUE = "payments.fifo"
PAYMENTS_DLQ = "payments-dlq.fifo"
PAYLOADS_BUCKET = "refund-payloads"
_PAYLOAD_KEY = "refunds/2026/r-881.json"
_MAX_RECEIVE_COUNT = 3

# Control characters are limited to what SQS takes (tab, line feed, carriage return, and C1): the
# rest of an escape sequence travels as JSON text, and becomes one as soon as somebody decodes it.
HOSTILE_BODY = json.dumps(
    {
        "to": "\x1b[2J\x1b[31mEVERYTHING IS FINE\x1b[0m\x07",
        "subject": "[bold red]not markup[/bold red] [link=https://example.invalid]x[/link]",
        "title": "\x1b]0;owned\x07\x1b]52;c;ZWNobw==\x07",
        "reversed": "invoice\u202egpj.exe",
    }
)
HOSTILE_RAW_BODY = "\x9b31mred?\x9b0m\r\n[/]\u202e\t::error file=x::%0A$(id) {{7*7}} \u2028 end"


def seed_mixed(clients: Clients) -> None:
    """One DLQ with two sources, so that only DeadLetterQueueSourceArn tells where a letter died."""
    sqs = clients.sqs
    create_dlq(sqs, MIXED_DLQ, [EMAILS_QUEUE, REFUNDS_QUEUE])
    clients.s3.create_bucket(
        Bucket=PAYLOADS_BUCKET,
        CreateBucketConfiguration={"LocationConstraint": REGION},
    )
    clients.s3.put_object(Bucket=PAYLOADS_BUCKET, Key=_PAYLOAD_KEY, Body=_large_payload())
    for queue, messages in ((EMAILS_QUEUE, _emails()), (REFUNDS_QUEUE, _refunds())):
        url = create_source(sqs, queue, dlq=MIXED_DLQ, max_receive_count=_MAX_RECEIVE_COUNT)
        send(sqs, url, messages)
        fail_every_receive(sqs, url, _MAX_RECEIVE_COUNT)


def seed_payments(clients: Clients) -> None:
    """A FIFO queue with three groups of payments that died in order."""
    sqs = clients.sqs
    create_dlq(sqs, PAYMENTS_DLQ, [PAYMENTS_QUEUE])
    url = create_source(sqs, PAYMENTS_QUEUE, dlq=PAYMENTS_DLQ, max_receive_count=_MAX_RECEIVE_COUNT)
    send(sqs, url, [_payment(number) for number in range(1, 10)])
    fail_every_receive(sqs, url, _MAX_RECEIVE_COUNT)


def _emails() -> list[Message]:
    template = {"template": Text("welcome"), "params": Text('{"lang": "de"}', "String.json")}
    return [
        Message(json.dumps({"to": "customer-17@example.com", "template": "welcome"}), template),
        Message(json.dumps({"to": "customer-18@example.com", "template": "welcome"}), template),
        Message(HOSTILE_BODY, {"note": Text("[blink]\x9b5mhostile[/blink]")}),
        Message(HOSTILE_RAW_BODY, {}),
        Message("to=customer-19@example.com;template=welcome", {}),
    ]


def _refunds() -> list[Message]:
    pointer = [
        "software.amazon.payloadoffloading.PayloadS3Pointer",
        {"s3BucketName": PAYLOADS_BUCKET, "s3Key": _PAYLOAD_KEY},
    ]
    size = Text(str(len(_large_payload())), "Number")
    return [
        Message(json.dumps({"refund_id": "r-879", "order_id": "A-1003", "minor": 1250}), {}),
        Message(json.dumps({"refund_id": "r-880", "order_id": "A-1014", "minor": 499}), {}),
        Message(json.dumps(pointer), {"ExtendedPayloadSize": size}),
        Message("<refund id='r-882'><order>A-1020</order></refund>", {}),
    ]


def _large_payload() -> bytes:
    lines = [{"sku": f"TEA-{number:04}", "minor": 100 + number} for number in range(2_000)]
    return json.dumps({"refund_id": "r-881", "order_id": "A-1017", "lines": lines}).encode()


def _payment(number: int) -> Message:
    account = f"account-{number % 3 + 1}"
    body = {"payment_id": f"p-{number}", "account": account, "step": (number + 2) // 3}
    return Message(json.dumps(body), {"provider": Text("acme-pay")}, group_id=account)
