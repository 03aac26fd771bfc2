"""The public form of a failure record: what `-o json` prints and `--where` sees."""

from base64 import b64encode
from datetime import UTC, datetime

from dlqctl.documents import parse_json
from dlqctl.letters import (
    DeadLetter,
    FailureError,
    FailureRecord,
    KafkaPointer,
    MessageAttribute,
    StreamPointer,
    TopicPartition,
)

SCHEMA = "dlqctl.record/v1"


def record_document(record: FailureRecord) -> dict[str, object]:
    """`record` as JSON values, key for key as docs/reference/json.md describes."""
    letter = record.letter
    s3 = record.s3_pointer
    return {
        "message_id": letter.message_id,
        "queue": letter.queue_arn,
        "origin": record.origin,
        "source": record.source,
        "target": record.target,
        "error": _error(record.error) if record.error else None,
        "failed_at": timestamp(record.failed_at),
        "sent_at": timestamp(letter.sent_at),
        "receive_count": letter.receive_count,
        "expires_at": timestamp(letter.expires_at),
        "group_id": letter.group_id,
        "deduplication_id": letter.deduplication_id,
        "sequence_number": letter.sequence_number,
        "pointer": _pointer(record.pointer),
        "envelope": list(record.envelope),
        "s3_pointer": {"bucket": s3.bucket, "key": s3.key} if s3 else None,
        "attributes": attributes_document(letter),
        "body": parse_json(letter.body),
        "body_text": letter.body,
    }


def timestamp(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds: `2026-11-20T10:11:12.345Z`."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def attributes_document(letter: DeadLetter) -> dict[str, object]:
    """Message attributes as `{name: {type, value}}`, binary values in base64."""
    return {name: _attribute(attribute) for name, attribute in letter.attributes.items()}


def _attribute(attribute: MessageAttribute) -> dict[str, str]:
    value = attribute.value
    text = value if isinstance(value, str) else b64encode(value).decode("ascii")
    return {"type": attribute.data_type, "value": text}


def _error(error: FailureError) -> dict[str, object]:
    return {
        "type": error.type,
        "message": error.message,
        "condition": error.condition,
        "attempts": error.attempts,
    }


def _pointer(pointer: StreamPointer | KafkaPointer | None) -> dict[str, object] | None:
    match pointer:
        case StreamPointer():
            return {
                "stream": pointer.stream_arn,
                "shard_id": pointer.shard_id,
                "start": pointer.start.text,
                "end": pointer.end.text,
                "count": pointer.count,
                "first_arrival": timestamp(pointer.first_arrival),
                "last_arrival": timestamp(pointer.last_arrival),
            }
        case KafkaPointer():
            return {
                "stream": pointer.cluster_arn,
                "bootstrap_servers": pointer.bootstrap_servers,
                "count": pointer.count,
                "partitions": [_partition(partition) for partition in pointer.partitions],
            }
        case None:
            return None


def _partition(partition: TopicPartition) -> dict[str, object]:
    return {
        "topic": partition.topic,
        "partition": partition.partition,
        "first_offset": partition.first_offset,
        "last_offset": partition.last_offset,
        "first_arrival": timestamp(partition.first_arrival),
        "last_arrival": timestamp(partition.last_arrival),
    }
