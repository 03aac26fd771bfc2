"""What the server's own audit trail says of a redrive."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable
from typing import Any

Call = dict[str, Any]


def check_deletes(calls: Iterable[Call], *, dead_letter_queue: str) -> None:
    """No message is deleted unless SQS had confirmed, to the caller, the send of that very entry.

    Bodies are taken to be unique.
    """
    body_of: dict[str, str] = {}
    confirmed: set[str] = set()
    for call in calls:
        answer = call["response"] or {}
        if call["operation"] == "ReceiveMessage" and call["queue"] == dead_letter_queue:
            body_of |= {m["MessageId"]: m["Body"] for m in answer.get("Messages", [])}
        if call["operation"] == "SendMessageBatch" and call["outcome"] == "ok":
            named = {entry["Id"] for entry in answer.get("Successful", [])}
            entries = call["request"]["Entries"]
            confirmed |= {entry["MessageBody"] for entry in entries if entry["Id"] in named}
        if call["operation"] == "DeleteMessageBatch" and call["queue"] == dead_letter_queue:
            for entry in call["request"]["Entries"]:
                body = body_of[message_id(entry["ReceiptHandle"])]
                assert body in confirmed, f"{body} was deleted before its send was confirmed"


def message_id(receipt: str) -> str:
    """The message a fake's receipt handle stands for."""
    return base64.b64decode(receipt[4:]).decode().split(" ")[1]


def taken(calls: Iterable[Call]) -> Counter[str]:
    """How often SQS took each body from a SendMessageBatch, whether the caller heard of it or not.

    FIFO repeats that were deduplicated count as well.
    """
    counts: Counter[str] = Counter()
    for call in calls:
        if call["operation"] != "SendMessageBatch":
            continue
        body_of = {entry["Id"]: entry["MessageBody"] for entry in call["request"]["Entries"]}
        counts.update(body_of[e["Id"]] for e in (call["response"] or {}).get("Successful", []))
    return counts


def sends(calls: Iterable[Call]) -> list[list[str]]:
    """The bodies of each SendMessageBatch, in order."""
    return [
        [entry["MessageBody"] for entry in call["request"]["Entries"]]
        for call in calls
        if call["operation"] == "SendMessageBatch"
    ]
