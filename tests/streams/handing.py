"""What replays are handed to in tests: a journal that remembers, functions, a stream to put on."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dlqctl.streams.invoke import Answered
from dlqctl.streams.pacing import Timing
from dlqctl.streams.put import PutOutcome
from dlqctl.streams.records import KinesisRecord
from dlqctl.streams.replay import NotAccepted, Replay, Unconfirmed

Answer = Answered | NotAccepted | Unconfirmed


@dataclass
class Remembered:
    """Every pointer's states, in order."""

    states: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def sending(self, message_ids: Sequence[str], target: str) -> None:
        self._note(message_ids, "sending")

    def accepted(self, message_ids: Sequence[str]) -> None:
        self._note(message_ids, "accepted")

    def refused(self, message_ids: Sequence[str], code: str) -> None:
        self._note(message_ids, f"refused {code}")

    def in_doubt(self, message_ids: Sequence[str], code: str) -> None:
        self._note(message_ids, f"in doubt {code}")

    def _note(self, message_ids: Sequence[str], state: str) -> None:
        for message_id in message_ids:
            self.states[message_id].append(state)


@dataclass
class ScriptedFunctions:
    """Functions that answer as `answer` says; `events` are what they were given."""

    answer: Callable[[str, dict[str, Any]], Answer] = lambda *_: Answered(b"null")
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def role_of(self, function: str) -> str | None:
        return f"role-of-{function}"

    def invoke(self, function: str, event: bytes) -> Answer:
        document = json.loads(event)
        self.events.append((function, document))
        return self.answer(function, document)

    def numbers(self, function: str) -> list[list[int]]:
        """The sequence numbers of each event that this function was given."""
        return [numbers_of(event) for called, event in self.events if called == function]


def numbers_of(event: dict[str, Any]) -> list[int]:
    def number(record: dict[str, Any]) -> int:
        if "kinesis" in record:
            return int(record["kinesis"]["sequenceNumber"])
        return int(record["dynamodb"]["SequenceNumber"])

    return [number(record) for record in event["Records"]]


@dataclass
class ScriptedStream:
    """Takes records unless the next entry of `refusals` says which of a call it does not."""

    refusals: list[dict[int, PutOutcome]] = field(default_factory=list)
    taken: list[KinesisRecord] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)

    def put(self, stream_arn: str, records: Sequence[KinesisRecord]) -> list[PutOutcome]:
        self.calls.append(len(records))
        refused = self.refusals.pop(0) if self.refusals else {}
        outcomes = [refused.get(n) for n in range(len(records))]
        self.taken += (one for one, outcome in zip(records, outcomes, strict=True) if not outcome)
        return outcomes


def replay(journal: Remembered, waits: list[float] | None = None) -> Replay:
    slept = waits if waits is not None else []
    return Replay(
        journal=journal,
        wait_for=lambda _: None,
        timing=Timing(lambda: 0.0, slept.append, lambda: 0.5),
    )
