"""A letter that no origin claims: shown raw, redriven only where its queue leaves no choice."""

from dlqctl.envelopes import Opened
from dlqctl.letters import FailureRecord
from dlqctl.origins import UNKNOWN, Evidence, NoSource, Origin, Route


def recognises(opened: Opened) -> Evidence | None:  # noqa: ARG001
    """Claims nothing: the registry falls back to this origin."""
    return None


def decode(opened: Opened) -> FailureRecord:
    """Nothing is known of what failed."""
    return FailureRecord(
        letter=opened.letter,
        origin=UNKNOWN,
        envelope=opened.envelope,
        s3_pointer=opened.s3_pointer,
    )


def route(record: FailureRecord) -> Route:  # noqa: ARG001
    """The letter names no source; the plan may know the queue's only one."""
    return NoSource()


ORIGIN = Origin(UNKNOWN, recognises, decode, route)
