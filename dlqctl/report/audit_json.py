"""An audit as JSON: `dlqctl.audit/v1`."""

from typing import TextIO

from dlqctl.audit.findings import Finding, NotJudged
from dlqctl.audit.outcome import Outcome
from dlqctl.audit.suppress import Suppressed
from dlqctl.report.json import write_document

SCHEMA = "dlqctl.audit/v1"


def write_audit(out: TextIO, outcome: Outcome) -> None:
    """The whole outcome as one document."""
    write_document(out, audit_document(outcome))


def audit_document(outcome: Outcome) -> dict[str, object]:
    """The document of `dlqctl audit -o json`."""
    return {
        "schema": SCHEMA,
        "findings": [_finding(one) for one in outcome.findings],
        "unknown": [_not_judged(one) for one in outcome.unknown],
        "suppressed": [_suppressed(one) for one in outcome.suppressed],
        "checked": {
            "rules": len(outcome.rules),
            "resources": outcome.resources,
            "origins": list(outcome.origins),
        },
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "resource": finding.resource,
        "part": finding.part,
        "label": finding.label,
        "type": finding.type,
        "file": finding.place.file if finding.place else None,
        "line": finding.place.line if finding.place else None,
        "message": finding.message,
        "observed": finding.observed,
        "expected": finding.expected,
        "fix": finding.fix,
        "url": finding.url,
    }


def _not_judged(one: NotJudged) -> dict[str, object]:
    return {
        "rule": one.rule,
        "resource": one.resource,
        "part": one.part,
        "file": one.place.file if one.place else None,
        "line": one.place.line if one.place else None,
        "why": one.why,
        "action": one.action,
    }


def _suppressed(one: Suppressed) -> dict[str, object]:
    verdict = one.verdict
    document = _finding(verdict) if isinstance(verdict, Finding) else _not_judged(verdict)
    return {
        **document,
        "reason": one.reason,
        "written": one.written,
        "until": one.until.isoformat() if one.until else None,
    }
