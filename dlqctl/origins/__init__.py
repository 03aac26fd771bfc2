"""The origins of dead letters: one module each, found by being here.

A module offers `ORIGIN`. Adding one touches nothing else; tests/origins holds every origin to the
same contract (two corpus letters at least, each claimed by exactly one origin, any bytes survived).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from dlqctl.envelopes import Opened, open_letter
from dlqctl.letters import DeadLetter, FailureRecord


class Evidence(IntEnum):
    """What an origin recognises a letter by, strongest first.

    A message attribute that a service set on *this* delivery says more than a body, which may be
    a copy of some other service's record. No member is 0, so that a claim is always true.
    """

    MOVED_BY_SQS = 1
    ATTRIBUTES = 2
    BODY = 3
    ENVELOPE = 4


@dataclass(frozen=True, slots=True)
class QueueMove:
    """Redriving is sending the message, as it is, to this queue."""

    arn: str


@dataclass(frozen=True, slots=True)
class NoSource:
    """The letter does not say where it failed; only the queue's own sources can tell."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Redriving is not a queue move: why, and the command that does it instead."""

    reason: str
    instead: str


Route = QueueMove | NoSource | Refusal


@dataclass(frozen=True, slots=True)
class Origin:
    """One way to become a dead letter.

    `recognises` gives the strongest evidence it finds (None: not a letter of this origin) and must
    survive any letter; `decode` is only given what `recognises` accepted and tolerates absent and
    null fields; `route` says where a redrive of the decoded record goes.
    """

    name: str
    recognises: Callable[[Opened], Evidence | None]
    decode: Callable[[Opened], FailureRecord]
    route: Callable[[FailureRecord], Route]


@cache
def registry() -> dict[str, Origin]:
    """Every origin by name."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return {module.ORIGIN.name: module.ORIGIN for module in modules}


UNKNOWN = "unknown"


def recognise(opened: Opened) -> Origin:
    """The one origin that claims the letter on the strongest evidence there is.

    No claim, or two of the same strength, is `unknown`: a letter that could be either is shown
    raw, not guessed at.
    """
    origins = registry()
    claims = [
        (evidence, origin)
        for origin in origins.values()
        if (evidence := origin.recognises(opened)) is not None
    ]
    if not claims:
        return origins[UNKNOWN]
    strongest = min(evidence for evidence, _ in claims)
    claimants = [origin for evidence, origin in claims if evidence is strongest]
    return claimants[0] if len(claimants) == 1 else origins[UNKNOWN]


def decode(letter: DeadLetter) -> FailureRecord:
    """What `letter` says failed, where and why."""
    opened = open_letter(letter)
    return recognise(opened).decode(opened)


def route(record: FailureRecord) -> Route:
    """Where a redrive of `record` goes, or why it is not for a redrive."""
    return registry()[record.origin].route(record)
