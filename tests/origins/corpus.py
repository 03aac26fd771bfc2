"""The corpus of dead letters: what ReceiveMessage gives, beside the record it must become."""

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlqctl.letters import DeadLetter, MessageAttribute

FOLDER = Path(__file__).parent.parent / "corpus"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:111122223333:orders-dlq"


@dataclass(frozen=True)
class Case:
    origin: str
    name: str
    letter: DeadLetter
    expect: Mapping[str, Any]
    route: Mapping[str, Any] | None

    def __str__(self) -> str:
        return f"{self.origin}/{self.name}"


def cases() -> list[Case]:
    """Every letter on file; its folder is its origin."""
    return [_case(path) for path in sorted(FOLDER.glob("*/*.json"))]


def dead_letter(message: Mapping[str, Any]) -> DeadLetter:
    """A letter from the shape of ReceiveMessage, binary values in base64."""
    system = message.get("Attributes", {})
    sent = system.get("SentTimestamp")
    return DeadLetter(
        message_id=message["MessageId"],
        queue_arn=QUEUE_ARN,
        body=message["Body"],
        attributes={
            name: MessageAttribute(
                value["DataType"],
                b64decode(value["BinaryValue"]) if "BinaryValue" in value else value["StringValue"],
            )
            for name, value in message.get("MessageAttributes", {}).items()
        },
        receive_count=int(system.get("ApproximateReceiveCount", "0")),
        sent_at=datetime.fromtimestamp(int(sent) / 1000, UTC) if sent else None,
        source_queue_arn=system.get("DeadLetterQueueSourceArn"),
        group_id=system.get("MessageGroupId"),
        deduplication_id=system.get("MessageDeduplicationId"),
        sequence_number=system.get("SequenceNumber"),
        trace_header=system.get("AWSTraceHeader"),
    )


def _case(path: Path) -> Case:
    document = json.loads(path.read_text(encoding="utf-8"))
    return Case(
        origin=path.parent.name,
        name=path.stem,
        letter=dead_letter(document["letter"]),
        expect=document["expect"],
        route=document.get("route"),
    )
