"""Promise 4: order within a message group, one at a time, and ids that neither drop nor double."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable

import pytest

from dlqctl.redrive.delivery import SAFE_REPEAT_SECONDS
from dlqctl.redrive.journal import EntryState, Journal
from dlqctl.selection import selection
from tests.fakes.clocks import RunningClock
from tests.fakes.sqs import Fault
from tests.redrive.account import RUN, Account

GROUPS = ("a", "b", "c")
GENEROUS_SECONDS = 10


def fill_groups(account: Account, count: int, groups: tuple[str, ...] = GROUPS) -> None:
    for n in range(count):
        for group in groups:
            account.send("orders", f"{group}-{n:03d}", MessageGroupId=group)
    account.die()
    account.forget_calls()


def by_group(account: Account, name: str = "orders") -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for message in account.messages(name):
        found[message["system_attributes"]["MessageGroupId"]].append(message["body"])
    return found


def in_order(group: str, count: int) -> list[str]:
    return [f"{group}-{n:03d}" for n in range(count)]


@pytest.mark.parametrize("workers", [1, 8])
def test_promise_4_every_group_arrives_in_its_order(
    new_account: Callable[..., Account], workers: int
) -> None:
    account = new_account(fifo=True, clock=RunningClock() if workers > 1 else None)
    fill_groups(account, 25)
    assert account.redrive(workers=workers).summary.redriven == 75
    assert by_group(account) == {group: in_order(group, 25) for group in GROUPS}
    assert account.bodies() == []


def test_promise_4_no_batch_holds_two_messages_of_a_group(fifo_account: Account) -> None:
    fill_groups(fifo_account, 10)
    fifo_account.redrive()
    for call in fifo_account.calls("SendMessageBatch"):
        groups = [entry["MessageGroupId"] for entry in call["request"]["Entries"]]
        assert len(groups) == len(set(groups))


def test_promise_4_an_empty_answer_while_the_group_is_in_flight_does_not_end_the_run(
    new_account: Callable[..., Account],
) -> None:
    """Others found the queue empty while a worker held the group, and hear of it afterwards."""
    account = new_account(fifo=True, clock=RunningClock())
    fill_groups(account, 60, ("a",))
    account.sqs.faults.add(Fault.throttled("SendMessageBatch", skip=12))
    second_batch_done = threading.Event()
    batches: list[object] = []
    client = account.queues.client
    receive = client.receive_message

    def answer_late(**request: object) -> object:
        if second_batch_done.is_set():
            time.sleep(0.1)  # let the others hear first
            return receive(**request)
        answer = receive(**{**request, "WaitTimeSeconds": 0})
        if not answer.get("Messages"):
            second_batch_done.wait(GENEROUS_SECONDS)
        return answer

    def let_others_hear_first(*seen: object) -> None:
        batches.append(seen)
        if len(batches) == 2:
            second_batch_done.set()
            time.sleep(0.3)

    client.receive_message = answer_late
    outcome = account.redrive(workers=4, watch=let_others_hear_first)
    assert outcome.summary.redriven == 60
    assert by_group(account) == {"a": in_order("a", 60)}


def test_promise_4_a_group_stops_at_its_first_failure_and_other_groups_go_on(
    fifo_account: Account,
) -> None:
    account = fifo_account
    fill_groups(account, 6)
    account.sqs.faults.add(
        Fault.fail_entries(
            "SendMessageBatch", body_contains="b-002", times=None, code="Bad", sender_fault=True
        )
    )
    outcome = account.redrive()
    arrived = by_group(account)
    assert arrived == {"a": in_order("a", 6), "b": in_order("b", 2), "c": in_order("c", 6)}
    assert sorted(account.bodies()) == in_order("b", 6)[2:]
    # b-004 and b-005 were never handed out: SQS keeps the group while b-002 is held.
    assert [failure.code for failure in outcome.summary.failures] == ["Bad", "GroupStopped"]
    account.sqs.faults.clear()
    assert account.redrive(resumed=True).summary.redriven == 18
    assert by_group(account)["b"] == in_order("b", 6)


def test_promise_4_a_message_too_large_stops_what_comes_after_it_not_what_came_before(
    fifo_account: Account,
) -> None:
    account = fifo_account
    for n in range(4):
        body = f"a-{n:03d}" + ("x" * 2000 if n == 2 else "")
        account.send("orders", body, MessageGroupId="a")
    account.die()
    account.forget_calls()
    limits = {"MaximumMessageSize": "1024"}
    account.client.set_queue_attributes(QueueUrl=account.url("orders"), Attributes=limits)
    outcome = account.redrive()
    assert by_group(account) == {"a": in_order("a", 2)}
    assert [failure.code for failure in outcome.summary.failures] == [
        "MessageTooLong",
        "GroupStopped",
    ]


def test_promise_4_the_deduplication_id_is_of_the_run_and_never_the_old_one(
    fifo_account: Account,
) -> None:
    """The letters were sent seconds ago: with their own ids SQS would swallow them."""
    account = fifo_account
    fill_groups(account, 3)
    old = {m["system_attributes"]["MessageDeduplicationId"] for m in account.messages()}
    ids = {message["message_id"] for message in account.messages()}
    account.redrive()
    new = {
        entry["MessageDeduplicationId"]
        for call in account.calls("SendMessageBatch")
        for entry in call["request"]["Entries"]
    }
    assert new == {f"dlqctl-{RUN}-{message_id}" for message_id in ids}
    assert not new & old
    assert len(account.bodies("orders")) == 9


def test_promise_4_content_based_deduplication_does_not_swallow_equal_bodies(
    new_account: Callable[..., Account],
) -> None:
    account = new_account(fifo=True)
    account.create("copies", ContentBasedDeduplication="true")
    for group in GROUPS:
        for _ in range(3):
            account.send("orders", "the same", MessageGroupId=group)
    account.die()
    calls = account.redrive(to="copies").summary
    assert calls.redriven == 9
    assert account.bodies("copies") == ["the same"] * 9


@pytest.mark.parametrize(
    "fault",
    [
        Fault.lose_answer("SendMessageBatch", times=2),
        Fault.lose_answer("SendMessageBatch", status=500, times=2),
        Fault.drop_connection("SendMessageBatch", times=2),
    ],
    ids=["answer lost", "500 after it was taken", "dropped"],
)
def test_promise_4_a_lost_answer_is_repeated_and_neither_drops_nor_doubles(
    fifo_account: Account, fault: Fault
) -> None:
    account = fifo_account
    fill_groups(account, 4)
    account.sqs.faults.add(fault)
    summary = account.redrive().summary
    assert (summary.redriven, summary.in_doubt) == (12, 0)
    assert by_group(account) == {group: in_order(group, 4) for group in GROUPS}


@pytest.mark.parametrize(
    "later",
    [
        Fault.access_denied("SendMessage"),
        Fault.expired_token("SendMessageBatch"),
        Fault.throttled("SendMessageBatch", times=None),
    ],
    ids=["denied", "expired", "throttled"],
)
def test_promise_4_a_no_after_a_lost_answer_leaves_the_doubt(
    fifo_account: Account, later: Fault
) -> None:
    """What was taken is not "failed": a later run, with other ids, would double it."""
    account = fifo_account
    fill_groups(account, 1, ("a",))
    account.sqs.faults.add(Fault.lose_answer("SendMessageBatch"), later)
    summary = account.redrive().summary
    assert (summary.failed, summary.in_doubt) == (0, 1)
    account.sqs.faults.clear()
    again = account.redrive(run="another").summary
    assert (again.redriven, again.in_doubt) == (0, 1)
    assert account.bodies("orders") == ["a-000"]


def test_promise_4_no_repeat_after_the_deduplication_window(fifo_account: Account) -> None:
    """The machine slept between the lost answer and the repeat."""
    account = fifo_account
    fill_groups(account, 1, ("a",))
    account.sqs.faults.add(
        Fault.lose_answer(
            "SendMessageBatch", when=lambda _: account.clock.advance(SAFE_REPEAT_SECONDS) > 0
        )
    )
    summary = account.redrive().summary
    assert summary.in_doubt == 1
    assert account.bodies("orders") == ["a-000"]


class CutOffError(BaseException):
    """The process dies here."""


def cut_off_after_send(account: Account, **options: object) -> None:
    """SQS takes the batch and the process dies."""
    client = account.queues._sender
    send = client.send_message_batch

    def die(**request: object) -> object:
        send(**request)
        raise CutOffError

    client.send_message_batch = die
    with pytest.raises(CutOffError):
        account.redrive(**options)  # type: ignore[arg-type]
    client.send_message_batch = send


def test_promise_4_resumed_at_once_it_sends_again_and_doubles_nothing(
    fifo_account: Account,
) -> None:
    account = fifo_account
    fill_groups(account, 3)
    cut_off_after_send(account)
    account.clock.advance(31)
    assert account.redrive(resumed=True).summary.redriven == 9
    assert by_group(account) == {group: in_order(group, 3) for group in GROUPS}


def test_promise_4_cut_off_again_and_again_the_first_send_counts(fifo_account: Account) -> None:
    """Each repeat is swallowed by SQS; the window does not begin anew with it."""
    account = fifo_account
    fill_groups(account, 1, ("a",))
    cut_off_after_send(account)
    for _ in range(3):
        account.clock.advance(SAFE_REPEAT_SECONDS * 0.9)
        try:
            cut_off_after_send(account, resumed=True)
        except pytest.fail.Exception:
            break  # it was held, so nothing was sent
    account.clock.advance(301)
    summary = account.redrive(resumed=True).summary
    assert summary.in_doubt == 1
    assert account.bodies("orders") == ["a-000"]


def test_promise_4_a_message_held_in_doubt_holds_its_group(fifo_account: Account) -> None:
    account = fifo_account
    fill_groups(account, 3, ("a", "b"))
    client = account.queues._sender
    send = client.send_message_batch

    def die_on_a(**request: object) -> object:
        raise CutOffError

    client.send_message_batch = die_on_a
    with pytest.raises(CutOffError):
        account.redrive(limit=1)
    client.send_message_batch = send
    account.clock.advance(400)
    outcome = account.redrive(resumed=True)
    assert (outcome.summary.in_doubt, outcome.summary.failed) == (1, 2)
    assert list(by_group(account).values()) == [in_order("b", 3)]
    account.redrive(resumed=True, in_doubt="resend")
    assert by_group(account) == {group: in_order(group, 3) for group in ("a", "b")}


def test_promise_4_an_interrupted_run_keeps_the_order(fifo_account: Account) -> None:
    account = fifo_account
    fill_groups(account, 12)

    def interrupt(work: object, *_: object) -> None:
        work._finish.set()  # type: ignore[attr-defined]

    first = account.redrive(rate=30, watch=interrupt).summary
    assert 0 < first.redriven < 36
    assert (first.failed, account.in_flight()) == (0, 0)
    for group, bodies in by_group(account).items():
        assert bodies == in_order(group, 12)[: len(bodies)]
    assert account.redrive(resumed=True).summary.redriven == 36
    assert by_group(account) == {group: in_order(group, 12) for group in GROUPS}


def test_promise_4_order_holds_under_any_storm(new_account: Callable[..., Account]) -> None:
    for seed in range(8):
        dice = random.Random(seed)
        account = new_account(fifo=True)
        account.folder = account.folder / str(seed)
        fill_groups(account, 12)
        for _ in range(12):
            effect = dice.choice(["lose", "throttle", "fail", "bad", "drop"])
            more = {"skip": dice.randrange(12), "times": dice.randrange(1, 4)}
            operation = "SendMessageBatch"
            account.sqs.faults.add(
                {
                    "lose": Fault.lose_answer(operation, **more),
                    "throttle": Fault.throttled(operation, **more),
                    "fail": Fault.fail_entries(operation, positions=(dice.randrange(3),), **more),
                    "bad": Fault.fail_entries(
                        operation, positions=(0,), code="Bad", sender_fault=True, **more
                    ),
                    "drop": Fault.drop_connection(operation, **more),
                }[effect]
            )
        account.redrive()
        for group, bodies in by_group(account).items():
            assert bodies == in_order(group, 12)[: len(bodies)], seed
        account.sqs.faults.clear()
        account.clock.advance(31)
        summary = account.redrive(resumed=True, in_doubt="resend").summary
        assert summary.redriven == 36
        assert by_group(account) == {group: in_order(group, 12) for group in GROUPS}, seed


def test_a_fifo_queue_is_not_redriven_to_a_standard_queue(fifo_account: Account) -> None:
    account = fifo_account
    fill_groups(account, 1, ("a",))
    account.client.create_queue(QueueName="plain")
    plain = account.arn("plain").removesuffix(".fifo")
    outcome = account.redrive(to_arn=plain)
    assert "dlq.fifo is a FIFO queue and plain is a standard queue" in (
        outcome.summary.failures[0].message
    )
    assert account.bodies() == ["a-000"]


def test_what_a_group_still_holds_is_not_lost_by_a_selection(fifo_account: Account) -> None:
    """Held messages block their group: the rest of it waits for the next run."""
    account = fifo_account
    fill_groups(account, 15, ("a",))
    wanted = selection(where=["body_text == 'a-003'"])
    assert account.redrive(selection=wanted).summary.redriven == 1
    assert account.bodies() == [body for body in in_order("a", 15) if body != "a-003"]
    assert account.in_flight() == 0


def test_the_journal_keeps_the_time_of_the_first_send(fifo_account: Account) -> None:
    with Journal(fifo_account.folder / "j.sqlite3") as journal:
        journal.sending("r", {"m": "t"}, at=100.0)
        journal.sending("r", {"m": "t"}, at=200.0)
        assert journal.known(["m"])["m"].at == 100.0
        journal.settle("r", ["m"], EntryState.IN_DOUBT, at=300.0)
        journal.flush()
        assert journal.known(["m"])["m"].at == 100.0
        journal.settle("r", ["m"], EntryState.FAILED, at=400.0)
        journal.sending("r", {"m": "t"}, at=500.0)
        assert journal.known(["m"])["m"].at == 500.0
