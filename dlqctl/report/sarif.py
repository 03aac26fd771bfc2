"""An audit as SARIF 2.1.0, in the shape that GitHub code scanning accepts.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

import hashlib
from collections.abc import Mapping
from typing import Any, TextIO
from urllib.parse import quote

from dlqctl import __version__
from dlqctl.audit.findings import Finding, Severity
from dlqctl.audit.outcome import Outcome, Unjudged, by_reason
from dlqctl.audit.rule import Rule
from dlqctl.report.json import write_document
from dlqctl.report.rule_page import rule_body
from dlqctl.report.text import plain, shortened

SCHEMA_URI = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
DESCRIPTION_CHARACTERS = 1024

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEMS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "recommendation",
}


def write_sarif(out: TextIO, outcome: Outcome, *, anchor: str) -> None:
    """One run. Live findings are shown on line 1 of `anchor`, a path in the repository.

    What is suppressed is left out: code scanning would show it as an open alert.
    """
    write_document(out, sarif_document(outcome, anchor=anchor))


def sarif_document(outcome: Outcome, *, anchor: str) -> dict[str, object]:
    """The SARIF log."""
    index = {rule.id: number for number, rule in enumerate(outcome.rules)}
    run = {
        "tool": {
            "driver": {
                "name": "dlqctl",
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in outcome.rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    _notification(reason) for reason in by_reason(outcome.unknown)
                ],
            }
        ],
        "results": [_result(one, index=index, anchor=anchor) for one in outcome.findings],
    }
    return {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule[Any]) -> dict[str, object]:
    page = rule.page
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": page.summary},
        "fullDescription": {"text": shortened(f"{page.what} {page.why}", DESCRIPTION_CHARACTERS)},
        "help": {"text": f"{page.what}\n\n{page.why}", "markdown": rule_body(rule)},
        "helpUri": page.url,
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"problem.severity": _PROBLEMS[rule.severity], "tags": [rule.group]},
    }


def _result(finding: Finding, *, index: Mapping[str, int], anchor: str) -> dict[str, object]:
    name = f"{finding.resource} {finding.part}" if finding.part else finding.resource
    file = finding.place.file if finding.place else anchor
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(file)},
                    "region": {"startLine": finding.place.line if finding.place else 1},
                },
                "logicalLocations": [{"fullyQualifiedName": plain(name), "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(finding)},
    }


def _message(finding: Finding) -> str:
    """Brackets would be links. https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html"""
    text = (
        f"{finding.title}: {finding.message}. Found {finding.observed}; expected"
        f" {finding.expected}. Fix: {finding.fix}"
    )
    return plain(text).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _fingerprint(finding: Finding) -> str:
    """The same for the same rule and resource, wherever it is written."""
    identity = "\0".join((finding.rule, finding.resource, finding.part or ""))
    return f"{hashlib.sha256(identity.encode('utf-8', 'backslashreplace')).hexdigest()[:32]}:1"


def _uri(path: str) -> str:
    """A path of the repository as a relative reference: never a scheme, never a root."""
    return quote(path.replace("\\", "/").lstrip("/"), safe="/", errors="backslashreplace")


def _notification(reason: Unjudged) -> dict[str, object]:
    return {
        "level": "warning",
        "message": {
            "text": plain(
                f"not judged, {len(reason.verdicts):,} checks: {reason.why}"
                f" ({', '.join(reason.rules)})"
            )
        },
    }
