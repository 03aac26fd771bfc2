"""Dead letters as SQS gave them, and the failure each one records.

Everything here is frozen and knows neither AWS clients nor the terminal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MessageAttribute:
    """One SQS message attribute, type suffix and all (`String`, `Number.int`, `Binary.gzip`).

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
    """

    data_type: str
    value: str | bytes


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message as it was received from a dead-letter queue (or read from an archive).

    `receipt_handle` is empty when the letter does not come from a queue. `expires_at` is when
    SQS will delete the message: its enqueue time plus the queue's retention period.
    """

    message_id: str
    queue_arn: str
    body: str
    attributes: Mapping[str, MessageAttribute] = field(default_factory=dict)
    receipt_handle: str = ""
    receive_count: int = 0
    sent_at: datetime | None = None
    expires_at: datetime | None = None
    source_queue_arn: str | None = None
    group_id: str | None = None
    deduplication_id: str | None = None
    sequence_number: str | None = None
    trace_header: str | None = None

    def text_attribute(self, name: str) -> str | None:
        """The attribute's value where it is there and is text (String or Number)."""
        attribute = self.attributes.get(name)
        return attribute.value if attribute and isinstance(attribute.value, str) else None


@dataclass(frozen=True, slots=True, order=True)
class SequenceNumber:
    """A position in a shard: compared as the integer it is, kept as the text AWS wrote.

    Kinesis sequence numbers have up to 56 digits; as strings or floats they compare wrongly.
    """

    value: int
    text: str = field(compare=False)

    @classmethod
    def parse(cls, text: str) -> "SequenceNumber":
        """Raises ValueError unless `text` is a plain decimal number."""
        if not (text.isascii() and text.isdecimal()):
            raise ValueError(f"not a sequence number: {text[:80]!r}")
        return cls(int(text), text)


@dataclass(frozen=True, slots=True)
class FailureError:
    """Why it failed, as far as the origin says. `condition` is what ended the retries."""

    type: str | None = None
    message: str | None = None
    condition: str | None = None
    attempts: int | None = None


@dataclass(frozen=True, slots=True)
class StreamPointer:
    """The records of a failed batch, by their place in the stream. Both ends are inclusive.

    `count` is the batch size that failed: with filters or a parallelization factor the range can
    hold more records than that.
    """

    stream_arn: str
    shard_id: str
    start: SequenceNumber
    end: SequenceNumber
    count: int | None = None
    first_arrival: datetime | None = None
    last_arrival: datetime | None = None


@dataclass(frozen=True, slots=True)
class TopicPartition:
    """Offsets of a failed batch in one partition of a Kafka topic, both inclusive."""

    topic: str
    partition: int
    first_offset: int | None
    last_offset: int | None
    first_arrival: datetime | None = None
    last_arrival: datetime | None = None


@dataclass(frozen=True, slots=True)
class KafkaPointer:
    """The records of a failed batch in a Kafka cluster."""

    cluster_arn: str | None
    bootstrap_servers: str | None
    count: int | None
    partitions: tuple[TopicPartition, ...]


@dataclass(frozen=True, slots=True)
class S3Pointer:
    """Where the SQS Extended Client put a payload too large for the queue."""

    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """What failed, where and why: a dead letter decoded by its origin.

    `source` is the ARN of what failed; `target` the ARN that a redrive would go to. Both are None
    where the letter does not say.
    """

    letter: DeadLetter
    origin: str
    source: str | None = None
    target: str | None = None
    error: FailureError | None = None
    failed_at: datetime | None = None
    pointer: StreamPointer | KafkaPointer | None = None
    envelope: tuple[str, ...] = ()
    s3_pointer: S3Pointer | None = None
