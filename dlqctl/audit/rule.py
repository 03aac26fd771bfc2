"""What a rule is, and what it is given."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Generic, TypeVar, cast

from dlqctl.audit.facts import Unknown, UnknownFactError
from dlqctl.audit.findings import Severity
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.page import Page, parse_page
from dlqctl.audit.resources import Resource

S = TypeVar("S", bound=Resource)
V = TypeVar("V", int, timedelta)


class Scope(StrEnum):
    """Where a rule can be judged."""

    BOTH = "live accounts and templates"
    LIVE = "live accounts"
    TEMPLATE = "templates"

    def covers(self, *, live: bool) -> bool:
        """Whether it holds for a live account (or for a template)."""
        return self is Scope.BOTH or (self is Scope.LIVE) == live


@dataclass(frozen=True, slots=True)
class Option(Generic[V]):
    """A threshold that the configuration can set: a whole number, or a duration such as `12h`."""

    name: str
    default: V
    meaning: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule found wrong with the resource it was given.

    `observed` and `expected` are values (`-1`, `0 to 10,000`), `fix` is what to set, where.
    `severity` is for rules that have two; `resource` for a fault of another resource than the
    one that was judged.
    """

    message: str
    observed: str
    expected: str
    fix: str
    severity: Severity | None = None
    resource: Resource | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """What a rule may look at: the inventory, and the configured value of its options."""

    inventory: Inventory
    settings: Mapping[str, int | timedelta] = field(default_factory=dict)

    def option(self, option: Option[V]) -> V:
        """The configured value of `option`, else its default."""
        return cast(V, self.settings.get(option.name, option.default))


def anything(_: Resource, __: Inventory) -> bool:
    """Every resource of the type is judged."""
    return True


@dataclass(frozen=True)
class Rule(Generic[S]):
    """One thing that loses or blocks messages.

    `id` is the module's name with dashes; its first word is the group. `doc` is the module's
    docstring: the rule's page. Each resource of type `judges` that `where` accepts is given to
    `judge`. `calls` are the IAM actions whose answers are read. A rule that is not `enabled` runs
    only when it is selected by its id or enabled in the configuration.
    """

    id: str
    doc: str | None = field(repr=False)
    severity: Severity
    judges: type[S]
    judge: Callable[[S, Audit], Iterator[Fault]]
    calls: tuple[str, ...]
    where: Callable[[S, Inventory], bool] = anything
    scope: Scope = Scope.BOTH
    options: tuple[Option[int] | Option[timedelta], ...] = ()
    enabled: bool = True

    @property
    def group(self) -> str:
        """The first word of the id."""
        return self.id.partition("-")[0]

    @cached_property
    def page(self) -> Page:
        """The rule's documentation."""
        return parse_page(self.doc or "")

    def faults(self, resource: S, audit: Audit) -> Iterator[Fault | Unknown]:
        """What is wrong with `resource`, and last, where it could not be judged, why not."""
        try:
            if self.where(resource, audit.inventory):
                yield from self.judge(resource, audit)
        except UnknownFactError as error:
            yield error.unknown


def setting(field_name: str, value: object, *, terraform: str, also: str = "") -> str:
    """How to set one field: `set BatchSize to 1 (Terraform: batch_size)`.

    `field_name` is the API's, which CloudFormation and SAM share; where theirs differs, `also`
    says so.
    """
    elsewhere = f"{also}; " if also else ""
    return f"set {field_name} to {value} ({elsewhere}Terraform: {terraform})"
