"""What somebody decided to live with: a reason always, an end maybe, and told when unused."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from dlqctl.audit.findings import Finding, NotJudged
from dlqctl.audit.inventory import Inventory
from dlqctl.errors import UsageError

TAG = "dlqctl:ignore"

_UNTIL = re.compile(r"\s*\buntil=(\S+)")


@dataclass(frozen=True)
class Suppression:
    """Rules (ids, groups or `*`) that are not to be reported for matching resources.

    `resource` is a glob over ARNs, logical ids or addresses: `*` is any text, `?` one character.
    `until` is the last day on which it holds. `written` says where it was found.
    """

    rules: tuple[str, ...]
    resource: str
    reason: str
    written: str
    until: date | None = None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in self.resource)
        return re.compile("".join(parts) + r"\Z", re.S)

    def covers(self, verdict: Finding | NotJudged) -> bool:
        """Whether it is about this finding; the day is not looked at."""
        named = (verdict.rule, verdict.rule.partition("-")[0], "*")
        return not set(named).isdisjoint(self.rules) and bool(self._pattern.match(verdict.resource))

    def expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.until is not None and today > self.until


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A verdict that is not reported: why, and who says so."""

    verdict: Finding | NotJudged
    reason: str
    written: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Sifted:
    """Verdicts with the suppressed ones taken out; `unused` and `expired` want clearing up."""

    findings: tuple[Finding, ...]
    unknown: tuple[NotJudged, ...]
    suppressed: tuple[Suppressed, ...]
    unused: tuple[Suppression, ...]
    expired: tuple[Suppression, ...]


def sift(
    findings: Iterable[Finding],
    unknown: Iterable[NotJudged],
    *,
    suppressions: Iterable[Suppression],
    today: date,
    ran: Iterable[str],
) -> Sifted:
    """Take out what `suppressions` cover on this day.

    One that only names rules which did not run (`ran` are those that did) is not called unused;
    nor is one that names a rule with checks that could not be judged.
    """
    given, unknown = tuple(suppressions), tuple(unknown)
    live = tuple(one for one in given if not one.expired(today))
    used: set[int] = set()
    taken: list[Suppressed] = []

    def keeps(verdict: Finding | NotJudged) -> bool:
        covering = [index for index, one in enumerate(live) if one.covers(verdict)]
        used.update(covering)
        if covering:
            by = live[covering[0]]
            taken.append(Suppressed(verdict, by.reason, by.written, by.until))
        return not covering

    kept_findings = tuple(finding for finding in findings if keeps(finding))
    kept_unknown = tuple(one for one in unknown if keeps(one))
    unsure = _names({verdict.rule for verdict in unknown})
    names = _names(ran)
    return Sifted(
        findings=kept_findings,
        unknown=kept_unknown,
        suppressed=tuple(taken),
        unused=tuple(
            one
            for index, one in enumerate(live)
            if index not in used
            and not names.isdisjoint(one.rules)
            and unsure.isdisjoint(one.rules)
        ),
        expired=tuple(one for one in given if one.expired(today)),
    )


def _names(rules: Iterable[str]) -> set[str]:
    """Whatever a suppression may call these rules: by id, by group, or all."""
    called = {name for rule in rules for name in (rule, rule.partition("-")[0])}
    return called | {"*"} if called else called


def tagged(inventory: Inventory) -> tuple[Suppression, ...]:
    """The suppressions in `dlqctl:ignore` tags. Raises UsageError for one without a reason."""
    tags = {
        resource.ref: resource.tags[TAG] for resource in inventory.resources if TAG in resource.tags
    }
    return tuple(from_tag(value, resource=ref) for ref, value in sorted(tags.items()))


def from_tag(value: str, *, resource: str) -> Suppression:
    """`sqs-no-dlq dlq: fed by hand until=2027-01-31` as a suppression for `resource`.

    Tags allow no commas or brackets: ids and groups are separated by spaces, a colon begins the
    reason. Raises UsageError where there is no id, no reason, or no such day.
    """
    written = f"tag {TAG} of {resource}"
    rules, _, reason = value.partition(":")
    return suppression(tuple(rules.split()), resource=resource, reason=reason, written=written)


def suppression(rules: tuple[str, ...], *, resource: str, reason: str, written: str) -> Suppression:
    """A suppression whose `reason` may end it with `until=YYYY-MM-DD`. Raises UsageError."""
    until: date | None = None
    stated = _UNTIL.search(reason)
    if stated:
        reason = reason.replace(stated.group(), "")
        try:
            until = date.fromisoformat(stated.group(1))
        except ValueError:
            raise UsageError(
                f"{written}: {stated.group(1)[:40]!r} is not a day", hint="write until=2027-01-31"
            ) from None
    if not rules or not reason.strip():
        raise UsageError(
            f"{written}: a suppression names rules and gives a reason",
            hint="for example: sqs-no-dlq: fed by hand until=2027-01-31",
        )
    return Suppression(rules, resource, reason.strip(), written, until)
