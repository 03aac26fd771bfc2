"""The client engine: receive, decide, journal, send, journal, delete; many workers, one pace.

Nothing is deleted before its own send is confirmed; what is not sent is given back.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dlqctl.errors import DlqctlError
from dlqctl.holding import Clock, Holding
from dlqctl.letters import DeadLetter, FailureRecord
from dlqctl.origins import Refusal
from dlqctl.queues import (
    IN_FLIGHT_LIMIT,
    Destination,
    InDoubt,
    InFlightLimitError,
    LetterQueue,
    Rejected,
)
from dlqctl.redrive.delivery import (
    SAFE_REPEAT_SECONDS,
    ArchiveSink,
    Delivered,
    Delivery,
    NotDelivered,
    NotTried,
    Result,
    Unconfirmed,
)
from dlqctl.redrive.journal import Entry, EntryState, Journal
from dlqctl.redrive.pacing import Pace
from dlqctl.redrive.plan import MoveTo, Router
from dlqctl.redrive.tally import Failure, Tally
from dlqctl.scanning import EMPTY_ANSWERS, WAIT_SECONDS
from dlqctl.selection import Selection

VISIBILITY_SECONDS = 30

_SENT = frozenset({EntryState.SENT, EntryState.DELETED})
_UNFINISHED = frozenset({EntryState.SENDING, EntryState.IN_DOUBT})


class InDoubtChoice(StrEnum):
    """What to do with messages of which nobody knows whether an earlier run sent them."""

    HOLD = "hold"
    RESEND = "resend"


@dataclass(frozen=True, slots=True)
class RedriveOptions:
    """How to redrive. `limit` counts selected messages; `resumed` goes on with an earlier run."""

    workers: int
    limit: int | None = None
    delay_seconds: int | None = None
    copy: bool = False
    in_doubt: InDoubtChoice = InDoubtChoice.HOLD
    resumed: bool = False


class Redrive:
    """One run over one queue.

    `destinations(arn)` gives the queue to send to and raises DlqctlError when it can't be used.
    `expected` is about how many messages there are. `on_progress` is called after each batch,
    from any worker. `tally` holds the numbers; `error` what ended the run early.
    """

    def __init__(
        self,
        queue: LetterQueue,
        *,
        run: str,
        router: Router,
        destinations: Callable[[str], Destination],
        selection: Selection,
        journal: Journal,
        holding: Holding,
        pace: Pace,
        options: RedriveOptions,
        decode: Callable[[DeadLetter], FailureRecord],
        archive: ArchiveSink | None,
        clock: Clock,
        now: Callable[[], datetime],
        finish: threading.Event,
        expected: int = 0,
        on_progress: Callable[[Tally], None] = lambda _: None,
    ) -> None:
        self._queue = queue
        self._run = run
        self._router = router
        self._selection = selection
        self._journal = journal
        self._holding = holding
        self._pace = pace
        self._options = options
        self._decode = decode
        self._clock = clock
        self._now = now
        self._finish = finish
        self._expected = expected
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._started = self._last_activity = clock()
        self._empty_answers = 0
        self._busy = 0
        self._handled = 0
        self._claimed = 0
        self._taken_up = 0
        self._left_over = frozenset(journal.unfinished(run) if options.resumed else ())
        self._unseen = set(self._left_over)
        self.tally = Tally(missing=set(selection.ids))
        if options.resumed and selection.ids:
            for message_id in journal.finished(run):
                self.tally.missing -= selection.asked_for(message_id)
        self.error: DlqctlError | None = None
        self._delivery = Delivery(
            queue,
            run=run,
            destinations=destinations,
            journal=journal,
            holding=holding,
            pace=pace,
            archive=archive,
            copy=options.copy,
            delay_seconds=options.delay_seconds,
            clock=clock,
            now=now,
            sleep=finish.wait,
            on_send=self._count_send,
        )

    def run(self) -> Tally:
        """Redrive until there is no more to do, or `finish` is set.

        What was received and not sent is still held when this returns: release the holding. The
        first batch goes alone, so that a missing permission shows on one batch and not on many.
        """
        with ThreadPoolExecutor(self._options.workers, thread_name_prefix="redrive") as pool:
            # Not in this thread: a signal handler that sets `finish` would wait for its lock here.
            pool.submit(self._work, until_handled=True).result()
            work = [pool.submit(self._work) for _ in range(self._options.workers)]
        for worker in work:
            worker.result()
        return self.tally

    @property
    def duration_seconds(self) -> float:
        """From the start to the last message dealt with; waiting for more is not counted."""
        return self._last_activity - self._started

    def _work(self, *, until_handled: bool = False) -> None:
        try:
            while not self._finish.is_set() and not (until_handled and self.tally.received):
                self._turn()
        except DlqctlError as error:
            with self._lock:
                self.error = self.error or error
            self._finish.set()
        except BaseException:
            self._finish.set()
            raise

    def _turn(self) -> None:
        """Wait for the rate, receive, deliver."""
        count = self._claim(self._pace.batch_size)
        if count == 0:
            self._finish.wait(0.02)  # other workers hold what is left of the limit
            return
        sent = 0
        try:
            if self._pace.before_receive(count):
                letters = self._receive(count)
                if letters:
                    sent = self._handle(letters)
        finally:
            with self._lock:
                self._claimed -= count
            self._pace.unused(count - sent)

    def _claim(self, count: int) -> int:
        """How many messages this turn may receive, so that all turns together keep the limit."""
        limit = self._options.limit
        with self._lock:
            if self._enough():
                if not self._busy:  # `finish` would cut short what others are still sending
                    self._finish.set()
                return 0
            if limit is not None and self._selection.everything and not self._unseen:
                count = max(min(count, limit - self._taken_up - self._claimed), 0)
            self._claimed += count
            return count

    def _enough(self) -> bool:
        """Whether all that was asked for was taken up, and all met that a cut-off run left."""
        limit = self._options.limit
        return not self._unseen and (
            (limit is not None and self._taken_up >= limit)
            or self._selection.found_all(self.tally.missing)
        )

    def _receive(self, count: int) -> list[DeadLetter]:
        handled = self._handled
        try:
            letters = self._queue.receive(
                count, visibility_seconds=VISIBILITY_SECONDS, wait_seconds=WAIT_SECONDS
            )
        except InFlightLimitError as error:
            raise _too_many_in_flight() from error
        new = self._holding.hold(letters)
        with self._lock:
            self.tally.received += len(new)
            # A message in flight blocks its group: while others were busy, empty says nothing.
            blocked = self._queue.fifo and (self._busy > 0 or self._handled != handled)
            self._empty_answers = 0 if letters else self._empty_answers + (not blocked)
            self._busy += bool(new)
            self._unseen.difference_update(letter.message_id for letter in new)
        if not letters and len(self._holding) >= IN_FLIGHT_LIMIT:
            raise _too_many_in_flight()
        if not letters and self._drained():
            self._finish.set()
        return new

    def _drained(self) -> bool:
        """Whether nothing more will come. A resumed run waits for what a crash still hides."""
        with self._lock:
            if self._busy:
                return False
            if not self._options.resumed:
                short = self.tally.received >= self._expected > 0
                return self._empty_answers >= (1 if short else EMPTY_ANSWERS)
            if self._empty_answers < EMPTY_ANSWERS:
                return False
            hidden_seconds = self._clock() - self._started
            nothing_awaited = not self._unseen
        if hidden_seconds > VISIBILITY_SECONDS + 1:
            return True
        return nothing_awaited and self._queue.facts().in_flight <= len(self._holding)

    def _handle(self, letters: Sequence[DeadLetter]) -> int:
        """Deal with received letters; returns how many were sent."""
        sent = 0
        denied: Rejected | None = None
        try:
            for result in self._delivery.deliver(self._choose(letters)):
                sent += not isinstance(result, NotTried)
                with self._lock:
                    self._count(result)
                if isinstance(result, Delivered) and result.undeleted and result.undeleted.lasting:
                    denied = result.undeleted
        finally:
            with self._lock:
                self._busy -= 1
                self._handled += 1
        if denied:
            raise DlqctlError(
                f"sent, but not deleted from the queue: {denied.message}",
                hint=f"allow the deletion, then `--resume {self._run}` deletes them"
                " without sending them again",
            )
        if self._nowhere_to_go():
            self._finish.set()
        self._last_activity = self._clock()
        self._on_progress(self.tally)
        return sent

    def _nowhere_to_go(self) -> bool:
        """Whether every place that letters could go to has refused for good."""
        closed = self._delivery.closed()
        if not closed:
            return False
        targets = [self._router.to] if self._router.to else self._router.sources
        if not targets or any(target not in closed for target in targets):
            return False
        why = next(iter(closed.values()))
        self.error = self.error or DlqctlError(why.message)
        return True

    def _choose(self, letters: Sequence[DeadLetter]) -> list[tuple[DeadLetter, str]]:
        """The letters to send and where to; all others are counted, and held to be given back."""
        ids = [letter.message_id for letter in letters]
        known = self._journal.known(ids)
        bounced = self._journal.bounced(self._run, ids)
        finished: dict[str, list[DeadLetter]] = {}
        chosen = []
        for letter in letters:
            entry = known.get(letter.message_id)
            if letter.message_id in bounced:
                with self._lock:
                    self.tally.bounced += 1
            elif entry and entry.state in _SENT:
                finished.setdefault(entry.run, []).append(letter)
                with self._lock:
                    self.tally.missing -= self._selection.asked_for(letter.message_id)
            elif target := self._target(letter, entry):
                chosen.append((letter, target))
        for run, sent_before in finished.items():
            if not self._options.copy:  # a copy deletes nothing, and sends nothing twice
                self._delete_only(run, sent_before)
        return chosen

    def _target(self, letter: DeadLetter, entry: Entry | None) -> str | None:
        """Where to send this letter, if it is selected and may be sent."""
        record = self._decode(letter)
        if not self._selection.selects(record, now=self._now()):
            return None
        copied = entry is not None and entry.state is EntryState.COPIED and entry.run == self._run
        counted = letter.message_id in self._left_over  # when this run first took it up
        with self._lock:
            self.tally.missing -= self._selection.asked_for(letter.message_id)
            limit = self._options.limit
            if copied or (limit is not None and self._taken_up >= limit and not counted):
                return None
            self._taken_up += not counted
            if entry and entry.state in _UNFINISHED and not self._may_repeat(entry):
                self._hold_in_doubt(letter, entry)
                return None
            match self._router.step(record):
                case MoveTo(arn):
                    return arn
                case Refusal() as refusal:
                    self.tally.skipped += 1
                    self.tally.refusals[refusal] += 1
                    return None

    def _may_repeat(self, entry: Entry) -> bool:
        """Whether sending again can't double: SQS still knows this run's deduplication id."""
        if self._options.in_doubt is InDoubtChoice.RESEND:
            return True
        age_seconds = self._now().timestamp() - entry.at
        return self._queue.fifo and entry.run == self._run and age_seconds < SAFE_REPEAT_SECONDS

    def _hold_in_doubt(self, letter: DeadLetter, entry: Entry) -> None:
        self.tally.in_doubt += 1
        self.tally.in_doubt_elsewhere += entry.run != self._run
        if self._queue.fifo and letter.group_id and entry.target:
            self._delivery.stop_group(entry.target, letter.group_id)
        message = f"run {entry.run} was cut off while sending it: it may be on its queue already"
        self.tally.add_failure(Failure(letter.message_id, "InDoubt", message))

    def _delete_only(self, run: str, letters: Sequence[DeadLetter]) -> None:
        """These were sent before (by a run that died before it could delete them)."""
        answers = self._delivery.delete(letters, run=run)
        with self._lock:
            for letter, answer in zip(letters, answers, strict=True):
                if answer:
                    self._count_undeleted(letter, answer)
                elif run != self._run:
                    self.tally.finished_earlier += 1
                elif letter.message_id in self._left_over:
                    self.tally.redriven += 1

    def _count(self, result: Result) -> None:
        tally = self.tally
        match result:
            case Delivered(letter, target, undeleted):
                tally.redriven += 1
                tally.routes[target] += 1
                if undeleted:
                    self._count_undeleted(letter, undeleted)
            case NotDelivered(letter, why):
                tally.failed += 1
                tally.add_failure(Failure(letter.message_id, why.code, why.message))
            case Unconfirmed(letter, doubt):
                tally.in_doubt += 1
                tally.add_failure(Failure(letter.message_id, doubt.code, doubt.message))
            case NotTried(letter):
                self._taken_up -= letter.message_id not in self._left_over

    def _count_undeleted(self, letter: DeadLetter, why: Rejected | InDoubt) -> None:
        self.tally.undeleted += 1
        self.tally.add_failure(Failure(letter.message_id, why.code, why.message))

    def _count_send(self, count: int, at: float) -> None:
        with self._lock:
            self.tally.add_send(count, at=at)


def _too_many_in_flight() -> DlqctlError:
    return DlqctlError(
        "SQS hands out no more messages of this queue: about 120,000 are in flight",
        hint="redrive the rest in a second run, or select more of the messages",
    )
