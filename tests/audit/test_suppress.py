from datetime import date

import pytest

from dlqctl.audit.findings import Finding, NotJudged, Severity
from dlqctl.audit.suppress import TAG, Suppression, from_tag, sift, tagged
from dlqctl.errors import UsageError
from tests.audit.build import arn, inventory, queue

TODAY = date(2027, 1, 31)
ORDERS = arn("sqs", "orders")


def finding(rule: str = "sqs-no-dlq", resource: str = ORDERS) -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.ERROR,
        resource=resource,
        part=None,
        type="AWS::SQS::Queue",
        message="m",
        observed="o",
        expected="e",
        fix="f",
        url="u",
    )


def ignoring(*rules: str, resource: str = "*", until: date | None = None) -> Suppression:
    return Suppression(rules, resource, reason="known", written="here", until=until)


@pytest.mark.parametrize(
    ("rules", "resource", "taken"),
    [
        (("sqs-no-dlq",), "*", True),
        (("sqs",), "arn:aws:sqs:*:orders", True),
        (("*",), ORDERS, True),
        (("dlq",), "*", False),
        (("sqs-no",), "*", False),
        (("sqs-no-dlq",), "arn:aws:sqs:*:order", False),
        (("sqs-no-dlq",), "orders", False),
        (("sqs-no-dlq",), "arn:aws:sqs:*:order[s]", False),
    ],
)
def test_takes_out_what_it_covers(rules: tuple[str, ...], resource: str, taken: bool) -> None:
    sifted = sift(
        [finding()],
        [],
        suppressions=[ignoring(*rules, resource=resource)],
        today=TODAY,
        ran=["sqs-no-dlq", "dlq-not-empty"],
    )
    assert (sifted.findings == ()) is taken
    assert len(sifted.suppressed) == taken
    assert len(sifted.unused) == (not taken and rules != ("sqs-no",))


def test_what_could_not_be_judged_can_be_suppressed() -> None:
    unknown = NotJudged("sqs-no-dlq", ORDERS, part=None, why="denied")
    sifted = sift([], [unknown], suppressions=[ignoring("sqs")], today=TODAY, ran=["sqs-no-dlq"])
    assert sifted.unknown == ()
    assert sifted.suppressed[0].verdict is unknown


def test_holds_on_its_last_day_and_not_after() -> None:
    last_day = ignoring("sqs", until=TODAY)
    assert sift([finding()], [], suppressions=[last_day], today=TODAY, ran=[]).findings == ()
    after = sift(
        [finding()], [], suppressions=[last_day], today=date(2027, 2, 1), ran=["sqs-no-dlq"]
    )
    assert len(after.findings) == 1
    assert after.expired == (last_day,)
    assert after.unused == ()


def test_not_unused_when_its_rules_did_not_run() -> None:
    sifted = sift([], [], suppressions=[ignoring("sqs")], today=TODAY, ran=["dlq-not-empty"])
    assert sifted.unused == ()


def test_not_unused_when_its_rules_could_not_all_be_judged() -> None:
    unknown = NotJudged("sqs-no-dlq", arn("sqs", "other"), part=None, why="denied")
    given = [ignoring("sqs", resource=ORDERS), ignoring("dlq", resource=ORDERS)]
    ran = ["sqs-no-dlq", "dlq-not-empty"]
    sifted = sift([], [unknown], suppressions=given, today=TODAY, ran=ran)
    assert sifted.unused == (given[1],)


def test_a_tag_suppresses_for_its_own_resource() -> None:
    tags = {TAG: "sqs-no-dlq alarm: fed by hand until=2027-06-01"}
    (found,) = tagged(inventory(queue("orders", tags=tags), queue("other")))
    assert found.rules == ("sqs-no-dlq", "alarm")
    assert (found.reason, found.until) == ("fed by hand", date(2027, 6, 1))
    assert found.covers(finding())
    assert not found.covers(finding(resource=arn("sqs", "other")))


@pytest.mark.parametrize(
    "value",
    [
        "sqs-no-dlq",
        "sqs-no-dlq:",
        ": because",
        "",
        "sqs: soon until=never",
        "sqs: until=2027-06-01",
    ],
)
def test_a_tag_without_rules_or_reason_is_refused(value: str) -> None:
    with pytest.raises(UsageError):
        from_tag(value, resource=ORDERS)
