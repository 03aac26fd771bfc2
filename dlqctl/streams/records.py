"""Stream records as they were put, and as Lambda hands them to a function."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dlqctl.letters import SequenceNumber


@dataclass(frozen=True, slots=True)
class KinesisRecord:
    """A record of a Kinesis stream. Streams that distribute by themselves need no partition key.

    `delivered` is the record as Lambda delivered it, where it comes from a kept event.

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Record.html
    """

    sequence: SequenceNumber
    data: bytes
    partition_key: str | None
    arrived_at: datetime | None
    delivered: Mapping[str, object] | None = field(default=None, compare=False)

    @property
    def size_bytes(self) -> int:
        """What Kinesis counts: the data and the partition key."""
        return len(self.data) + len((self.partition_key or "").encode())


@dataclass(frozen=True, slots=True)
class DynamoRecord:
    """A change of an item, in the shape in which Lambda delivers it (binary values in base64).

    https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    """

    sequence: SequenceNumber
    event: Mapping[str, Any]
    arrived_at: datetime | None
    size_bytes: int


StreamRecord = KinesisRecord | DynamoRecord
