"""What one SQS queue keeps and how it decides whose turn it is: no API, no clock of its own.

Every step is O(1) or O(log n): the benchmark's server stands on this.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import heapq
import itertools
import struct
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

DEDUPLICATION_WINDOW_SECONDS = 300


class State(enum.Enum):
    """A message's three lives, and the end."""

    VISIBLE = "visible"
    DELAYED = "delayed"
    IN_FLIGHT = "in_flight"
    GONE = "gone"


@dataclass(slots=True, eq=False)
class Message:
    """A message on a queue. `sent_at` is what SentTimestamp shows, `enqueued_at` starts the
    retention; both in seconds."""

    id: str
    body: str
    attributes: dict[str, dict[str, Any]]
    sent_at: float
    enqueued_at: float
    sender_id: str
    group_id: str | None = None
    deduplication_id: str | None = None
    sequence_number: str | None = None
    trace_header: str | None = None
    dead_letter_source_arn: str | None = None
    receive_count: int = 0
    first_received_at: float | None = None
    received_at: float = 0.0
    handle: str | None = None
    state: State = State.VISIBLE
    hidden_until: float = 0.0
    epoch: int = 0  # raised on every change of visibility: older entries of the heap are void

    def system_attributes(self) -> dict[str, str]:
        """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html"""
        first = self.first_received_at
        values = {
            "SenderId": self.sender_id,
            "SentTimestamp": _milliseconds(self.sent_at),
            "ApproximateReceiveCount": str(self.receive_count),
            "ApproximateFirstReceiveTimestamp": None if first is None else _milliseconds(first),
            "SequenceNumber": self.sequence_number,
            "MessageDeduplicationId": self.deduplication_id,
            "MessageGroupId": self.group_id,
            "AWSTraceHeader": self.trace_header,
            "DeadLetterQueueSourceArn": self.dead_letter_source_arn,
        }
        return {name: value for name, value in values.items() if value is not None}


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))


