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
    """How an origin is recognised, strongest first.

    A message attribute that a service set on *this* delivery says more than a body, which may be
    a copy of some other service's record.
    """

    MOVED_BY_SQS = 0
    ATTRIBUTES = 1
    BODY = 2
    ENVELOPE = 3


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

    `recognises` must survive any letter; `decode` is only given what `recognises` accepted and
    tolerates absent and null fields; `route` says where a redrive of the decoded record goes.
    """

    name: str
    evidence: Evidence
    recognises: Callable[[Opened], bool]
    decode: Callable[[Opened], FailureRecord]
    route: Callable[[FailureRecord], Route]


@cache
def registry() -> dict[str, Origin]:
    """Every origin by name."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return {module.ORIGIN.name: module.ORIGIN for module in modules}


@cache
def _by_evidence() -> tuple[tuple[Origin, ...], ...]:
    known = [origin for origin in registry().values() if origin.name != UNKNOWN]
    return tuple(
        tuple(origin for origin in known if origin.evidence == evidence) for evidence in Evidence
    )


UNKNOWN = "unknown"


def recognise(opened: Opened) -> Origin:
    """The one origin that claims the letter on the strongest evidence there is.

    No claim, or two of the same strength, is `unknown`: a letter that could be either is shown
    raw, not guessed at.
    """
    for origins in _by_evidence():
        claims = [origin for origin in origins if origin.recognises(opened)]
        if claims:
            return claims[0] if len(claims) == 1 else registry()[UNKNOWN]
    return registry()[UNKNOWN]


def decode(letter: DeadLetter) -> FailureRecord:
    """What `letter` says failed, where and why."""
    opened = open_letter(letter)
    return recognise(opened).decode(opened)


def route(record: FailureRecord) -> Route:
    """Where a redrive of `record` goes, or why it is not for a redrive."""
    return registry()[record.origin].route(record)
