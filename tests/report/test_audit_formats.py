"""Every format of an audit: what it says, and that no name in it can say anything else."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from dlqctl.audit.facts import Place
from dlqctl.audit.findings import Finding, NotJudged, Severity
from dlqctl.audit.outcome import Outcome
from dlqctl.audit.rules import registry
from dlqctl.audit.suppress import Suppressed
from dlqctl.report.audit_json import write_audit
from dlqctl.report.audit_table import summary, write_table
from dlqctl.report.github import write_commands
from dlqctl.report.junit import write_junit
from dlqctl.report.markdown import write_markdown
from dlqctl.report.sarif import write_sarif

ORDERS = "arn:aws:sqs:eu-west-1:111122223333:orders"
SARIF = json.loads((Path(__file__).parent / "sarif-2.1.0-subset.json").read_text("utf-8"))

HOSTILE = [
    "a\n::error title=x::pwned",
    "a\r\n::stop-commands::t",
    "a%0A::error::x",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "<failure/><script>alert(1)</script>&amp;",
    "]]><x/>",
    "[red]markup[/red] [link=https://evil.example]x[/link]",
    "a | b || `code` **bold** ![i](https://evil.example/i.png) @someone #1 https://evil.example",
    "www.evil.example",
    "\"quotes\" 'single' \\backslash\\ {brace} $x$",
    "\u202egnp.exe \u2028 \u0000 \x85 \ufeff",
    "line\none\n\n# heading\n- item",
    "\ud800 lone",
    "x" * 5_000,
]


def finding(resource: str = ORDERS, **other: Any) -> Finding:
    given: dict[str, Any] = {
        "rule": "sqs-no-dlq",
        "severity": Severity.ERROR,
        "resource": resource,
        "part": None,
        "type": "AWS::SQS::Queue",
        "message": "messages go round",
        "observed": "no RedrivePolicy",
        "expected": "a RedrivePolicy",
        "fix": "set RedrivePolicy",
        "url": "https://docs.aws.amazon.com/x",
    }
    return Finding(**(given | other))


def outcome(*findings: Finding, **other: Any) -> Outcome:
    given: dict[str, Any] = {
        "findings": findings,
        "unknown": (),
        "suppressed": (),
        "rules": tuple(registry().values()),
        "resources": 7,
        "origins": ("111122223333/eu-west-1",),
    }
    return Outcome(**(given | other))


def written(write: Callable[..., None], what: Outcome, **options: Any) -> str:
    out = io.StringIO()
    write(out, what, **options)
    return out.getvalue()


def hostile(text: str) -> Outcome:
    """`text` everywhere that an account or a template could put it."""
    return outcome(
        finding(
            text,
            part=text,
            message=text,
            observed=text,
            expected=text,
            fix=text,
            place=Place(text, 3),
            label=text,
        ),
        unknown=(NotJudged("dlq-missing", text, part=text, why=text, action="sqs:ListQueues"),),
        suppressed=(Suppressed(finding(text), reason=text, written=text),),
    )


class TestTable:
    def test_reads_by_resource_with_the_fix(self) -> None:
        shown = written(
            write_table,
            outcome(
                finding(severity=Severity.INFO, resource="b"),
                finding(part="target-1", label="orders to worker"),
                finding(rule="dlq-missing", label="orders to worker"),
            ),
        )
        assert shown.index(ORDERS) < shown.index("\nb ")
        assert shown.count(ORDERS) == 1
        assert "fix   set RedrivePolicy" in shown
        assert "found no RedrivePolicy; expected a RedrivePolicy" in shown
        assert "(target-1)" in shown
        assert "orders to worker" in shown

    def test_not_judged_is_told_by_reason(self) -> None:
        denied = [
            NotJudged("dlq-missing", name, None, "access denied to sqs:X", "sqs:X")
            for name in ("a", "b")
        ]
        shown = written(write_table, outcome(unknown=tuple(denied)))
        assert "access denied to sqs:X" in shown
        assert "2 checks of 2 resources: dlq-missing" in shown
        assert "allow sqs:X" in shown

    def test_summary(self) -> None:
        said = summary(outcome(finding(), finding(severity=Severity.WARNING)))
        assert said.startswith("1 error, 1 warning, 0 info; ")
        assert said.endswith("rules over 7 resources of 111122223333/eu-west-1")

    @pytest.mark.parametrize("text", HOSTILE)
    def test_shows_names_as_they_are(self, text: str) -> None:
        shown = written(write_table, hostile(text))
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", shown)
        assert not any(line.startswith("::") for line in shown.split("\n"))


class TestJson:
    def test_keeps_the_contract(self) -> None:
        document = json.loads(
            written(
                write_audit,
                outcome(
                    finding(place=Place("template.yaml", 12)),
                    unknown=(NotJudged("dlq-missing", ORDERS, None, "denied", "sqs:X"),),
                    suppressed=(
                        Suppressed(finding(), "known", "dlqctl.toml", until=date(2027, 1, 31)),
                    ),
                ),
            )
        )
        assert document["schema"] == "dlqctl.audit/v1"
        (one,) = document["findings"]
        contract = {
            *("rule", "severity", "resource", "type", "file", "line"),
            *("message", "observed", "expected", "fix", "url"),
        }
        assert contract <= set(one)
        assert (one["severity"], one["file"], one["line"]) == ("error", "template.yaml", 12)
        (unknown,) = document["unknown"]
        assert {"rule", "resource", "why"} <= set(unknown)
        assert unknown["action"] == "sqs:X"
        assert document["suppressed"][0]["reason"] == "known"
        assert document["suppressed"][0]["until"] == "2027-01-31"
        assert document["checked"]["rules"] == len(registry())
        assert document["checked"]["resources"] == 7

    def test_a_live_finding_has_no_file(self) -> None:
        (one,) = json.loads(written(write_audit, outcome(finding())))["findings"]
        assert (one["file"], one["line"]) == (None, None)

    @pytest.mark.parametrize("text", HOSTILE)
    def test_reads_back_what_was_there(self, text: str) -> None:
        shown = written(write_audit, hostile(text))
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", shown)
        shown.encode("utf-8")
        assert json.loads(shown)["findings"][0]["resource"] == text


class TestSarif:
    def log(self, what: Outcome, anchor: str = "dlqctl.toml") -> Any:
        document = json.loads(written(write_sarif, what, anchor=anchor))
        Draft202012Validator(SARIF).validate(document)
        return document

    def test_the_schema_is_one(self) -> None:
        Draft202012Validator.check_schema(SARIF)
        assert not Draft202012Validator(SARIF).is_valid({"version": "2.1.0", "runs": [{}]})

    def test_every_rule_is_described(self) -> None:
        (run,) = self.log(outcome())["runs"]
        described = run["tool"]["driver"]["rules"]
        assert [one["id"] for one in described] == list(registry())
        for one in described:
            assert len(one["fullDescription"]["text"]) <= 1_024
            assert one["help"]["markdown"].startswith("## What")
            assert one["properties"]["problem.severity"] in ("error", "warning", "recommendation")
            assert "security-severity" not in one["properties"]

    def test_a_live_finding_is_anchored(self) -> None:
        (run,) = self.log(outcome(finding()), anchor="infra/dlqctl.toml")["runs"]
        (result,) = run["results"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "infra/dlqctl.toml"
        assert location["physicalLocation"]["region"]["startLine"] == 1
        assert location["logicalLocations"][0]["fullyQualifiedName"] == ORDERS
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] == "error"

    def test_fingerprints_know_rule_and_resource_alone(self) -> None:
        def prints(*findings: Finding) -> list[str]:
            (run,) = self.log(outcome(*findings))["runs"]
            return [one["partialFingerprints"]["primaryLocationLineHash"] for one in run["results"]]

        (plain,) = prints(finding())
        assert prints(finding(message="other words", fix="another fix")) == [plain]
        moved = finding(place=Place("t.yaml", 9))
        assert prints(moved) == [plain]
        others = prints(finding("b"), finding(part="t1"), finding(rule="dlq-missing"))
        assert len({plain, *others}) == 4

    def test_what_could_not_be_judged_is_notified(self) -> None:
        unknown = (NotJudged("dlq-missing", ORDERS, None, "access denied to sqs:X", "sqs:X"),)
        (run,) = self.log(outcome(unknown=unknown))["runs"]
        (notification,) = run["invocations"][0]["toolExecutionNotifications"]
        assert "access denied to sqs:X" in notification["message"]["text"]

    def test_suppressed_findings_are_left_out(self) -> None:
        what = outcome(suppressed=(Suppressed(finding(), "known", "here"),))
        assert self.log(what)["runs"][0]["results"] == []

    @pytest.mark.parametrize("text", HOSTILE)
    def test_paths_stay_relative_and_text_stays_text(self, text: str) -> None:
        (run,) = self.log(hostile(text))["runs"]
        (result,) = run["results"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9_.~%/-]+", uri)
        assert not re.search(r"(?<!\\)\[[^\]]*\]\(", result["message"]["text"])

    @pytest.mark.parametrize("anchor", ["/etc/passwd", "\\\\host\\x", "a b.toml", "C:\\x"])
    def test_an_anchor_is_never_absolute(self, anchor: str) -> None:
        (run,) = self.log(outcome(finding()), anchor=anchor)["runs"]
        uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert not uri.startswith("/")
        assert ":" not in uri


COMMAND = re.compile(r"::(error|warning|notice) [a-z]+=[^:\n]*(,[a-z]+=[^:\n]*)*::[^\r\n]*\Z")


class TestGithub:
    def test_levels_and_places(self) -> None:
        shown = written(
            write_commands,
            outcome(
                finding(severity=Severity.INFO),
                finding(severity=Severity.WARNING, place=Place("a,b:c.yaml", 3)),
                finding(),
            ),
        ).splitlines()
        assert shown[0].startswith("::error title=dlqctl%3A sqs-no-dlq::")
        assert shown[1].startswith("::warning file=a%2Cb%3Ac.yaml,line=3,title=")
        assert shown[2].startswith("::notice ")

    @pytest.mark.parametrize("text", HOSTILE)
    def test_a_name_is_never_a_command(self, text: str) -> None:
        lines = written(write_commands, hostile(text)).removesuffix("\n").split("\n")
        assert len(lines) == 2
        for line in lines:
            assert COMMAND.match(line)
            assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line)


class TestJunit:
    def test_cases(self) -> None:
        tree = ElementTree.fromstring(
            written(
                write_junit,
                outcome(
                    finding(),
                    finding("b", severity=Severity.WARNING),
                    unknown=(NotJudged("dlq-missing", ORDERS, None, "denied", "sqs:X"),),
                ),
            )
        )
        assert tree.get("failures") == "1"
        sqs = tree.find("testsuite[@name='sqs']")
        assert sqs is not None
        failed = [case for case in sqs if case.find("failure") is not None]
        assert [case.get("name") for case in failed] == [ORDERS]
        dlq = tree.find("testsuite[@name='dlq']")
        assert dlq is not None
        assert dlq.get("skipped") == "1"
        assert int(tree.get("tests") or 0) == len(list(tree.iter("testcase")))
        assert len(list(tree.iter("testcase"))) == len(registry()) + 1

    @pytest.mark.parametrize("text", HOSTILE)
    def test_stays_well_formed(self, text: str) -> None:
        shown = written(write_junit, hostile(text)).encode("utf-8")
        tree = ElementTree.fromstring(shown)
        assert len(list(tree.iter("failure"))) == 1
        assert {one.tag for one in tree.iter()} <= {
            *("testsuites", "testsuite", "testcase", "failure", "skipped", "system-out")
        }


class TestMarkdown:
    def test_the_worst_come_first(self) -> None:
        shown = written(write_markdown, outcome(finding("b", severity=Severity.INFO), finding("a")))
        assert shown.index("| error |") < shown.index("| info |")

    @pytest.mark.parametrize("text", HOSTILE)
    def test_a_name_is_text_in_its_cell(self, text: str) -> None:
        html = (
            MarkdownIt("commonmark").enable("table").render(written(write_markdown, hostile(text)))
        )
        assert html.count("<tr>") == 2
        assert html.count("<td>") == 5
        assert set(re.findall(r"<(\w+)", html)) <= {
            *("h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "a", "ul", "li")
        }
        assert re.findall(r'href="([^"]*)"', html) == ["https://docs.aws.amazon.com/x"]
        assert "@" not in written(write_markdown, hostile(text))

    def test_says_when_there_is_more(self) -> None:
        many = [finding(f"q{number}") for number in range(501)]
        assert "and 1 more" in written(write_markdown, outcome(*many))


class TestOutcome:
    @pytest.mark.parametrize(
        ("fail_on", "severity", "unknown", "code"),
        [
            (Severity.ERROR, Severity.ERROR, False, 10),
            (Severity.ERROR, Severity.WARNING, False, 0),
            (Severity.WARNING, Severity.WARNING, True, 10),
            (Severity.ERROR, Severity.INFO, True, 3),
            ("never", Severity.ERROR, False, 0),
            ("never", Severity.ERROR, True, 3),
        ],
    )
    def test_exit_codes(self, fail_on: Any, severity: Severity, unknown: bool, code: int) -> None:
        what = outcome(finding(severity=severity), fail_on=fail_on)
        if unknown:
            what = replace(what, unknown=(NotJudged("dlq-missing", ORDERS, None, "denied"),))
        assert what.exit_code == code
