"""What an audit says about a resource: a finding, or that nobody could judge it."""

from dataclasses import dataclass
from enum import StrEnum

from dlqctl.audit.facts import Place


class Severity(StrEnum):
    """How bad it is: an error loses messages, a warning may, info is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)

    def at_least(self, threshold: "Severity") -> bool:
        """Whether this is as bad as `threshold`, or worse."""
        return self.rank <= threshold.rank


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to fix. `part` names what in the resource, where there are several (a target).

    `label` is what to call a resource whose ref says nothing to a person.
    """

    rule: str
    severity: Severity
    resource: str
    part: str | None
    type: str
    message: str
    observed: str
    expected: str
    fix: str
    url: str
    place: Place | None = None
    label: str | None = None

    @property
    def title(self) -> str:
        """The resource as a person finds it: its ref, its part, what to call it."""
        part = f" ({self.part})" if self.part else ""
        label = f" [{self.label}]" if self.label else ""
        return f"{self.resource}{part}{label}"

    @property
    def order(self) -> tuple[object, ...]:
        """By place, then resource, then rule: the order in which findings are reported."""
        return (*_where(self.place), self.resource, self.rule, self.part or "", self.message)


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A rule could not be judged for `resource`: `why`, and the IAM `action` that is missing."""

    rule: str
    resource: str
    part: str | None
    why: str
    action: str | None = None
    place: Place | None = None

    @property
    def order(self) -> tuple[object, ...]:
        """As Finding.order."""
        return (*_where(self.place), self.resource, self.rule, self.part or "", self.why)


def _where(place: Place | None) -> tuple[str, int]:
    return (place.file, place.line) if place else ("", 0)
