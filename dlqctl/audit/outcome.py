"""What an audit reports once suppressions and the baseline are taken out, and how it ends."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeAlias

from dlqctl.audit.baseline import Baseline, BaselineEntry, without_known
from dlqctl.audit.findings import Finding, NotJudged, Severity
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.rule import Rule
from dlqctl.audit.runner import Judgement, RuleSettings, judge
from dlqctl.audit.suppress import TAG, Suppressed, Suppression, from_tag, sift
from dlqctl.errors import ExitCode, UsageError

FailOn: TypeAlias = Severity | Literal["never"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is reported. `rules` are those that ran, `origins` what was read.

    `known` are the findings as a baseline would hold them: all but the suppressed ones; `kept` are
    entries of the baseline that this audit could not look at again. `notes`
    are for a person: unused suppressions, baseline entries nobody needs, unreadable tags.
    """

    findings: tuple[Finding, ...]
    unknown: tuple[NotJudged, ...]
    suppressed: tuple[Suppressed, ...]
    rules: tuple[Rule[Any], ...]
    resources: int
    origins: tuple[str, ...]
    fail_on: FailOn = Severity.ERROR
    known: tuple[Finding, ...] = ()
    kept: tuple[BaselineEntry, ...] = ()
    notes: tuple[str, ...] = ()

    def fails(self, finding: Finding) -> bool:
        """Whether `finding` is at or above the threshold."""
        return self.fail_on != "never" and finding.severity.at_least(Severity(self.fail_on))

    @property
    def exit_code(self) -> ExitCode:
        """FINDINGS at or above the threshold, else PARTIAL where something was not judged."""
        if any(self.fails(finding) for finding in self.findings):
            return ExitCode.FINDINGS
        return ExitCode.PARTIAL if self.unknown else ExitCode.DONE

    def count(self, severity: Severity) -> int:
        """How many findings are this bad."""
        return sum(1 for finding in self.findings if finding.severity is severity)


@dataclass(frozen=True, slots=True)
class Forgiven:
    """What is not to be reported: `suppressions` as of `today`, and what the baseline knows."""

    today: date
    suppressions: tuple[Suppression, ...] = ()
    baseline: Baseline | None = None
    baseline_path: Path | None = None


def conclude(
    inventories: Sequence[Inventory],
    rules: Sequence[Rule[Any]],
    *,
    settings: Mapping[str, RuleSettings],
    forgiven: Forgiven,
    fail_on: FailOn,
) -> Outcome:
    """Judge every inventory, merge what was found, and take out what is forgiven."""
    merged = _merged([judge(one, rules, settings=settings) for one in inventories])
    tagged, notes = _tagged(inventories)
    sifted = sift(
        merged.findings,
        merged.unknown,
        suppressions=(*forgiven.suppressions, *tagged),
        today=forgiven.today,
        ran=merged.rules,
    )
    findings, suppressed = sifted.findings, sifted.suppressed
    unsure = {verdict.rule for verdict in merged.unknown}
    sure = [rule for rule in merged.rules if rule not in unsure]
    read = [one.origin for one in inventories]
    kept: tuple[BaselineEntry, ...] = ()
    if forgiven.baseline is not None:
        written = str(forgiven.baseline_path or "baseline")
        findings, old, gone = without_known(findings, forgiven.baseline, written=written)
        suppressed = (*suppressed, *old)
        if any(one.focus is not None for one in inventories):
            kept = gone
        else:
            looked_for = [one for one in gone if _was_looked_for(one, sure=sure, read=read)]
            kept = tuple(one for one in gone if one not in looked_for)
            notes += _gone(looked_for, written=written)
    if not any(one.focus is not None for one in inventories):
        notes += [f"unused suppression: {one.written} ({one.reason})" for one in sifted.unused]
    notes += [f"expired suppression: {one.written}, until {one.until}" for one in sifted.expired]
    ran = set(merged.rules)
    return Outcome(
        findings=findings,
        unknown=sifted.unknown,
        suppressed=suppressed,
        rules=tuple(rule for rule in rules if rule.id in ran),
        resources=merged.resources,
        origins=tuple(one.origin for one in inventories),
        fail_on=fail_on,
        known=sifted.findings,
        notes=tuple(notes),
        kept=kept,
    )


def _merged(judgements: Sequence[Judgement]) -> Judgement:
    """Two roles may lead into one account: what both saw is said once."""
    findings = {finding for one in judgements for finding in one.findings}
    unknown = {verdict for one in judgements for verdict in one.unknown}
    return Judgement(
        findings=tuple(sorted(findings, key=lambda finding: finding.order)),
        unknown=tuple(sorted(unknown, key=lambda verdict: verdict.order)),
        rules=tuple(dict.fromkeys(rule for one in judgements for rule in one.rules)),
        resources=sum(one.resources for one in judgements),
    )


def _tagged(inventories: Iterable[Inventory]) -> tuple[list[Suppression], list[str]]:
    """The suppressions in tags. One that can't be read suppresses nothing, and is told."""
    suppressions: list[Suppression] = []
    notes: list[str] = []
    tags = {
        one.ref: one.tags[TAG]
        for inventory in inventories
        for one in inventory.resources
        if TAG in one.tags
    }
    for ref, value in sorted(tags.items()):
        try:
            suppressions.append(from_tag(value, resource=ref))
        except UsageError as error:
            notes.append(f"{error.message}; {error.hint}")
    return suppressions, notes


def _was_looked_for(entry: BaselineEntry, *, sure: Iterable[str], read: Iterable[str]) -> bool:
    """Whether this audit could have found it: every check of its rule judged, its Region read."""
    return entry.rule in set(sure) and _place(entry.resource) in {"", *read}


def _gone(gone: Sequence[BaselineEntry], *, written: str) -> list[str]:
    if not gone:
        return []
    first = f"{gone[0].rule} of {gone[0].resource}"
    more = f" and {len(gone) - 1:,} more" if len(gone) > 1 else ""
    return [f"no longer found, and still in {written}: {first}{more}"]


def _place(resource: str) -> str:
    """Account and Region of an ARN as inventories name them; "" for what is no ARN."""
    parts = resource.split(":")
    return f"{parts[4]}/{parts[3]}" if parts[0] == "arn" and len(parts) > 5 else ""


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Why checks could not be judged, with the checks that it kept from being judged."""

    why: str
    action: str | None
    verdicts: tuple[NotJudged, ...] = field(repr=False)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules concerned, each once."""
        return tuple(sorted({one.rule for one in self.verdicts}))

    @property
    def resources(self) -> tuple[str, ...]:
        """The resources concerned, each once."""
        return tuple(sorted({one.resource for one in self.verdicts}))


def by_reason(unknown: Iterable[NotJudged]) -> tuple[Unjudged, ...]:
    """What was not judged by the reason why, the most frequent first."""
    reasons: dict[tuple[str, str | None], list[NotJudged]] = {}
    for one in unknown:
        reasons.setdefault((one.why, one.action), []).append(one)
    grouped = [Unjudged(why, action, tuple(found)) for (why, action), found in reasons.items()]
    return tuple(sorted(grouped, key=lambda one: (-len(one.verdicts), one.why)))
