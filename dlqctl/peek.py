"""Looking at dead letters without taking them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from dlqctl.letters import DeadLetter, FailureRecord
from dlqctl.scanning import Scan
from dlqctl.selection import Selection

VISIBILITY_SECONDS = 30


@dataclass(slots=True)
class PeekCounts:
    """What a peek has seen. `missing` are the ids that were asked for and not met (yet)."""

    scanned: int = 0
    matched: int = 0
    missing: set[str] = field(default_factory=set)


def peek(
    scan: Scan,
    selection: Selection,
    *,
    limit: int | None,
    counts: PeekCounts,
    decode: Callable[[DeadLetter], FailureRecord],
    now: Callable[[], datetime],
) -> Iterator[FailureRecord]:
    """Yield at most `limit` selected records; `counts` is kept up to date on the way.

    The letters stay in the scan's holding: leaving that gives them back.
    """
    counts.missing = set(selection.ids)
    # With nothing to filter by, no more is received than is shown.
    letters = scan.letters(at_most=limit if selection.everything else None)
    try:
        for letter in letters:
            counts.scanned += 1
            record = decode(letter)
            if not selection.selects(record, now=now()):
                continue
            counts.matched += 1
            counts.missing -= selection.asked_for(letter.message_id)
            yield record
            if counts.matched == limit or selection.found_all(counts.missing):
                return
    finally:
        letters.close()
