from typing import Any

import pytest

from dlqctl.audit.facts import Unknown
from dlqctl.audit.policies import allows
from tests.audit.build import arn

DLQ = arn("sqs", "dlq")
RULE = arn("events", "nightly")
ALLOW = {
    "Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"},
    "Action": "sqs:SendMessage",
    "Resource": DLQ,
}
SOURCE = {"ArnEquals": {"aws:SourceArn": RULE}}
ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}


def asked(*statements: dict[str, Any]) -> object:
    return allows(
        {"Statement": list(statements)},
        service="events.amazonaws.com",
        action="sqs:SendMessage",
        resource=DLQ,
        source=RULE,
    )


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"Service": ["sns.amazonaws.com", "events.amazonaws.com"]}},
        {"Action": ["SQS:Send*"]},
        {"Action": "*"},
        {"Resource": "arn:aws:sqs:*:*:dlq"},
        {"Condition": SOURCE},
        {"Condition": {"ArnLike": {"AWS:sourceArn": [arn("events", "*")]}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}},
    ],
)
def test_allowed(change: dict[str, Any]) -> None:
    assert asked(ALLOW | change) is True


@pytest.mark.parametrize(
    "change",
    [
        {"Principal": {"Service": "sns.amazonaws.com"}},
        {"Principal": {"AWS": "111122223333"}},
        {"Action": "sqs:ReceiveMessage"},
        {"Resource": arn("sqs", "other")},
        {"Effect": "Deny"},
        {"Condition": {"ArnEquals": {"aws:SourceArn": arn("events", "other")}}},
        {"Condition": {"StringEquals": {"aws:SourceArn": arn("events", "*")}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "9"} | ORG["StringEquals"]}},
    ],
)
def test_not_allowed(change: dict[str, Any]) -> None:
    assert asked(ALLOW | change) is False


def test_no_policy_allows_nothing() -> None:
    assert allows(None, service="x", action="sqs:SendMessage", resource=DLQ, source=RULE) is False


def test_deny_outweighs_allow() -> None:
    assert asked(ALLOW, ALLOW | {"Effect": "Deny"}) is False
    assert asked(ALLOW, ALLOW | {"Effect": "Deny", "Action": "sqs:Purge*"}) is True


def test_other_conditions_are_not_guessed_at() -> None:
    assert isinstance(asked(ALLOW | {"Condition": ORG}), Unknown)
    assert isinstance(asked(ALLOW, ALLOW | {"Effect": "Deny", "Condition": ORG}), Unknown)
    assert asked(ALLOW | {"Condition": ORG}, ALLOW) is True


def test_denying_plain_http_does_not_touch_services() -> None:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    assert asked(ALLOW, ALLOW | {"Effect": "Deny", "Condition": plain}) is True
    assert asked(ALLOW | {"Condition": plain}) is False
