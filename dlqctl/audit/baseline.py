"""The findings that were there before: known, not new, not reported again.

A finding is known by rule and resource (with its part and file), never by line or order, so a
baseline survives edits above a resource.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dlqctl.audit.findings import Finding
from dlqctl.audit.suppress import Suppressed
from dlqctl.errors import UsageError

SCHEMA = "dlqctl.audit-baseline/v1"


class BaselineEntry(BaseModel):
    """One finding that is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str
    resource: str
    part: str | None = None
    file: str | None = None


class Baseline(BaseModel):
    """A baseline file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Literal["dlqctl.audit-baseline/v1"] = Field(alias="schema")
    findings: tuple[BaselineEntry, ...] = ()


def entry(finding: Finding) -> BaselineEntry:
    """What identifies `finding` in a baseline."""
    return BaselineEntry(
        rule=finding.rule,
        resource=finding.resource,
        part=finding.part,
        file=finding.place.file if finding.place else None,
    )


def read_baseline(path: Path) -> Baseline:
    """The baseline in `path`. Raises UsageError where there is none, or it is not one."""
    try:
        return Baseline.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(
            f"can't read the baseline {path}: {error.strerror}", hint="--write-baseline makes one"
        ) from error
    except ValidationError as error:
        raise UsageError(f"{path} is not a baseline: {error.errors()[0]['msg']}") from error


def baseline_text(findings: Iterable[Finding], *, kept: Iterable[BaselineEntry] = ()) -> str:
    """A baseline of these findings: sorted, one line each, so that a change reads well.

    `kept` are entries of an earlier baseline that nobody could look at again.
    """
    known = {*(entry(finding) for finding in findings), *kept}
    entries = {one.model_dump_json(exclude_none=True) for one in known}
    lines = ",\n".join(f"    {one}" for one in sorted(entries))
    listed = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n  "schema": "{SCHEMA}",\n  "findings": {listed}\n}}\n'


def without_known(
    findings: Iterable[Finding], baseline: Baseline, *, written: str
) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...], tuple[BaselineEntry, ...]]:
    """The new findings, the known ones, and the entries for which nothing is found any more."""
    known = set(baseline.findings)
    new: list[Finding] = []
    old: list[Suppressed] = []
    seen: set[BaselineEntry] = set()
    for finding in findings:
        identity = entry(finding)
        if identity in known:
            seen.add(identity)
            old.append(Suppressed(finding, reason="in the baseline", written=written))
        else:
            new.append(finding)
    gone = tuple(one for one in baseline.findings if one not in seen)
    return tuple(new), tuple(old), gone
