"""Looking: what is selected is shown, all is given back, the counts say what happened."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dlqctl import origins
from dlqctl.errors import UsageError
from dlqctl.holding import Holding
from dlqctl.peek import PeekCounts, peek
from dlqctl.queues import QueueFacts, RedrivePolicy, refuse_if_receiving_moves
from dlqctl.scanning import Scan
from dlqctl.selection import Selection, selection
from tests.redrive.account import Account


@pytest.fixture
def account(tmp_path: Path) -> Account:
    account = Account(tmp_path)
    account.fill(35)
    return account


def look(
    account: Account, chosen: Selection, *, limit: int | None = None
) -> tuple[list[str], PeekCounts]:
    queue = account.dead_letters()
    counts = PeekCounts()
    with Holding(queue, visibility_seconds=30, clock=account.clock.now) as holding:
        scan = Scan(queue, holding, visibility_seconds=30, workers=2, expected=35)
        records = peek(
            scan,
            chosen,
            limit=limit,
            counts=counts,
            decode=origins.decode,
            now=lambda: datetime.fromtimestamp(account.clock.now(), UTC),
        )
        bodies = [record.letter.body for record in records]
    assert account.in_flight() == 0
    assert len(account.bodies()) == 35
    return bodies, counts


def test_all(account: Account) -> None:
    bodies, counts = look(account, selection())
    assert (len(bodies), counts.scanned, counts.matched) == (35, 35, 35)


def test_a_limit_without_a_filter_receives_no_more(account: Account) -> None:
    bodies, counts = look(account, selection(), limit=12)
    assert (len(bodies), counts.scanned, counts.matched) == (12, 12, 12)


def test_a_limit_with_a_filter_looks_until_it_is_met(account: Account) -> None:
    chosen = selection(where=["ends_with(body_text, '9')"])
    bodies, counts = look(account, chosen, limit=2)
    assert (len(bodies), counts.matched) == (2, 2)
    assert counts.scanned >= 2


def test_ids_are_looked_for_until_all_are_met_and_the_missing_are_named(
    account: Account,
) -> None:
    first, *_, last = (message["message_id"] for message in account.messages())
    none = "00000000-0000-4000-8000-000000000000"
    bodies, counts = look(account, selection(ids=[first, last, none]))
    assert (len(bodies), counts.scanned, counts.missing) == (2, 35, {none})
    bodies, counts = look(account, selection(ids=[first]))
    assert (len(bodies), counts.missing) == (1, set())
    assert counts.scanned < 35


def test_an_id_by_its_first_eight_characters_is_looked_for_in_the_whole_queue(
    account: Account,
) -> None:
    message = account.messages()[0]
    bodies, counts = look(account, selection(ids=[message["message_id"][:8]]))
    assert (bodies, counts.scanned, counts.missing) == ([message["body"]], 35, set())


def facts(**more: Any) -> QueueFacts:
    values: dict[str, Any] = {
        "arn": "arn:aws:sqs:us-east-1:123456789012:orders",
        "url": "",
        "fifo": False,
        "retention_seconds": 60,
        "max_message_bytes": 1024,
        "visible": 0,
        "in_flight": 0,
        "delayed": 0,
    }
    return QueueFacts(**values, **more)


DEAD = RedrivePolicy("arn:aws:sqs:us-east-1:123456789012:orders-dlq", 3)


def test_a_source_queue_is_refused_with_the_name_of_its_dlq() -> None:
    source = facts(redrive_policy=DEAD)
    with pytest.raises(UsageError) as raised:
        refuse_if_receiving_moves(source, sources=[], verb="peek", force=False)
    assert raised.value.message == "orders is a source queue; its dead-letter queue is orders-dlq"
    assert raised.value.hint
    assert raised.value.hint.startswith("`dlqctl peek orders-dlq`")
    assert "after 3 receives" in raised.value.hint


def test_a_dlq_with_a_policy_of_its_own_is_refused_for_what_it_is() -> None:
    dlq = facts(redrive_policy=DEAD)
    with pytest.raises(UsageError, match="has a redrive policy of its own"):
        refuse_if_receiving_moves(dlq, sources=["arn"], verb="peek", force=False)


def test_force_and_no_policy_go_on() -> None:
    refuse_if_receiving_moves(facts(redrive_policy=DEAD), sources=[], verb="peek", force=True)
    refuse_if_receiving_moves(facts(), sources=[], verb="peek", force=False)
