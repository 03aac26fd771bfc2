"""Which queues count as dead-letter queues, in what order, and when they lose messages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dlqctl.listing import (
    DeadLetterQueue,
    Feed,
    Gap,
    Why,
    dead_letter_queues,
    most_pressing_first,
    named_dead_letter,
    queue_document,
    source_label,
    with_ages,
)
from dlqctl.queues import QueueFacts, RedrivePolicy

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = 86_400


def arn(name: str, *, region: str = "eu-west-1", account: str = "111122223333") -> str:
    return f"arn:aws:sqs:{region}:{account}:{name}"


def facts(name: str, *, visible: int = 0, dlq: str | None = None) -> QueueFacts:
    return QueueFacts(
        arn=arn(name),
        url=f"https://sqs.eu-west-1.amazonaws.com/111122223333/{name}",
        fifo=name.endswith(".fifo"),
        retention_seconds=4 * DAY,
        max_message_bytes=1_048_576,
        visible=visible,
        in_flight=0,
        delayed=0,
        redrive_policy=RedrivePolicy(dlq, 3) if dlq else None,
    )


def dlq(name: str = "orders-dlq", *sources: str, visible: int = 1) -> DeadLetterQueue:
    return DeadLetterQueue(
        name=name,
        arn=arn(name),
        fifo=name.endswith(".fifo"),
        sources=sources,
        visible=visible,
        in_flight=0,
        delayed=0,
        retention_seconds=4 * DAY,
    )


def test_a_queue_is_listed_when_something_feeds_it() -> None:
    rule = "arn:aws:events:eu-west-1:111122223333:rule/nightly"
    queues = [facts("orders", dlq=arn("failed")), facts("failed"), facts("other")]
    (found,) = dead_letter_queues(queues, [Feed(rule, arn("failed"))])
    assert found.name == "failed"
    assert found.sources == (rule, arn("orders"))


def test_a_queue_nothing_feeds_is_listed_for_its_name() -> None:
    (found,) = dead_letter_queues([facts("orders"), facts("orders-dlq")], [])
    assert (found.name, found.sources) == ("orders-dlq", ())


@pytest.mark.parametrize("where", [{"region": "us-east-1"}, {"account": "999999999999"}])
def test_targets_of_another_region_or_account_are_left_out(where: dict[str, str]) -> None:
    assert dead_letter_queues([facts("failed")], [Feed("x", arn("failed", **where))]) == []


@pytest.mark.parametrize(
    "name",
    [
        "dlq",
        "orders-dlq",
        "orders_DLQ",
        "orders-dlq.fifo",
        "dlq-orders",
        "ordersdlq",
        "OrdersDLQ",
        "ordersDlqQueue",
        "orders-dead-letter",
        "OrdersDeadLetterQueue-1A2B3C",
        "dead_letters",
        "deadletterqueue",
    ],
)
def test_names_that_say_dead_letter(name: str) -> None:
    assert named_dead_letter(name)


@pytest.mark.parametrize("name", ["orders", "deadline", "letters", "dlquotes", "undead", "load-lq"])
def test_names_that_do_not(name: str) -> None:
    assert not named_dead_letter(name)


def test_first_expiry_is_what_retention_leaves() -> None:
    queue = dlq().aged(DAY, now=NOW)
    assert queue.oldest_seconds == DAY
    assert queue.first_expiry == NOW + timedelta(days=3)


def test_an_empty_queue_has_no_oldest_message() -> None:
    queue = dlq(visible=0)
    assert with_ages([queue], {queue.arn: 60}, now=NOW) == [queue]


@pytest.mark.parametrize(
    ("queue", "bound"),
    [
        (dlq("a-dlq", arn("a")), True),
        (dlq("a-dlq"), True),
        (dlq("a-dlq.fifo", arn("a.fifo")), False),
        (dlq("a-dlq", "arn:aws:lambda:eu-west-1:111122223333:function:a"), False),
    ],
)
def test_only_what_sqs_moved_to_a_standard_queue_may_expire_earlier(
    queue: DeadLetterQueue, bound: bool
) -> None:
    assert queue.first_expiry_is_a_bound is bound


def test_what_expires_soon_comes_first_then_the_fullest() -> None:
    soon = dlq("soon").aged(4 * DAY - 3600, now=NOW)
    sooner = dlq("sooner").aged(4 * DAY - 60, now=NOW)
    full, some, none = dlq("full", visible=9), dlq("a", visible=2), dlq("b", visible=0)
    ordered = most_pressing_first([none, some, full, soon, sooner], now=NOW)
    assert [queue.name for queue in ordered] == ["sooner", "soon", "full", "a", "b"]


def test_the_document_has_every_public_key() -> None:
    queue = replace(dlq("a-dlq", arn("a")), in_flight=2, delayed=3).aged(60, now=NOW)
    assert queue_document(queue) == {
        "name": "a-dlq",
        "arn": arn("a-dlq"),
        "fifo": False,
        "sources": [arn("a")],
        "visible": 1,
        "in_flight": 2,
        "delayed": 3,
        "retention_seconds": 4 * DAY,
        "oldest_seconds": 60,
        "first_expiry": "2026-11-24T11:59:00.000Z",
    }


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ("arn:aws:sqs:eu-west-1:1:orders", "queue orders"),
        ("arn:aws:lambda:eu-west-1:1:function:pay:live", "function pay:live"),
        ("arn:aws:events:eu-west-1:1:rule/nightly", "rule nightly"),
        ("arn:aws:events:eu-west-1:1:rule/shop/nightly", "rule shop/nightly"),
        ("arn:aws:scheduler:eu-west-1:1:schedule/default/daily", "schedule daily"),
        ("arn:aws:scheduler:eu-west-1:1:schedule/ops/daily", "schedule ops/daily"),
        ("arn:aws:pipes:eu-west-1:1:pipe/p", "pipe p"),
        ("arn:aws:sns:eu-west-1:1:news", "topic news"),
        ("arn:aws:s3:::bucket", "arn:aws:s3:::bucket"),
        ("odd", "odd"),
    ],
)
def test_sources_by_kind_and_short_name(source: str, label: str) -> None:
    assert source_label(source) == label


def test_only_a_service_that_is_not_there_leaves_the_list_complete() -> None:
    gaps = {why: Gap("pipes:ListPipes", "pipes are not known", why, "said") for why in Why}
    assert [why for why, gap in gaps.items() if not gap.incomplete] == [Why.UNSUPPORTED]
    assert all("pipes:ListPipes" in str(gap) for gap in gaps.values())
    assert "allow pipes:ListPipes" in str(gaps[Why.DENIED])
