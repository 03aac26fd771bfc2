"""Delivering letters: journal, send, journal, delete. A batch is never a unit of success."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dlqctl.errors import DlqctlError
from dlqctl.holding import Clock, Holding
from dlqctl.letters import DeadLetter
from dlqctl.queues import (
    Destination,
    InDoubt,
    LetterQueue,
    Outgoing,
    QueueFacts,
    Rejected,
    SendOutcome,
    Sent,
    queue_name,
)
from dlqctl.redrive.journal import EntryState, Journal
from dlqctl.redrive.pacing import Pace
from dlqctl.redrive.packing import message_bytes, pack, rounds

SEND_ATTEMPTS = 5
DELETE_ATTEMPTS = 3
BACKOFF_SECONDS = 0.2
# SQS deduplicates for five minutes from the first send. A run may repeat for two, and a resumed
# one may begin to within two: together that leaves a minute for the last request to arrive.
SAFE_REPEAT_SECONDS = 120


class ArchiveSink(Protocol):
    """Takes whole messages before they are sent; on disk when `append` returns."""

    def append(self, letters: Sequence[DeadLetter]) -> None: ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """Sent and confirmed. `undeleted` says why the letter could not be deleted afterwards."""

    letter: DeadLetter
    target: str
    undeleted: Rejected | None = None


@dataclass(frozen=True, slots=True)
class NotDelivered:
    """Not sent; the letter stays where it is."""

    letter: DeadLetter
    reason: Rejected


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Perhaps sent, perhaps not: a person chooses."""

    letter: DeadLetter
    reason: InDoubt


@dataclass(frozen=True, slots=True)
class NotTried:
    """The run was stopped before this letter's turn."""

    letter: DeadLetter


Result = Delivered | NotDelivered | Unconfirmed | NotTried


@dataclass(frozen=True, slots=True)
class _Open:
    """A destination that has answered, with the facts that decide what it takes."""

    queue: Destination
    facts: QueueFacts


