"""Messages as the SQS API writes them: letters read from receives, entries made for sends.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Message.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dlqctl.letters import DeadLetter, MessageAttribute
from dlqctl.queues import Outgoing


def send_entry(number: int, outgoing: Outgoing) -> dict[str, Any]:
    """One entry of SendMessageBatch; `number` is its id within the batch."""
    letter = outgoing.letter
    entry: dict[str, Any] = {"Id": str(number), "MessageBody": letter.body}
    if letter.attributes:
        entry["MessageAttributes"] = {
            name: _attribute_value(attribute) for name, attribute in letter.attributes.items()
        }
    if letter.trace_header:
        entry["MessageSystemAttributes"] = {
            "AWSTraceHeader": {"DataType": "String", "StringValue": letter.trace_header}
        }
    if outgoing.group_id is not None:
        entry["MessageGroupId"] = outgoing.group_id
    if outgoing.deduplication_id is not None:
        entry["MessageDeduplicationId"] = outgoing.deduplication_id
    if outgoing.delay_seconds is not None:
        entry["DelaySeconds"] = outgoing.delay_seconds
    return entry


def _attribute_value(attribute: MessageAttribute) -> dict[str, str | bytes]:
    kind = "BinaryValue" if isinstance(attribute.value, bytes) else "StringValue"
    return {"DataType": attribute.data_type, kind: attribute.value}


def read_letter(message: Mapping[str, Any], arn: str, retention: timedelta) -> DeadLetter:
    """A received message as a letter of the queue `arn`, whose retention period tells its end."""
    system = message.get("Attributes", {})
    sent_at = _epoch_milliseconds(system.get("SentTimestamp"))
    return DeadLetter(
        message_id=message["MessageId"],
        queue_arn=arn,
        body=message.get("Body", ""),
        attributes={
            name: MessageAttribute(value["DataType"], _value(value))
            for name, value in message.get("MessageAttributes", {}).items()
        },
        receipt_handle=message["ReceiptHandle"],
        receive_count=int(system.get("ApproximateReceiveCount", 0)),
        sent_at=sent_at,
        expires_at=sent_at + retention if sent_at else None,
        source_queue_arn=system.get("DeadLetterQueueSourceArn"),
        group_id=system.get("MessageGroupId"),
        deduplication_id=system.get("MessageDeduplicationId"),
        sequence_number=system.get("SequenceNumber"),
        trace_header=system.get("AWSTraceHeader"),
    )


def _value(attribute: Mapping[str, Any]) -> str | bytes:
    if attribute["DataType"].startswith("Binary"):
        return bytes(attribute.get("BinaryValue", b""))
    return str(attribute.get("StringValue", ""))


def _epoch_milliseconds(written: str | None) -> datetime | None:
    return datetime.fromtimestamp(int(written) / 1000, UTC) if written else None
