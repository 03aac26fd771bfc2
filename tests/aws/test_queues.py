"""SQS queues by way of boto3, on a fake in process."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dlqctl.aws.queues import named_region, session_for
from dlqctl.aws.session import AwsOptions
from dlqctl.errors import AccessDeniedError, DlqctlError, UsageError
from dlqctl.letters import DeadLetter, MessageAttribute
from dlqctl.queues import InDoubt, InFlightLimitError, Outgoing, RedrivePolicy, Rejected, Sent
from tests.fakes.sqs import Fault
from tests.redrive.account import Account


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def outgoing(*bodies: str) -> list[Outgoing]:
    return [Outgoing(DeadLetter(body, "arn", body)) for body in bodies]


# ── finding ──


@pytest.mark.parametrize("how", ["name", "url", "arn", "url/"])
def test_found_by_name_url_or_arn(account: Account, how: str) -> None:
    named = {
        "name": "dlq",
        "url": account.url("dlq"),
        "arn": account.arn("dlq"),
        "url/": account.url("dlq") + "/",
    }[how]
    assert account.queues.find(named).arn == account.arn("dlq")


@pytest.mark.parametrize("named", ["none", "arn:aws:sqs:us-east-1:123456789012:none"])
def test_an_unknown_queue_is_told_with_its_region(account: Account, named: str) -> None:
    with pytest.raises(DlqctlError) as raised:
        account.queues.find(named)
    assert raised.value.message == "no queue named none in us-east-1"
    assert raised.value.hint
    assert "--region" in raised.value.hint


@pytest.mark.parametrize("named", ["a b", "", "arn:aws:sns:us-east-1:123456789012:t", "x" * 81])
def test_what_is_no_queue_is_told(account: Account, named: str) -> None:
    with pytest.raises(UsageError, match="not a queue name, URL or ARN"):
        account.queues.find(named)


@pytest.mark.parametrize("elsewhere", ["us-east-1:", "aws:"])
def test_an_arn_of_another_region_is_not_its_namesake_here(
    account: Account, elsewhere: str
) -> None:
    arn = account.arn("orders").replace(elsewhere, elsewhere.replace("us-east-1", "eu-west-1"))
    if elsewhere == "aws:":
        arn = account.arn("orders").replace("arn:aws:", "arn:aws-cn:")
    with pytest.raises(UsageError, match="is not here"):
        account.queues.find(arn)


@pytest.mark.parametrize(
    ("queue", "region"),
    [
        ("arn:aws:sqs:eu-west-1:111122223333:q", "eu-west-1"),
        ("https://sqs.eu-west-1.amazonaws.com/111122223333/q", "eu-west-1"),
        ("https://eu-west-1.queue.amazonaws.com/111122223333/q", "eu-west-1"),
        ("http://127.0.0.1:4566/111122223333/q", None),
        ("q", None),
    ],
)
def test_the_region_a_queue_names(queue: str, region: str | None) -> None:
    assert named_region(queue) == region


def test_a_region_that_contradicts_the_queue_is_told() -> None:
    arn = "arn:aws:sqs:eu-west-1:111122223333:q"
    with pytest.raises(UsageError, match="the queue is in eu-west-1, but --region says us-east-1"):
        session_for(arn, AwsOptions(region="us-east-1"))
    assert session_for(arn, AwsOptions()).region == "eu-west-1"


def test_sources_are_all_found(account: Account) -> None:
    policy = json.dumps({"deadLetterTargetArn": account.arn("dlq"), "maxReceiveCount": 1})
    for n in range(7):
        account.create(f"more-{n}", RedrivePolicy=policy)
    found = account.queues.sources_of(account.dead_letters())
    assert found == [*(account.arn(f"more-{n}") for n in range(7)), account.arn("orders")]
    [call] = account.calls("ListDeadLetterSourceQueues")
    assert call["request"]["MaxResults"] == 1000


def test_sources_by_policy_where_they_cannot_be_listed(account: Account) -> None:
    account.sqs.faults.add(
        Fault.error("ListDeadLetterSourceQueues", code="UnknownOperationException")
    )
    assert account.queues.sources_of(account.dead_letters()) == [account.arn("orders")]


def test_sources_that_may_not_be_listed(account: Account) -> None:
    account.sqs.faults.add(Fault.access_denied("ListDeadLetterSourceQueues"))
    with pytest.raises(AccessDeniedError, match="sqs:ListDeadLetterSourceQueues"):
        account.queues.sources_of(account.dead_letters())


def test_facts(account: Account) -> None:
    account.create("other", RedrivePolicy=json.dumps(
        {"deadLetterTargetArn": account.arn("dlq"), "maxReceiveCount": "3"}
    ), MessageRetentionPeriod="1209600", MaximumMessageSize="262144")  # fmt: skip
    for n in range(3):
        account.send("other", str(n))
    account.send("other", "later", DelaySeconds=60)
    queue = account.queues.find("other")
    queue.receive(1, visibility_seconds=30, wait_seconds=0)
    facts = queue.facts()
    assert (facts.name, facts.fifo, facts.retention_seconds) == ("other", False, 1_209_600)
    assert (facts.visible, facts.in_flight, facts.delayed) == (2, 1, 1)
    assert facts.max_message_bytes == 262_144
    assert facts.redrive_policy == RedrivePolicy(account.arn("dlq"), 3)


# ── letters ──


def test_a_letter_is_everything_sqs_gave(account: Account) -> None:
    sent_at = datetime.fromtimestamp(account.clock.now(), UTC)
    account.send(
        "orders",
        "body",
        MessageAttributes={
            "s": {"DataType": "String.x", "StringValue": "v"},
            "b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        },
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}},
    )
    account.die()
    [letter] = account.dead_letters().receive(10, visibility_seconds=30, wait_seconds=0)
    assert (letter.body, letter.queue_arn) == ("body", account.arn("dlq"))
    assert letter.attributes == {
        "s": MessageAttribute("String.x", "v"),
        "b": MessageAttribute("Binary", b"\x00\xff"),
    }
    assert letter.source_queue_arn == account.arn("orders")
    assert letter.trace_header == "Root=1"
    assert letter.sent_at
    assert abs(letter.sent_at - sent_at) < timedelta(seconds=1)
    assert letter.expires_at == letter.sent_at + timedelta(days=4)
    assert letter.receive_count == 2


def test_the_in_flight_limit_is_an_error_of_its_own(account: Account) -> None:
    account.sqs.faults.add(Fault.error("ReceiveMessage", code="OverLimit"))
    with pytest.raises(InFlightLimitError):
        account.dead_letters().receive(10, visibility_seconds=30, wait_seconds=0)


# ── batches ──


def test_sent_one_by_one(account: Account) -> None:
    account.sqs.faults.add(
        Fault.fail_entries("SendMessageBatch", positions=(1,), code="Bad", sender_fault=True),
    )
    first, second, third = account.dead_letters().send(outgoing("a", "b", "c"))
    assert isinstance(first, Sent)
    assert isinstance(third, Sent)
    assert second == Rejected("Bad", "We encountered an internal error. Please try again.")
    ids = {message["message_id"] for message in account.messages()}
    assert {first.message_id, third.message_id} == ids


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"effect": "lose_answer"}, InDoubt),
        ({"effect": "lose_answer", "status": 500}, InDoubt),
        ({"effect": "drop_connection"}, InDoubt),
        ({"effect": "error", "code": "InternalFailure"}, InDoubt),
    ],
)
def test_without_an_answer_it_is_in_doubt(
    account: Account, fault: dict[str, Any], outcome: type
) -> None:
    account.sqs.faults.add(Fault(operation="SendMessageBatch", **fault))
    outcomes = account.dead_letters().send(outgoing("a", "b"))
    assert [type(one) for one in outcomes] == [outcome, outcome]
    assert len(account.calls("SendMessageBatch")) == 1


@pytest.mark.parametrize(
    ("code", "retryable", "lasting"),
    [
        ("RequestThrottled", True, False),
        ("AccessDenied", False, True),
        ("ExpiredToken", False, True),
        ("AWS.SimpleQueueService.NonExistentQueue", False, True),
        ("InvalidMessageContents", False, False),
        ("BatchRequestTooLong", False, False),
    ],
)
def test_a_whole_call_that_is_refused(
    account: Account, code: str, retryable: bool, lasting: bool
) -> None:
    account.sqs.faults.add(Fault.error("SendMessageBatch", code=code))
    for one in account.dead_letters().send(outgoing("a", "b")):
        assert isinstance(one, Rejected)
        assert (one.retryable, one.lasting) == (retryable, lasting)


@pytest.mark.parametrize(
    ("sender_fault", "code", "retryable"),
    [(True, "Bad", False), (False, "Bad", True), (True, "RequestThrottled", True)],
)
def test_an_entry_that_is_refused(
    account: Account, sender_fault: bool, code: str, retryable: bool
) -> None:
    account.sqs.faults.add(
        Fault.fail_entries("SendMessageBatch", sender_fault=sender_fault, code=code)
    )
    [one] = account.dead_letters().send(outgoing("a"))
    assert isinstance(one, Rejected)
    assert (one.retryable, one.lasting) == (retryable, False)


def test_deleted_and_hidden_one_by_one(account: Account) -> None:
    account.fill(3)
    queue = account.dead_letters()
    letters = queue.receive(10, visibility_seconds=30, wait_seconds=0)
    receipts = [letter.receipt_handle for letter in letters]
    account.sqs.faults.add(Fault.fail_entries("ChangeMessageVisibilityBatch", positions=(1,)))
    assert queue.hide(receipts, seconds=60) == [True, False, True]
    account.sqs.faults.add(Fault.fail_entries("DeleteMessageBatch", positions=(2,)))
    first, second, third = queue.delete(receipts)
    assert (first, second) == (None, None)
    assert third
    assert third.retryable
    assert len(account.bodies()) == 1


def test_a_delete_that_is_denied_will_not_do_better(account: Account) -> None:
    account.fill(1)
    queue = account.dead_letters()
    [letter] = queue.receive(10, visibility_seconds=30, wait_seconds=0)
    account.sqs.faults.add(Fault.access_denied("DeleteMessage"))
    [answer] = queue.delete([letter.receipt_handle])
    assert answer
    assert (answer.retryable, answer.lasting) == (False, True)


def test_a_fifo_queue_is_known_by_its_name(tmp_path: Path) -> None:
    account = Account(tmp_path, fifo=True)
    assert account.dead_letters().fifo
    assert account.dead_letters().facts().fifo
