"""What goes wrong with sends and deletes, and what becomes of the message."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    TokenRetrievalError,
)

from dlqctl.errors import ExitCode
from dlqctl.redrive.delivery import DELETE_ATTEMPTS, SEND_ATTEMPTS
from tests.fakes.sqs import Fault
from tests.redrive import evidence
from tests.redrive.account import Account


def failing(account: Account, *faults: Fault) -> None:
    account.sqs.faults.add(*faults)


# ── sends ──


def test_an_entry_that_fails_for_good_is_tried_once(account: Account) -> None:
    account.fill(3)
    failing(
        account,
        Fault.fail_entries("SendMessageBatch", positions=(1,), code="Bad", sender_fault=True),
    )
    outcome = account.redrive()
    assert [len(batch) for batch in evidence.sends(account.calls("SendMessageBatch"))] == [3]
    assert [(f.code, f.message) for f in outcome.summary.failures] == [
        ("Bad", "We encountered an internal error. Please try again.")
    ]
    assert outcome.summary.exit_code is ExitCode.PARTIAL


def test_an_entry_that_fails_on_their_side_is_tried_again_alone(account: Account) -> None:
    account.fill(5)
    failing(account, Fault.fail_entries("SendMessageBatch", positions=(3,), times=2))
    outcome = account.redrive()
    assert outcome.summary.redriven == 5
    batches = evidence.sends(account.calls("SendMessageBatch"))
    assert [len(batch) for batch in batches] == [5, 1]
    assert Counter(account.bodies("orders")) == Counter(f"m-{n:03d}" for n in range(5))


def test_an_entry_that_goes_on_failing_is_given_up(account: Account) -> None:
    account.fill(1)
    failing(account, Fault.fail_entries("SendMessageBatch", times=None))
    outcome = account.redrive()
    assert outcome.summary.failed == 1
    assert len(account.calls("SendMessageBatch")) == SEND_ATTEMPTS
    assert account.bodies() == ["m-000"]


@pytest.mark.parametrize("code", ["RequestThrottled", "ThrottlingException", "KmsThrottled"])
def test_throttling_passes(account: Account, code: str) -> None:
    account.fill(12)
    failing(account, Fault.error("SendMessageBatch", code=code, times=3))
    assert account.redrive().summary.redriven == 12
    assert account.bodies() == []


def test_throttling_that_goes_on_fails_and_can_be_resumed(account: Account) -> None:
    account.fill(2)
    failing(account, Fault.throttled("SendMessageBatch", times=None))
    outcome = account.redrive()
    assert {f.code for f in outcome.summary.failures} == {"RequestThrottled"}
    account.sqs.faults.clear()
    assert account.redrive(resumed=True).summary.redriven == 2
    assert account.bodies() == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault.lose_answer("SendMessageBatch"),
        Fault.lose_answer("SendMessageBatch", status=500),
        Fault.drop_connection("SendMessageBatch"),
        Fault.error("SendMessageBatch", code="ServiceUnavailable"),
    ],
    ids=["answer lost", "500 after it was taken", "connection dropped", "503"],
)
def test_a_lost_answer_is_in_doubt_on_a_standard_queue(account: Account, fault: Fault) -> None:
    account.fill(4)
    failing(account, fault)
    outcome = account.redrive()
    summary = outcome.summary
    assert (summary.redriven, summary.failed, summary.in_doubt) == (0, 0, 4)
    assert summary.exit_code is ExitCode.IN_DOUBT
    assert len(account.calls("SendMessageBatch")) == 1
    assert (len(account.bodies()), account.in_flight()) == (4, 0)


@pytest.mark.parametrize(
    ("error", "doubtful", "calls"),
    [
        (ReadTimeoutError(endpoint_url="http://x"), True, 1),
        (ConnectTimeoutError(endpoint_url="http://x"), False, SEND_ATTEMPTS),
        (EndpointConnectionError(endpoint_url="http://x"), False, SEND_ATTEMPTS),
        (TokenRetrievalError(provider="sso", error_msg="expired"), False, 1),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_was_never_on_its_way_is_not_in_doubt(
    account: Account, error: BotoCoreError, doubtful: bool, calls: int
) -> None:
    account.fill(1)
    made = []

    def broken(**request: object) -> object:
        made.append(request)
        raise error

    account.queues._sender.send_message_batch = broken
    summary = account.redrive().summary
    assert (summary.in_doubt, summary.failed) == ((1, 0) if doubtful else (0, 1))
    assert len(made) == calls


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault.access_denied("SendMessage"), "access denied to sqs:SendMessage"),
        (Fault.expired_token("SendMessageBatch"), "the AWS session has expired"),
        (
            Fault.error("SendMessageBatch", code="KmsAccessDenied", times=None),
            "allow kms:Decrypt and kms:GenerateDataKey",
        ),
    ],
    ids=["denied", "expired", "kms"],
)
def test_a_refusal_that_will_last_stops_the_run_after_one_batch(
    account: Account, fault: Fault, said: str
) -> None:
    account.fill(50)
    failing(account, fault)
    outcome = account.redrive(workers=4)
    assert outcome.work.error
    assert said in outcome.work.error.message
    assert (outcome.summary.redriven, outcome.summary.failed) == (0, 10)
    assert len(account.calls("SendMessageBatch")) == 1
    assert (len(account.bodies()), account.in_flight()) == (50, 0)


def test_a_destination_that_is_deleted_meanwhile(account: Account) -> None:
    account.fill(30)

    def drop(*_: object) -> None:
        if "orders" in account.sqs.queues:
            account.client.delete_queue(QueueUrl=account.url("orders"))

    outcome = account.redrive(watch=drop)
    assert outcome.summary.redriven == 10
    assert outcome.work.error
    assert "no such queue" in outcome.work.error.message
    assert (len(account.bodies()), account.in_flight()) == (20, 0)


def test_a_message_too_large_for_its_destination_stays_and_the_others_go(
    account: Account,
) -> None:
    account.fill(3)
    account.send("orders", "x" * 2000)
    account.die()
    account.client.set_queue_attributes(
        QueueUrl=account.url("orders"), Attributes={"MaximumMessageSize": "1024"}
    )
    outcome = account.redrive()
    [failure] = outcome.summary.failures
    assert failure.code == "MessageTooLong"
    assert failure.message == (
        "2,000 bytes, and orders takes 1,024 at most (raise its MaximumMessageSize)"
    )
    assert outcome.summary.redriven == 3
    assert account.bodies() == ["x" * 2000]


def test_a_body_that_sqs_refuses_does_not_close_the_destination(account: Account) -> None:
    account.fill(25)
    failing(
        account, Fault.error("SendMessageBatch", code="InvalidMessageContents", message="bad char")
    )
    outcome = account.redrive()
    assert (outcome.summary.redriven, outcome.summary.failed) == (15, 10)
    assert outcome.work.error is None


def test_a_standard_queue_is_not_redriven_to_a_fifo_queue(account: Account) -> None:
    account.fill(2)
    account.client.create_queue(QueueName="other.fifo", Attributes={"FifoQueue": "true"})
    outcome = account.redrive(to="other.fifo")
    assert {failure.code for failure in outcome.summary.failures} == {"DestinationUnusable"}
    assert "dlq is a standard queue and other.fifo is a FIFO queue" in (
        outcome.summary.failures[0].message
    )
    assert (len(account.bodies()), account.in_flight()) == (2, 0)


def test_a_resumed_run_keeps_to_its_limit_and_tries_the_same_messages_again(
    account: Account,
) -> None:
    account.fill(20)
    failing(account, Fault.throttled("SendMessageBatch", times=None))
    first = account.redrive(limit=5).summary
    assert (first.selected, first.failed) == (5, 5)
    account.sqs.faults.clear()
    last = account.redrive(limit=0, resumed=True).summary
    assert (last.selected, last.redriven) == (5, 5)
    tried = {failure.message_id for failure in first.failures}
    assert not tried & {message["message_id"] for message in account.messages()}


# ── deletes ──


def test_a_delete_that_fails_for_a_moment_is_repeated(account: Account) -> None:
    account.fill(10)
    failing(
        account,
        Fault.fail_entries("DeleteMessageBatch", positions=(0, 4)),
        Fault.error("DeleteMessageBatch", code="InternalFailure"),
    )
    outcome = account.redrive()
    assert (outcome.summary.redriven, outcome.summary.undeleted) == (10, 0)
    assert [len(c["request"]["Entries"]) for c in account.calls("DeleteMessageBatch")] == [10, 2, 2]
    assert account.bodies() == []


def test_a_delete_that_goes_on_failing_is_told_and_not_sent_again(account: Account) -> None:
    account.fill(3)
    failing(account, Fault.fail_entries("DeleteMessageBatch", positions=(0,), times=None))
    summary = account.redrive().summary
    assert (summary.redriven, summary.undeleted) == (3, 1)
    assert summary.exit_code is ExitCode.PARTIAL
    assert len(account.calls("DeleteMessageBatch")) == DELETE_ATTEMPTS
    assert len(account.bodies()) == 1
    account.sqs.faults.clear()
    again = account.redrive(resumed=True).summary
    assert (again.redriven, again.undeleted) == (3, 0)
    assert account.bodies() == []
    assert len(account.bodies("orders")) == 3


def test_a_delete_whose_answer_is_lost_leaves_nothing(account: Account) -> None:
    account.fill(3)
    failing(account, Fault.lose_answer("DeleteMessageBatch"))
    assert account.redrive().summary.redriven == 3
    assert account.bodies() == []


def test_a_delete_that_is_denied_stops_the_run_after_one_batch(account: Account) -> None:
    account.fill(40)
    failing(account, Fault.access_denied("DeleteMessage"))
    outcome = account.redrive(workers=4)
    assert (outcome.summary.redriven, outcome.summary.undeleted) == (10, 10)
    assert outcome.work.error
    assert "access denied to sqs:DeleteMessage" in outcome.work.error.message
    assert outcome.work.error.hint
    assert "--resume" in outcome.work.error.hint
    assert (len(account.bodies()), account.in_flight()) == (40, 0)
    account.sqs.faults.clear()
    assert account.redrive(resumed=True).summary.redriven == 40
    assert account.bodies() == []
    assert Counter(account.bodies("orders")) == Counter(f"m-{n:03d}" for n in range(40))


# ── receives ──


@pytest.mark.parametrize(
    "fault",
    [Fault.access_denied("ReceiveMessage", skip=1), Fault.expired_token("ReceiveMessage", skip=1)],
    ids=["denied", "expired"],
)
def test_a_receive_that_fails_ends_the_run_and_gives_everything_back(
    account: Account, fault: Fault
) -> None:
    account.fill(30)
    failing(account, fault)
    outcome = account.redrive()
    assert outcome.work.error
    assert outcome.summary.redriven == 10
    assert (len(account.bodies()), account.in_flight()) == (20, 0)


def test_messages_of_a_receive_whose_answer_is_lost_are_still_there_afterwards(
    account: Account,
) -> None:
    account.fill(30)
    failing(account, Fault.lose_answer("ReceiveMessage", skip=1))
    outcome = account.redrive()
    assert outcome.work.error
    account.sqs.faults.clear()
    account.clock.advance(31)
    assert account.redrive(resumed=True).summary.redriven == 30
    assert Counter(account.bodies("orders")) == Counter(f"m-{n:03d}" for n in range(30))


def test_an_error_in_the_program_itself_ends_the_run_and_gives_everything_back(
    account: Account,
) -> None:
    account.fill(30)

    def trip(*_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        account.redrive(watch=trip, workers=2)
    assert (len(account.bodies()), account.in_flight()) == (20, 0)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_goes_wrong_nothing_is_lost_and_only_doubts_can_double(
    new_account: Callable[..., Account], seed: int
) -> None:
    """A storm of every fault; then a resume in calm, which sends the doubtful ones once more."""
    dice = random.Random(seed)
    account = new_account(sources=("orders", "returns"))
    account.fill(30, source="orders", prefix="o")
    account.fill(30, source="returns", prefix="r")
    storm = [
        Fault.fail_entries("SendMessageBatch", positions=(dice.randrange(10),), times=3),
        Fault.fail_entries(
            "SendMessageBatch", positions=(dice.randrange(10),), code="Bad", sender_fault=True
        ),
        Fault.throttled("SendMessageBatch", times=dice.randrange(1, 8)),
        Fault.lose_answer("SendMessageBatch"),
        Fault.lose_answer("SendMessageBatch", status=503),
        Fault.drop_connection("SendMessageBatch"),
        Fault.fail_entries("DeleteMessageBatch", positions=(dice.randrange(10),), times=4),
        Fault.lose_answer("DeleteMessageBatch"),
        Fault.error("DeleteMessageBatch", code="InternalFailure", times=dice.randrange(1, 5)),
        Fault.lose_answer("ReceiveMessage"),
        Fault.fail_entries("ChangeMessageVisibilityBatch", positions=(0,)),
    ]
    dice.shuffle(storm)
    for fault in storm:
        failing(account, replace(fault, skip=dice.randrange(6)))
    first = account.redrive(workers=1).summary
    account.sqs.faults.clear()
    account.clock.advance(60)
    doubts = first.in_doubt
    last = account.redrive(resumed=True, in_doubt="resend").summary
    assert (last.redriven, last.failed, last.in_doubt) == (60, 0, 0)
    assert account.bodies() == []
    arrived = Counter(account.bodies("orders") + account.bodies("returns"))
    assert len(arrived) == 60
    assert sum(arrived.values()) - 60 <= doubts
    assert {body[0] for body in account.bodies("orders")} == {"o"}
