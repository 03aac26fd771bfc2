"""What the engines ask of a stream: positions, pages of records, and refusals as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Protocol

from dlqctl.errors import DlqctlError
from dlqctl.letters import SequenceNumber
from dlqctl.streams.ranges import Shard
from dlqctl.streams.records import StreamRecord


class Place(StrEnum):
    """Where an iterator begins, as both services spell it."""

    AT = "AT_SEQUENCE_NUMBER"
    AFTER = "AFTER_SEQUENCE_NUMBER"
    OLDEST = "TRIM_HORIZON"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a shard; `sequence` is None for the oldest record."""

    place: Place
    sequence: SequenceNumber | None = None


class Trouble(Enum):
    """Why a stream did not answer with records."""

    TRIMMED = "trimmed"
    POSITION = "position refused"
    ITERATOR_EXPIRED = "iterator expired"
    BUSY = "busy"
    NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that gave nothing, and what the service said."""

    trouble: Trouble
    message: str


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of GetRecords. It may be empty and still not be the last.

    `behind_milliseconds` is 0 at the tip of the stream; DynamoDB Streams does not say (None).
    """

    records: Sequence[StreamRecord]
    next_iterator: str | None
    behind_milliseconds: int | None

    @property
    def size_bytes(self) -> int:
        """About what the records weigh against the shard's read limit."""
        return sum(record.size_bytes for record in self.records)


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What a stream says of itself. `created_at` is None where it does not say."""

    retention: timedelta
    created_at: datetime | None = None
    retention_known: bool = True


# What each stream says of itself: None for one that does not exist, an error for one that can't
# be asked.
Facts = Mapping[str, StreamFacts | DlqctlError | None]


class StreamApi(Protocol):
    """Kinesis or DynamoDB Streams. Raises DlqctlError for what no retry can mend.

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html
    """

    @property
    def max_page_records(self) -> int:
        """The largest `limit` that get_records takes."""
        ...

    @property
    def max_empty_pages(self) -> int:
        """After so many empty pages in a row nothing is waited for any longer."""
        ...

    def facts(self, stream_arn: str) -> StreamFacts | None:
        """The stream as it is now; None when there is none of that ARN."""
        ...

    def get_shard_iterator(self, shard: Shard, position: Position) -> str | Refused:
        """An iterator, good for some minutes."""
        ...

    def get_records(self, shard: Shard, iterator: str, *, limit: int) -> Page | Refused:
        """The next page of at most `limit` records."""
        ...