class Delivery:
    """Sends letters of one run to their destinations, shared by all workers.

    `destinations(arn)` gives the queue to send to; it raises DlqctlError when that can't be used.
    `on_send(count, at)` is told of every confirmed batch.
    """

    def __init__(
        self,
        source: LetterQueue,
        *,
        run: str,
        destinations: Callable[[str], Destination],
        journal: Journal,
        holding: Holding,
        pace: Pace,
        archive: ArchiveSink | None,
        copy: bool,
        delay_seconds: int | None,
        clock: Clock,
        now: Callable[[], datetime],
        sleep: Callable[[float], bool],
        on_send: Callable[[int, float], None],
    ) -> None:
        self._source = source
        self._run = run
        self._find = destinations
        self._journal = journal
        self._holding = holding
        self._pace = pace
        self._archive = archive
        self._copy = copy
        self._delay_seconds = delay_seconds
        self._clock = clock
        self._now = now
        self._sleep = sleep
        self._on_send = on_send
        self._lock = threading.Lock()
        self._open: dict[str, _Open | Rejected] = {}
        self._stopped_groups: set[tuple[str, str]] = set()
        self._cut_short = False

    def closed(self) -> dict[str, Rejected]:
        """Destinations that take no message at all, and why."""
        with self._lock:
            return {arn: why for arn, why in self._open.items() if isinstance(why, Rejected)}

    def deliver(self, letters: Sequence[tuple[DeadLetter, str]]) -> Iterator[Result]:
        """Deliver each letter to its target ARN, in order within a message group."""
        by_target: dict[str, list[DeadLetter]] = {}
        for letter, target in letters:
            by_target.setdefault(target, []).append(letter)
        for target, group in by_target.items():
            match self._destination(target):
                case Rejected() as why:
                    yield from (self._failed(letter, why) for letter in group)
                case _Open() as destination:
                    yield from self._deliver_to(target, destination, group)

    def _destination(self, arn: str) -> _Open | Rejected:
        with self._lock:
            known = self._open.get(arn)
            if known is None:
                try:
                    queue = self._find(arn)
                    known = _Open(queue, queue.facts())
                except DlqctlError as error:
                    said = f"{error.message} ({error.hint})" if error.hint else error.message
                    known = Rejected("DestinationUnusable", said, lasting=True)
                self._open[arn] = known
            return known

    def _deliver_to(
        self, target: str, destination: _Open, letters: Sequence[DeadLetter]
    ) -> Iterator[Result]:
        fits: list[Outgoing] = []
        cut_groups: dict[str, DeadLetter] = {}  # what came before the letter that cuts still goes
        for letter in letters:
            too_large = _too_large(letter, destination.facts)
            if destination.facts.fifo and letter.group_id in cut_groups:
                yield self._failed(letter, _GROUP_STOPPED)
            elif too_large:
                yield self._failed(letter, too_large)
                cut_groups[letter.group_id or ""] = letter
            else:
                fits.append(self._outgoing(letter, destination))
        turns = rounds(fits) if destination.facts.fifo else [fits]
        for turn in turns:
            ready = []
            for outgoing in turn:
                if (target, outgoing.group_id) in self._stopped_groups:
                    yield self._failed(outgoing.letter, _GROUP_STOPPED)
                else:
                    ready.append(outgoing)
            for batch in pack(ready):
                yield from self._deliver_batch(target, destination, batch)
        for letter in cut_groups.values():
            self._stop_group(target, letter, destination)

    def _outgoing(self, letter: DeadLetter, destination: _Open) -> Outgoing:
        """The letter as it is sent. On FIFO with an id of this run's own: an id that SQS has seen
        in the last five minutes would be accepted and silently dropped."""
        fifo = destination.facts.fifo
        return Outgoing(
            letter,
            group_id=letter.group_id or (letter.message_id if fifo else None),
            deduplication_id=f"dlqctl-{self._run}-{letter.message_id}"[:128] if fifo else None,
            delay_seconds=self._delay_seconds,
        )

    def _deliver_batch(
        self, target: str, destination: _Open, batch: Sequence[Outgoing]
    ) -> Iterator[Result]:
        # Once a wait was cut short nothing is sent any more: no letter overtakes its group.
        self._cut_short = self._cut_short or not self._pace.before_send(len(batch))
        if self._cut_short:
            yield from (NotTried(outgoing.letter) for outgoing in batch)
            return
        if self._archive:
            self._archive.append([outgoing.letter for outgoing in batch])
        ids = [outgoing.letter.message_id for outgoing in batch]
        self._journal.sending(self._run, dict.fromkeys(ids, target), at=self._epoch())
        self._pace.space(len(batch))
        at = self._clock()
        outcomes = self._send(destination, batch)
        sent: dict[str, str] = {}
        confirmed: list[DeadLetter] = []
        for outgoing, outcome in zip(batch, outcomes, strict=True):
            letter = outgoing.letter
            match outcome:
                case Sent(new_id):
                    sent[letter.message_id] = new_id
                    confirmed.append(letter)
                case InDoubt() as doubt:
                    self._settle([letter], EntryState.IN_DOUBT, code=doubt.code)
                    self._stop_group(target, letter, destination)
                    yield Unconfirmed(letter, doubt)
                case Rejected() as why:
                    if why.lasting:
                        self._close(target, why)
                    self._stop_group(target, letter, destination)
                    yield self._failed(letter, why)
        if confirmed:
            self._on_send(len(confirmed), at)
            yield from self._finish(target, confirmed, sent)

    def _send(self, destination: _Open, batch: Sequence[Outgoing]) -> list[SendOutcome]:
        """Send; repeat what surely was not taken, and on FIFO (the ids make it safe) doubts too."""
        first = self._epoch()
        outcomes = destination.queue.send(batch)
        for attempt in range(SEND_ATTEMPTS - 1):
            if not self._repeatable(outcomes, destination, first=first):
                break
            if self._sleep(BACKOFF_SECONDS * 2**attempt):
                break
            # Asked again: the machine itself may have slept meanwhile.
            again = self._repeatable(outcomes, destination, first=first)
            if not again:
                break
            repeated = destination.queue.send([batch[n] for n in again])
            for n, outcome in zip(again, repeated, strict=True):
                # A later no is about the repeat: what was in doubt stays so until it is confirmed.
                if not (isinstance(outcomes[n], InDoubt) and isinstance(outcome, Rejected)):
                    outcomes[n] = outcome
        return outcomes

    def _repeatable(
        self, outcomes: Sequence[SendOutcome], destination: _Open, *, first: float
    ) -> list[int]:
        """Which of these may be sent again without doubling; they were `first` sent then."""
        fresh = self._epoch() - first < SAFE_REPEAT_SECONDS
        return [
            n
            for n, outcome in enumerate(outcomes)
            if (isinstance(outcome, Rejected) and outcome.retryable)
            or (isinstance(outcome, InDoubt) and destination.facts.fifo and fresh)
        ]

    def _finish(
        self, target: str, letters: Sequence[DeadLetter], new_ids: dict[str, str]
    ) -> Iterator[Result]:
        """These are sent: say so on disk, then delete them (a copy leaves them where they are)."""
        try:
            self._journal.sent(self._run, new_ids, at=self._epoch(), copied=self._copy)
        except DlqctlError:
            # The sends are confirmed. Deleting now is right; leaving the letters would double
            # them, as the journal can no longer tell a later run that they were sent.
            if not self._copy:
                self.delete(letters)
            raise
        if self._copy:
            yield from (Delivered(letter, target) for letter in letters)
            return
        for letter, undeleted in zip(letters, self.delete(letters), strict=True):
            yield Delivered(letter, target, undeleted)

    def delete(
        self, letters: Sequence[DeadLetter], *, run: str | None = None
    ) -> list[Rejected | None]:
        """Delete letters whose send is confirmed, and journal it for `run` (this one)."""
        receipts = [self._holding.receipt(letter) for letter in letters]
        answers: list[Rejected | None] = self._source.delete(receipts)
        for attempt in range(DELETE_ATTEMPTS - 1):
            again = [n for n, answer in enumerate(answers) if answer and answer.retryable]
            if not again:
                break
            self._sleep(BACKOFF_SECONDS * 2**attempt)
            repeated = self._source.delete([receipts[n] for n in again])
            for n, answer in zip(again, repeated, strict=True):
                answers[n] = answer
        gone = [letter for letter, answer in zip(letters, answers, strict=True) if answer is None]
        self._holding.drop(gone)
        self._settle(gone, EntryState.DELETED, run=run)
        return answers

    def _failed(self, letter: DeadLetter, why: Rejected) -> NotDelivered:
        self._settle([letter], EntryState.FAILED, code=why.code)
        return NotDelivered(letter, why)

    def _settle(
        self,
        letters: Sequence[DeadLetter],
        state: EntryState,
        *,
        code: str = "",
        run: str | None = None,
    ) -> None:
        ids = [letter.message_id for letter in letters]
        self._journal.settle(run or self._run, ids, state, at=self._epoch(), code=code)

    def stop_group(self, target: str, group_id: str) -> None:
        """Send nothing more of this message group: an earlier message of it stays behind."""
        self._stopped_groups.add((target, group_id))

    def _stop_group(self, target: str, letter: DeadLetter, destination: _Open) -> None:
        if destination.facts.fifo and letter.group_id:
            self.stop_group(target, letter.group_id)

    def _close(self, target: str, why: Rejected) -> None:
        with self._lock:
            self._open[target] = why

    def _epoch(self) -> float:
        return self._now().timestamp()


_GROUP_STOPPED = Rejected(
    "GroupStopped", "an earlier message of its group was not sent; sending this one would reorder"
)


def _too_large(letter: DeadLetter, facts: QueueFacts) -> Rejected | None:
    size = message_bytes(letter)
    if size <= facts.max_message_bytes:
        return None
    return Rejected(
        "MessageTooLong",
        f"{size:,} bytes, and {queue_name(facts.arn)} takes {facts.max_message_bytes:,} at most"
        " (raise its MaximumMessageSize)",
    )
