"""What is held stays hidden, and is given back."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from dlqctl.holding import Holding
from dlqctl.letters import DeadLetter
from tests.fakes.clocks import ManualClock, RunningClock
from tests.fakes.sqs import Fault
from tests.redrive.account import Account

GENEROUS_SECONDS = 30


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def receive_all(account: Account, *, seconds: int = 30) -> list[DeadLetter]:
    queue = account.dead_letters()
    found: list[DeadLetter] = []
    while letters := queue.receive(10, visibility_seconds=seconds, wait_seconds=0):
        found += letters
    return found


def holding(account: Account, *, seconds: int = 30) -> Holding:
    return Holding(account.dead_letters(), visibility_seconds=seconds, clock=account.clock.now)


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + GENEROUS_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_leaving_gives_everything_back(account: Account) -> None:
    account.fill(45)
    with holding(account) as held:
        letters = receive_all(account)
        assert held.hold(letters) == letters
        assert len(held) == 45
        assert account.in_flight() == 45
    assert (account.in_flight(), len(account.bodies())) == (0, 45)


def test_an_error_gives_everything_back_too(account: Account) -> None:
    account.fill(5)

    def look() -> None:
        with holding(account) as held:
            held.hold(receive_all(account))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look()
    assert account.in_flight() == 0


def test_what_was_dropped_is_left_alone(account: Account) -> None:
    account.fill(3)
    with holding(account) as held:
        first, *others = held.hold(receive_all(account))
        held.drop([first])
        assert len(held) == 2
    assert account.in_flight() == 1
    assert len(others) == 2


def test_a_letter_is_new_once_and_its_newest_receipt_counts(account: Account) -> None:
    account.fill(1)
    with holding(account) as held:
        [letter] = held.hold(receive_all(account))
        assert held.receipt(letter) == letter.receipt_handle
        account.clock.advance(31)
        [again] = receive_all(account)
        assert held.hold([again]) == []
        assert held.receipt(letter) == again.receipt_handle != letter.receipt_handle
        assert len(held) == 1
    assert account.in_flight() == 0


def test_keeping_extends_what_is_past_half_of_its_time(account: Account) -> None:
    account.fill(12)
    with holding(account) as held:
        held.hold(receive_all(account))
        for _ in range(30):
            account.clock.advance(14)
            held.keep()
            assert account.in_flight() == 12
    assert account.in_flight() == 0


def test_keeping_grows_with_the_age_of_the_scan_so_that_calls_stay_few(account: Account) -> None:
    account.fill(10)
    with holding(account) as held:
        held.hold(receive_all(account))
        for _ in range(600):
            account.clock.advance(7.5)
            held.keep()
        asked = [
            call["request"]["Entries"][0]["VisibilityTimeout"]
            for call in account.calls("ChangeMessageVisibilityBatch")
        ]
    assert asked == sorted(asked)
    assert len(asked) < 12  # 4,500 seconds; every 15 seconds would be 300
    assert all(later <= 2.1 * at for at, later in pairwise(asked))


def test_a_message_that_could_not_be_extended_is_met_again_and_given_back(
    account: Account,
) -> None:
    account.fill(2)
    account.sqs.faults.add(
        Fault.fail_entries("ChangeMessageVisibilityBatch", positions=(0,), sender_fault=True)
    )
    with holding(account) as held:
        held.hold(receive_all(account))
        account.clock.advance(20)
        held.keep()
        account.clock.advance(11)
        assert account.in_flight() == 1
        assert held.hold(receive_all(account)) == []
        assert account.in_flight() == 2
    assert account.in_flight() == 0


def test_a_receipt_renewed_meanwhile_is_not_overwritten(account: Account) -> None:
    """The keeper asks with an old receipt while the letter is delivered once more."""
    account.fill(1)
    queue = account.dead_letters()

    class Delivering:
        def __init__(self) -> None:
            self.held: Holding | None = None

        def hide(self, receipts: list[str], *, seconds: int) -> list[bool]:
            if seconds and self.held:
                account.clock.advance(31)
                self.held.hold(receive_all(account))
            return queue.hide(receipts, seconds=seconds)

    delivering = Delivering()
    held = Holding(delivering, visibility_seconds=30, clock=account.clock.now)  # type: ignore[arg-type]
    delivering.held = held
    with held:
        held.hold(receive_all(account))
        account.clock.advance(20)
        held.keep()
    assert account.in_flight() == 0


def test_what_cannot_be_given_back_is_counted(account: Account) -> None:
    account.fill(25)
    account.sqs.faults.add(
        Fault.fail_entries("ChangeMessageVisibilityBatch", positions=(3,)),
        Fault.access_denied("ChangeMessageVisibility", skip=0, times=1),
    )
    held = holding(account)
    held.hold(receive_all(account))
    assert held.release() == 11
    assert account.in_flight() == 11


def test_the_keeper_works_by_itself_and_survives_a_refusal(tmp_path: Path) -> None:
    account = Account(tmp_path, clock=RunningClock())
    account.fill(2)
    account.sqs.faults.add(Fault.throttled("ChangeMessageVisibilityBatch"))
    with holding(account, seconds=2) as held:
        held.hold(receive_all(account, seconds=2))
        until(lambda: len(account.calls("ChangeMessageVisibilityBatch")) >= 2)
    assert account.in_flight() == 0


def test_a_long_hold_keeps_to_the_twelve_hours_of_sqs(tmp_path: Path) -> None:
    account = Account(tmp_path, clock=ManualClock())
    account.fill(1)
    with holding(account) as held:
        held.hold(receive_all(account))
        for _ in range(60):
            account.clock.advance(900)
            held.keep()
            held.hold(receive_all(account))
        asked = [
            entry["VisibilityTimeout"]
            for call in account.calls("ChangeMessageVisibilityBatch")
            for entry in call["request"]["Entries"]
        ]
    assert max(asked) <= 43_200
    assert account.in_flight() == 0
