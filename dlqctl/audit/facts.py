"""What a fact is: a value, or the reason why it can't be known."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that can't be known: a denied call, an intrinsic that can't be resolved.

    `action` is the IAM action that would make it known, where one would.
    """

    why: str
    action: str | None = None


Fact: TypeAlias = T | Unknown


class UnknownFactError(Exception):
    """A judgement needs a fact that is unknown. Ends as "not judged", never as a pass."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.why)
        self.unknown = unknown


def known(fact: T | Unknown) -> T:
    """The value of `fact`. Raises UnknownFactError, which the runner reports as not judged."""
    if isinstance(fact, Unknown):
        raise UnknownFactError(fact)
    return fact


@dataclass(frozen=True, slots=True)
class Matches(Generic[T]):
    """What a question to the graph found. With a `gap`, there may be more that nobody saw.

    There is no truth value on purpose: "none seen" and "there are none" must not be confused.
    """

    seen: tuple[T, ...]
    gap: Unknown | None = None

    def __bool__(self) -> bool:
        raise TypeError("ask for .seen, .all or .exists")

    @property
    def all(self) -> Fact[tuple[T, ...]]:
        """Every match; Unknown where some may be missing."""
        return self.gap or self.seen

    @property
    def exists(self) -> Fact[bool]:
        """True as soon as one was seen; False only when nothing can be missing."""
        return True if self.seen else self.gap or False

    def where(self, holds: Callable[[T], bool]) -> "Matches[T]":
        """The matches that `holds` accepts, with the same gap."""
        return Matches(tuple(match for match in self.seen if holds(match)), self.gap)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource is written: a file, relative to where the audit runs, and a line."""

    file: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class Reference:
    """One resource pointing at another.

    `ref` is the other's ARN, or its logical id or address in a template. A Lambda qualifier is
    kept apart in `qualifier`; a Kinesis consumer is given as its stream.
    `service` is the service part of an ARN: `sqs`, `lambda`, `sns`, `s3`, `events`, `kinesis` …
    """

    ref: str
    service: str
    qualifier: str | None = None


@dataclass(frozen=True, slots=True)
class Arn:
    """An ARN in its parts; `resource` is everything after the account."""

    partition: str
    service: str
    region: str
    account_id: str
    resource: str


def parse_arn(text: str) -> Arn | None:
    """`text` in its parts, None where it is not an ARN."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[2]:
        return None
    return Arn(*parts[1:])


def reference(arn: str) -> Reference:
    """`arn` as a reference: the qualifier of a function and the consumer of a stream taken off."""
    parsed = parse_arn(arn)
    if parsed is None:
        return Reference(arn, "")
    if parsed.service == "lambda" and parsed.resource.count(":") == 2:
        function, _, qualifier = arn.rpartition(":")
        return Reference(function, "lambda", qualifier)
    if parsed.service == "kinesis" and "/consumer/" in parsed.resource:
        return Reference(arn.partition("/consumer/")[0], "kinesis")
    return Reference(arn, parsed.service)
