"""Where `fetch-stream-records` gets its letters from, and how it deletes those that have served."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dlqctl.cli import options

if TYPE_CHECKING:
    from dlqctl.aws.queues import SqsQueue
    from dlqctl.aws.session import AwsOptions
    from dlqctl.holding import Holding
    from dlqctl.letters import DeadLetter, FailureRecord
    from dlqctl.selection import Selection
    from dlqctl.streams.gathering import Gathered

VISIBILITY_SECONDS = 60
SCAN_WORKERS = 8
DELETE_ATTEMPTS = 3
DELETE_WORKERS = 8
MAX_BATCH = 10
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters are asked for."""

    selection: "Selection"
    limit: int | None
    force: bool


@dataclass
class Letters:
    """The letters that were found, sorted. `holding` keeps those of a queue until it is closed.

    `unnamed` are those of a file that carry no message id: another run may call them otherwise.
    """

    gathered: "Gathered"
    name: str
    queue: "SqsQueue | None" = None
    holding: "Holding | None" = None
    held: "dict[str, DeadLetter]" = field(default_factory=dict)
    missing: bool = False
    unnamed: set[str] = field(default_factory=set)

    def delete(self, message_ids: Sequence[str]) -> list[str]:
        """Delete these from their queue; the ids of those that SQS did not confirm."""
        if self.queue is None or self.holding is None:
            return list(message_ids)
        letters = [self.held[message_id] for message_id in message_ids]
        batches = [letters[n : n + MAX_BATCH] for n in range(0, len(letters), MAX_BATCH)]
        with ThreadPoolExecutor(DELETE_WORKERS) as pool:
            left = list(pool.map(partial(_delete, self.queue), batches))
        undeleted = {letter.message_id for batch in left for letter in batch}
        self.holding.drop([letter for letter in letters if letter.message_id not in undeleted])
        return sorted(undeleted)


def _delete(queue: "SqsQueue", letters: "Sequence[DeadLetter]") -> "list[DeadLetter]":
    """Delete at most ten; what is left after some attempts."""
    left = list(letters)
    for _ in range(DELETE_ATTEMPTS):
        answers = queue.delete([letter.receipt_handle for letter in left])
        refused = list(zip(left, answers, strict=True))
        left = [letter for letter, why in refused if why is not None]
        if not any(why is not None and why.retryable for _, why in refused):
            break
    return left


def letters_of_queue(queue: str, aws: "AwsOptions", wanted: Wanted, *, stack: ExitStack) -> Letters:
    """The selected letters of the queue, held until `stack` is closed."""
    from dlqctl.aws.lookups import Decoder
    from dlqctl.holding import Holding
    from dlqctl.peek import PeekCounts, peek
    from dlqctl.queues import refuse_if_receiving_moves
    from dlqctl.scanning import Scan
    from dlqctl.streams.gathering import Gathered, gather

    queues, dead_letters = options.find_queue(queue, aws)
    facts = dead_letters.facts()
    if facts.redrive_policy:
        refuse_if_receiving_moves(
            facts,
            sources=queues.sources_of(dead_letters),
            verb="fetch-stream-records",
            force=wanted.force,
        )
    holding = stack.enter_context(
        Holding(dead_letters, visibility_seconds=VISIBILITY_SECONDS, clock=time.monotonic)
    )
    scan = Scan(
        dead_letters,
        holding,
        visibility_seconds=VISIBILITY_SECONDS,
        workers=SCAN_WORKERS,
        expected=facts.visible,
    )
    counts = PeekCounts()
    records = peek(
        scan,
        wanted.selection,
        limit=wanted.limit,
        counts=counts,
        decode=Decoder(queues.session, queue_arn=facts.arn, fetch_payload=False),
        now=_now,
    )
    letters = Letters(Gathered(), facts.name, dead_letters, holding)
    letters.gathered = gather(_noting(records, letters.held))
    for message_id in sorted(counts.missing):
        options.say(f"dlqctl: not seen on {facts.name}: {message_id}")
    if scan.progress.in_flight_limit:
        options.say(
            f"dlqctl: SQS hands out no more messages of {facts.name} for now: run again for the"
            " rest"
        )
    letters.missing = bool(counts.missing) or scan.progress.in_flight_limit
    return letters


def _noting(
    records: "Iterable[FailureRecord]", held: "dict[str, DeadLetter]"
) -> "Iterator[FailureRecord]":
    """Pass records on, keeping what it takes to delete them: the letters without their bodies."""
    for record in records:
        letter = record.letter
        held[letter.message_id] = replace(letter, body="", attributes={})
        yield record


def letters_of_file(place: str, aws: "AwsOptions", wanted: Wanted, *, stack: ExitStack) -> Letters:
    """The selected letters of a file, of stdin (`-`) or under `s3://bucket/prefix`."""
    from dlqctl import origins
    from dlqctl.aws.objects import KeptObjects
    from dlqctl.streams.gathering import Unreadable, gather
    from dlqctl.streams.letter_files import letters_of_file as read_file

    if place.startswith("s3://"):
        found = KeptObjects(aws, place).letters()
    elif place == STDIN:
        found = read_file(_spooled(stack), name="stdin")
    else:
        found = read_file(Path(place), name=Path(place).name)
    unreadable: list[Unreadable] = []
    unnamed: set[str] = set()
    again: dict[str, Callable[[], DeadLetter]] = {}

    def records() -> "Iterator[FailureRecord]":
        count = 0
        for one in found:
            if isinstance(one, Unreadable):
                unreadable.append(one)
                continue
            record = origins.decode(one.letter)
            if not wanted.selection.selects(record, now=_now()):
                continue
            again[one.letter.message_id] = one.again
            if not one.letter.queue_arn:
                unnamed.add(one.letter.message_id)
            yield record
            count += 1
            if count == wanted.limit:
                return

    gathered = gather(records(), again=again)
    gathered.unreadable.extend(unreadable)
    return Letters(gathered, place, unnamed=unnamed)


def _spooled(stack: ExitStack) -> Path:
    """stdin as a file that only its owner may read, and that goes when `stack` is closed."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dlqctl-"))
    path = Path(folder) / "stdin"
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return path


def _now() -> datetime:
    return datetime.now(UTC)