def md5_of_body(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def md5_of_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation"""
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        value = attributes[name]
        for text in (name, value["DataType"]):
            digest.update(struct.pack("!I", len(text.encode())) + text.encode())
        binary = value["DataType"].startswith("Binary")
        raw = value["BinaryValue"] if binary else value["StringValue"].encode()
        digest.update((b"\x02" if binary else b"\x01") + struct.pack("!I", len(raw)) + raw)
    return digest.hexdigest()


@dataclass(slots=True)
class DueHeap:
    """(when, message id, epoch), soonest first. Void entries are weeded out as they pile up, so
    that a long run holds memory for what is on the queue and not for what has passed."""

    entries: list[tuple[float, int, str, int]] = field(default_factory=list)
    ticks: Iterator[int] = field(default_factory=itertools.count)

    def push(self, when: float, message: Message) -> None:
        heapq.heappush(self.entries, (when, next(self.ticks), message.id, message.epoch))

    def weed(self, messages: Mapping[str, Message], *, by_epoch: bool) -> None:
        if len(self.entries) <= 2 * len(messages) + 1000:
            return
        self.entries = [
            entry
            for entry in self.entries
            if (message := messages.get(entry[2])) and (not by_epoch or message.epoch == entry[3])
        ]
        heapq.heapify(self.entries)


class Queue:
    """A standard queue: messages come in the order they became visible."""

    fifo = False

    def __init__(self, name: str, arn: str, attributes: dict[str, str], created_at: float) -> None:
        self.name = name
        self.arn = arn
        self.attributes = attributes
        self.tags: dict[str, str] = {}
        self.created_at = created_at
        self.modified_at = created_at
        self.purged_at: float | None = None
        self.messages: dict[str, Message] = {}
        self.in_flight = 0
        self.delayed = 0
        self._offered: OrderedDict[str, Message] = OrderedDict()
        self._hidden = DueHeap()
        self._expiring = DueHeap()

    @property
    def visible(self) -> int:
        return len(self.messages) - self.in_flight - self.delayed

    @property
    def retention_seconds(self) -> int:
        return int(self.attributes["MessageRetentionPeriod"])

    def put(self, message: Message, *, visible_at: float, now: float) -> None:
        self.messages[message.id] = message
        self._expiring.push(message.enqueued_at, message)
        self._expiring.weed(self.messages, by_epoch=False)
        self._enter(message)
        if visible_at > now:
            self.hide(message, visible_at, State.DELAYED)
        else:
            message.state = State.VISIBLE
            self._settle(message)

    def settle(self, now: float) -> None:
        """Let time do its work: expire what is too old, show what was hidden long enough."""
        oldest = now - self.retention_seconds
        expiring = self._expiring.entries
        while expiring and expiring[0][0] <= oldest:
            entry = heapq.heappop(expiring)
            if (message := self.messages.get(entry[2])) and message.enqueued_at <= oldest:
                self.remove(message)
        hidden = self._hidden.entries
        while hidden and hidden[0][0] <= now:
            _, _, message_id, epoch = heapq.heappop(hidden)
            message = self.messages.get(message_id)
            if message and message.epoch == epoch:
                self.show(message)

    def next_change(self) -> float | None:
        """When the next hidden message can show itself; None if nothing is hidden."""
        hidden = self._hidden.entries
        while hidden:
            message = self.messages.get(hidden[0][2])
            if message and message.epoch == hidden[0][3]:
                return hidden[0][0]
            heapq.heappop(hidden)
        return None

    def hide(self, message: Message, until: float, state: State) -> None:
        self._uncount(message)
        message.state = state
        message.hidden_until = until
        message.epoch += 1
        self._count(message)
        self._hidden.push(until, message)
        self._hidden.weed(self.messages, by_epoch=True)
        self._settle(message)

    def show(self, message: Message) -> None:
        self._uncount(message)
        message.state = State.VISIBLE
        message.epoch += 1
        self._settle(message)

    def remove(self, message: Message) -> None:
        self._uncount(message)
        message.state = State.GONE
        message.epoch += 1
        del self.messages[message.id]
        self._leave(message)

    def clear(self) -> None:
        for message in list(self.messages.values()):
            self.remove(message)

    def draw(
        self, count: int, max_receive_count: int | None
    ) -> tuple[list[Message], list[Message]]:
        """Up to `count` messages whose turn it is, and those met on the way that were received
        too often: the redrive policy moves these instead."""
        drawn: list[Message] = []
        exhausted: list[Message] = []
        while self._offered and len(drawn) < count:
            _, message = self._offered.popitem(last=False)
            spent = max_receive_count is not None and message.receive_count >= max_receive_count
            (exhausted if spent else drawn).append(message)
        return drawn, exhausted

    def deliver(self, message: Message, *, visibility_seconds: float, now: float) -> None:
        message.receive_count += 1
        message.received_at = now
        if message.first_received_at is None:
            message.first_received_at = now
        message.handle = self._new_handle(message)
        self.hide(message, now + visibility_seconds, State.IN_FLIGHT)

    def _new_handle(self, message: Message) -> str:
        plain = f"{self.arn} {message.id} {message.receive_count}"
        return "AQEB" + base64.b64encode(plain.encode()).decode()

    def message_id_of(self, handle: str) -> str | None:
        """The message a receipt handle of this queue stands for; None if it is no such handle."""
        try:
            arn, message_id, _ = base64.b64decode(handle[4:], validate=True).decode().split(" ")
        except ValueError:
            return None
        return message_id if handle.startswith("AQEB") and arn == self.arn else None

    def _count(self, message: Message) -> None:
        self.in_flight += message.state is State.IN_FLIGHT
        self.delayed += message.state is State.DELAYED

    def _uncount(self, message: Message) -> None:
        self.in_flight -= message.state is State.IN_FLIGHT
        self.delayed -= message.state is State.DELAYED

    def _enter(self, message: Message) -> None:
        """The message is new here."""

    def _leave(self, message: Message) -> None:
        """The message is here no longer."""
        self._offered.pop(message.id, None)

    def _settle(self, message: Message) -> None:
        """The message's visibility has changed."""
        if message.state is State.VISIBLE:
            self._offered[message.id] = message
        else:
            self._offered.pop(message.id, None)


@dataclass(slots=True, eq=False)
class Group:
    """A message group: its messages in the order they were sent."""

    messages: OrderedDict[str, Message] = field(default_factory=OrderedDict)

    in_flight: int = 0

    @property
    def may_deliver(self) -> bool:
        """A message in flight, or a delayed one at the head, blocks all that come after it."""
        if self.in_flight or not self.messages:
            return False
        return next(iter(self.messages.values())).state is State.VISIBLE


class FifoQueue(Queue):
    """A FIFO queue: order and one delivery at a time within a message group.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
    """

    fifo = True

    def __init__(self, name: str, arn: str, attributes: dict[str, str], created_at: float) -> None:
        super().__init__(name, arn, attributes, created_at)
        self._groups: dict[str, Group] = {}
        self._turns: OrderedDict[str, Group] = OrderedDict()
        # Kept in the order of first sends, which is the order in which the windows end.
        self._window: OrderedDict[str, tuple[float, Message]] = OrderedDict()

    def first_sent(self, key: str, now: float) -> Message | None:
        """The message sent with this deduplication key less than five minutes ago, deleted or
        not."""
        while self._window:
            oldest, (sent_at, _) = next(iter(self._window.items()))
            if now - sent_at < DEDUPLICATION_WINDOW_SECONDS:
                break
            del self._window[oldest]
        found = self._window.get(key)
        return found[1] if found else None

    def remember(self, key: str, message: Message, now: float) -> None:
        self._window[key] = (now, message)

    def draw(
        self, count: int, max_receive_count: int | None
    ) -> tuple[list[Message], list[Message]]:
        drawn: list[Message] = []
        exhausted: list[Message] = []
        while self._turns and len(drawn) < count:
            _, group = self._turns.popitem(last=False)
            for message in group.messages.values():
                if message.state is not State.VISIBLE or len(drawn) == count:
                    break
                spent = max_receive_count is not None and message.receive_count >= max_receive_count
                (exhausted if spent else drawn).append(message)
        return drawn, exhausted

    def _enter(self, message: Message) -> None:
        group = self._groups.setdefault(message.group_id or "", Group())
        group.messages[message.id] = message

    def _leave(self, message: Message) -> None:
        group = self._groups[message.group_id or ""]
        group.messages.pop(message.id, None)
        self._take_turn(message.group_id or "", group)

    def _settle(self, message: Message) -> None:
        self._take_turn(message.group_id or "", self._groups[message.group_id or ""])

    def _take_turn(self, group_id: str, group: Group) -> None:
        if group.may_deliver:
            self._turns.setdefault(group_id, group)
            return
        self._turns.pop(group_id, None)
        if not group.messages:
            self._groups.pop(group_id, None)

    def _count(self, message: Message) -> None:
        super()._count(message)
        if message.state is State.IN_FLIGHT:
            self._groups[message.group_id or ""].in_flight += 1

    def _uncount(self, message: Message) -> None:
        super()._uncount(message)
        if message.state is State.IN_FLIGHT:
            self._groups[message.group_id or ""].in_flight -= 1
