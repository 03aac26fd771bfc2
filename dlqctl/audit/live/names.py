"""Queues and functions as a person names them: by name, URL or ARN."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dlqctl.audit.facts import parse_arn
from dlqctl.audit.live.asking import Identity
from dlqctl.errors import UsageError

_QUEUE_URL = re.compile(r"https?://(?P<host>[^/]+)/(?:.*/)?(?P<account>\d{12})/(?P<name>[^/]+)/?\Z")
_HOST_REGION = re.compile(r"(?:^|\.)(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.")
_QUEUE = re.compile(r"[\w-]{1,80}(\.fifo)?\Z", re.A)
_FUNCTION = re.compile(r"[\w-]{1,140}\Z", re.A)


@dataclass(frozen=True, slots=True)
class Named:
    """A name, the account and Region it was given with, and how it was written."""

    name: str
    written: str
    region: str | None = None
    account_id: str | None = None

    def may_be_at(self, identity: Identity) -> bool:
        """Whether this account and Region is the one that was named, where one was."""
        return self.region in (None, identity.region) and self.account_id in (
            None,
            identity.account_id,
        )


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The names of the queues and functions that were asked for."""

    queues: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()


NOTHING = Narrowing()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What --queue and --function asked for."""

    queues: tuple[Named, ...] = ()
    functions: tuple[Named, ...] = ()

    def here(self, identity: Identity) -> Narrowing:
        """Those that may be in this account and Region."""
        return Narrowing(_names(self.queues, identity), _names(self.functions, identity))

    @property
    def regions(self) -> tuple[str, ...]:
        """The Regions that were named along, each once."""
        named = (*self.queues, *self.functions)
        return tuple(dict.fromkeys(one.region for one in named if one.region))


def _names(named: Iterable[Named], identity: Identity) -> frozenset[str]:
    return frozenset(one.name for one in named if one.may_be_at(identity))


def queue_named(text: str) -> Named:
    """A queue's name, URL or ARN. Raises UsageError for anything else."""
    arn, url = parse_arn(text), _QUEUE_URL.match(text)
    if arn is not None and arn.service == "sqs" and _QUEUE.match(arn.resource):
        return Named(arn.resource, text, arn.region or None, arn.account_id or None)
    if url is not None and _QUEUE.match(url["name"]):
        host = _HOST_REGION.search(url["host"])
        return Named(url["name"], text, host["region"] if host else None, url["account"])
    if _QUEUE.match(text):
        return Named(text, text)
    raise UsageError(f"--queue: {text[:200]!r} is not a queue's name, URL or ARN")


def function_named(text: str) -> Named:
    """A function's name or ARN, a qualifier taken off. Raises UsageError for anything else."""
    arn = parse_arn(text)
    if arn is not None and arn.service == "lambda" and arn.resource.startswith("function:"):
        name = arn.resource.split(":")[1]
        return Named(name, text, arn.region or None, arn.account_id or None)
    name = text.partition(":")[0]
    if arn is None and _FUNCTION.match(name):
        return Named(name, text)
    raise UsageError(f"--function: {text[:200]!r} is not a function's name or ARN")
