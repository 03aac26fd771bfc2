"""An audit as JUnit XML, for what shows test reports: a suite a group, a case a rule or finding.

https://docs.gitlab.com/ci/testing/unit_test_reports/
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

from dlqctl.audit.findings import Finding
from dlqctl.audit.outcome import Outcome, Unjudged, by_reason
from dlqctl.audit.rule import Rule
from dlqctl.report.text import plain


def write_junit(out: TextIO, outcome: Outcome) -> None:
    """A finding at or above the threshold is a failed case; any other is a case that passed.

    A rule that found nothing is one passed case; what it could not judge is a skipped one.
    """
    cases: defaultdict[str, list[str]] = defaultdict(list)
    for rule in outcome.rules:
        cases[rule.group].extend(_cases(rule, outcome))
    failures = sum(1 for one in outcome.findings if outcome.fails(one))
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    total = sum(len(group) for group in cases.values())
    out.write(f'<testsuites name="dlqctl audit" tests="{total}" failures="{failures}">\n')
    for group, written in cases.items():
        failed = sum("<failure " in one for one in written)
        skipped = sum("<skipped " in one for one in written)
        out.write(
            f"  <testsuite name={_attribute(group)} tests={_attribute(str(len(written)))}"
            f' failures="{failed}" errors="0" skipped="{skipped}">\n'
        )
        out.writelines(written)
        out.write("  </testsuite>\n")
    out.write("</testsuites>\n")


def _cases(rule: Rule[Any], outcome: Outcome) -> Iterator[str]:
    findings = [one for one in outcome.findings if one.rule == rule.id]
    reasons = by_reason(one for one in outcome.unknown if one.rule == rule.id)
    for finding in findings:
        yield _finding(finding, fails=outcome.fails(finding))
    for reason in reasons:
        yield _skipped(rule, reason)
    if not findings and not reasons:
        yield f"    <testcase classname={_attribute(rule.id)} name={_attribute(rule.id)}/>\n"


def _finding(finding: Finding, *, fails: bool) -> str:
    file = f" file={_attribute(finding.place.file)}" if finding.place else ""
    told = (
        f"{finding.title}\nfound: {finding.observed}\nexpected: {finding.expected}\n"
        f"fix: {finding.fix}\n{finding.url}"
    )
    body = "\n".join(_text(line) for line in told.split("\n"))
    head = (
        f"    <testcase classname={_attribute(finding.rule)}"
        f" name={_attribute(finding.title)}{file}>"
    )
    if not fails:
        return f"{head}<system-out>{_text(finding.severity)}: {body}</system-out></testcase>\n"
    return (
        f"{head}<failure type={_attribute(finding.severity)}"
        f" message={_attribute(finding.message)}>{body}</failure></testcase>\n"
    )


def _skipped(rule: Rule[Any], reason: Unjudged) -> str:
    message = f"not judged, {len(reason.verdicts):,} checks: {reason.why}"
    return (
        f"    <testcase classname={_attribute(rule.id)}"
        f" name={_attribute(f'{rule.id}: not judged')}>"
        f"<skipped message={_attribute(message)}/></testcase>\n"
    )


def _text(text: str) -> str:
    # XML 1.0 has no way to write most control characters, escaped or not.
    return escape(plain(text))


def _attribute(text: str) -> str:
    return quoteattr(plain(text))
