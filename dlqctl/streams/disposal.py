"""Which pointers have served: every record they name is safe, so they may be deleted."""

from collections.abc import Callable, Sequence

from dlqctl.streams.fetch import ShardOutcome
from dlqctl.streams.tally import Verdict


def served(
    outcomes: Sequence[ShardOutcome],
    *,
    accepted: Callable[[Verdict], bool] | None,
    written: bool,
    trimmed_too: bool,
) -> list[str]:
    """Message ids of pointers that nothing is left to do for.

    Every record was found, and was written to disk (`written`) and, where there is a replay,
    `accepted`. With `trimmed_too` what is gone does not count, if its shard was read to its end.
    """
    return [
        verdict.batch.message_id
        for outcome in outcomes
        for verdict in outcome.verdicts
        if _found(outcome, verdict, trimmed_too=trimmed_too)
        and _handed_over(verdict, accepted, written=written)
    ]


def _found(outcome: ShardOutcome, verdict: Verdict, *, trimmed_too: bool) -> bool:
    to_the_end = outcome.failure is None and not outcome.stopped
    return verdict.complete or (trimmed_too and to_the_end)


def _handed_over(
    verdict: Verdict, accepted: Callable[[Verdict], bool] | None, *, written: bool
) -> bool:
    if verdict.found == 0:
        return True  # nothing was left to hand over
    return written if accepted is None else accepted(verdict)
