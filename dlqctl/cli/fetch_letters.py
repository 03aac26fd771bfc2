"""Where `fetch-stream-records` gets its letters from."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dlqctl.cli import options

if TYPE_CHECKING:
    from dlqctl.aws.session import AwsOptions
    from dlqctl.letters import FailureRecord
    from dlqctl.selection import Selection

VISIBILITY_SECONDS = 60
SCAN_WORKERS = 8


def letters_of_queue(
    queue: str,
    aws: "AwsOptions",
    *,
    selection: "Selection",
    limit: int | None,
    force: bool,
    stack: ExitStack,
) -> "Iterator[FailureRecord]":
    """The selected letters of the queue, decoded, and held until `stack` is closed."""
    from dlqctl.aws.lookups import Decoder
    from dlqctl.holding import Holding
    from dlqctl.peek import PeekCounts, peek
    from dlqctl.queues import refuse_if_receiving_moves
    from dlqctl.scanning import Scan

    queues, dead_letters = options.find_queue(queue, aws)
    facts = dead_letters.facts()
    if facts.redrive_policy:
        sources = queues.sources_of(dead_letters)
        refuse_if_receiving_moves(facts, sources=sources, verb="fetch-stream-records", force=force)
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
    yield from peek(
        scan,
        selection,
        limit=limit,
        counts=counts,
        decode=Decoder(queues.session, queue_arn=facts.arn, fetch_payload=False),
        now=lambda: datetime.now(UTC),
    )
    for missing in sorted(counts.missing):
        options.say(f"dlqctl: not seen on {facts.name}: {missing}")
