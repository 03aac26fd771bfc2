"""Dead letters sorted by what can be done with them here."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dlqctl.documents import mapping, text
from dlqctl.envelopes import open_letter
from dlqctl.errors import DlqctlError
from dlqctl.letters import (
    DeadLetter,
    FailureRecord,
    KafkaPointer,
    SequenceNumber,
    StreamPointer,
)
from dlqctl.streams.kept import kept_event
from dlqctl.streams.ranges import FailedBatch

LAMBDA_STREAM = "lambda-stream"
_FUNCTION_ARN = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,140}"
    r"(?::(?:\$LATEST|[A-Za-z0-9_-]{1,128}))?"
)
_BATCHES = ("KinesisBatchInfo", "DDBStreamBatchInfo", "KafkaBatchInfo")
# What Lambda's on-failure records begin with, so that it is there when the rest is cut off.
_CONTEXT = "requestContext"
_FIELDS = ("streamArn", "shardId", "startSequenceNumber", "endSequenceNumber")


@dataclass(frozen=True, slots=True)
class KafkaBatch:
    """A pointer into Kafka topics and the message that carried it."""

    message_id: str
    pointer: KafkaPointer


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A letter that should be a pointer and can't be read as one."""

    message_id: str
    why: str


@dataclass(slots=True)
class Gathered:
    """What was found among the letters; `others` counts by origin what points to no stream."""

    batches: list[FailedBatch] = field(default_factory=list)
    topics: list[KafkaBatch] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)

    @property
    def letters(self) -> int:
        """How many letters there were."""
        named = len(self.batches) + len(self.topics) + len(self.unreadable)
        return named + self.others.total()


def gather(
    records: Iterable[FailureRecord],
    *,
    again: Mapping[str, Callable[[], DeadLetter]] | None = None,
) -> Gathered:
    """Sort decoded letters. Bodies are not kept where `again` reads a letter once more."""
    gathered = Gathered()
    for record in records:
        message_id = record.letter.message_id
        match record.pointer:
            case StreamPointer() as pointer:
                function = _function_that_failed(record)
                event = _event(record.letter, (again or {}).get(message_id))
                gathered.batches.append(
                    FailedBatch(message_id, pointer, function, record.failed_at, event)
                )
            case KafkaPointer() as topics:
                gathered.topics.append(KafkaBatch(message_id, topics))
            case None:
                why = why_unreadable(record)
                if why is None:
                    gathered.others[record.origin] += 1
                else:
                    gathered.unreadable.append(Unreadable(message_id, why))
    return gathered


def _function_that_failed(record: FailureRecord) -> str | None:
    """The ARN that the letter names, if it is one: what is in a letter may be anybody's words."""
    named = record.source if record.origin == LAMBDA_STREAM else None
    return named if named and _FUNCTION_ARN.fullmatch(named) else None


def _event(
    letter: DeadLetter, again: Callable[[], DeadLetter] | None
) -> Callable[[], Mapping[str, object]] | None:
    """How to get the event that was kept in the letter; None when there is none."""
    if kept_event(open_letter(letter).document) is None:
        return None

    def read() -> Mapping[str, object]:
        try:
            event = kept_event(open_letter(again() if again else letter).document)
        except (LookupError, OSError):
            event = None
        if event is None:
            raise DlqctlError(f"{letter.message_id}: its records are not there any more")
        return event

    return read


def why_unreadable(record: FailureRecord) -> str | None:
    """What is wrong with a pointer that could not be decoded; None when it never was one."""
    document = open_letter(record.letter).document
    for name in _BATCHES:
        batch = mapping(document, name)
        if batch is not None:
            return "; ".join(_faults(batch)) or f"{name} can't be read"
    body = record.letter.body
    if document is None and any(f'"{name}"' in body for name in (*_BATCHES, _CONTEXT)):
        return f"the body is not JSON: cut off after {len(body.encode()):,} bytes?"
    return None


def _faults(batch: object) -> Iterator[str]:
    numbers: list[SequenceNumber] = []
    for name in _FIELDS:
        written = text(batch, name)
        if written is None:
            yield f"{name} is missing"
        elif name.endswith("SequenceNumber"):
            try:
                numbers.append(SequenceNumber.parse(written))
            except ValueError as error:
                yield f"{name}: {error}"
    if len(numbers) == 2 and numbers[0] > numbers[1]:
        yield f"it starts at {numbers[0].text}, after its end {numbers[1].text}"
