"""Reading a whole queue, each letter once, nothing taken."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pytest

from dlqctl.errors import DlqctlError
from dlqctl.holding import Holding
from dlqctl.scanning import Scan
from tests.fakes.clocks import RunningClock
from tests.fakes.sqs import Fault
from tests.redrive.account import Account


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def scan(account: Account, *, workers: int = 1, expected: int = 0) -> tuple[Scan, Holding]:
    queue = account.dead_letters()
    holding = Holding(queue, visibility_seconds=30, clock=account.clock.now)
    found = Scan(queue, holding, visibility_seconds=30, workers=workers, expected=expected)
    return found, holding


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_every_letter_once(tmp_path: Path, workers: int) -> None:
    account = Account(tmp_path, clock=RunningClock())
    account.fill(150)
    found, holding = scan(account, workers=workers, expected=150)
    with holding:
        bodies = [letter.body for letter in found.letters()]
    assert Counter(bodies) == Counter(account.bodies())
    assert (len(bodies), found.progress.received, account.in_flight()) == (150, 150, 0)


@pytest.mark.parametrize("at_most", [1, 7, 10, 23])
def test_no_more_is_received_than_asked_for(account: Account, at_most: int) -> None:
    account.fill(40)
    found, holding = scan(account, workers=8)
    with holding:
        assert len(list(found.letters(at_most=at_most))) == at_most
        assert account.in_flight() == at_most
    assert account.in_flight() == 0


def test_one_empty_answer_is_not_the_end(account: Account) -> None:
    account.fill(5)
    found, holding = scan(account, expected=20)
    client = account.queues.client
    receive = client.receive_message
    answers = iter([{}])
    client.receive_message = lambda **request: next(answers, None) or receive(**request)
    with holding:
        assert len(list(found.letters())) == 5


def test_an_empty_queue_ends_after_two_long_polls(account: Account) -> None:
    found, holding = scan(account)
    with holding:
        assert list(found.letters()) == []
    assert [c["request"]["WaitTimeSeconds"] for c in account.calls("ReceiveMessage")] == [1, 1]


@pytest.mark.parametrize("workers", [1, 8])
def test_who_stops_reading_leaves_nothing_hidden_and_no_thread(
    tmp_path: Path, workers: int
) -> None:
    account = Account(tmp_path, clock=RunningClock())
    account.fill(200)
    found, holding = scan(account, workers=workers, expected=200)
    before = threading.active_count()
    with holding:
        letters = found.letters()
        for _ in range(3):
            next(letters)
        letters.close()
    assert threading.active_count() == before
    assert (account.in_flight(), len(account.bodies())) == (0, 200)


@pytest.mark.parametrize("workers", [1, 4])
def test_an_error_reaches_the_reader_and_everything_is_given_back(
    tmp_path: Path, workers: int
) -> None:
    account = Account(tmp_path, clock=RunningClock())
    account.fill(60)
    account.sqs.faults.add(Fault.access_denied("ReceiveMessage", skip=2))
    found, holding = scan(account, workers=workers, expected=60)
    with pytest.raises(DlqctlError, match="access denied to sqs:ReceiveMessage"), holding:
        list(found.letters())
    assert account.in_flight() == 0


def test_at_the_limit_of_messages_in_flight_it_stops_and_says_so(account: Account) -> None:
    account.fill(50)
    account.sqs.faults.add(
        Fault.error("ReceiveMessage", code="OverLimit", skip=2, times=None, message="too many")
    )
    found, holding = scan(account, expected=50)
    with holding:
        assert len(list(found.letters())) == 20
    assert found.progress.in_flight_limit
    assert account.in_flight() == 0


def test_fifo_shows_the_first_ten_of_each_group(tmp_path: Path) -> None:
    account = Account(tmp_path, fifo=True)
    for n in range(15):
        for group in "ab":
            account.send("orders", f"{group}-{n:03d}", MessageGroupId=group)
    account.die()
    found, holding = scan(account, expected=30)
    with holding:
        bodies = [letter.body for letter in found.letters()]
    assert sorted(bodies) == [f"{group}-{n:03d}" for group in "ab" for n in range(10)]
    assert account.in_flight() == 0
