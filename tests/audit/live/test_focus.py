"""--queue and --function: what is read, and what is judged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dlqctl.audit.calls import READ_ONLY
from dlqctl.audit.facts import Reference, Unknown
from dlqctl.audit.live.asking import Identity
from dlqctl.audit.live.collector import Collected, collect, collect_each
from dlqctl.audit.live.names import Named, Wanted, function_named, queue_named
from dlqctl.audit.resources import EventTarget, Function, Queue
from dlqctl.errors import DlqctlError, UsageError
from tests.audit.live.account import ACCOUNT, REGION, FakeAccount, arn, function_arn, queue_arn

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def wanted(*, queues: tuple[str, ...] = (), functions: tuple[str, ...] = ()) -> Wanted:
    return Wanted(
        tuple(queue_named(one) for one in queues), tuple(function_named(one) for one in functions)
    )


def read(account: FakeAccount, what: Wanted) -> Collected:
    return collect(account, READ_ONLY, now=lambda: NOW, wanted=what)


@pytest.fixture
def shop() -> FakeAccount:
    """Two chains that have nothing to do with each other, and two feeds of a DLQ from afar."""
    account = FakeAccount()
    for name in ("orders", "bills"):
        account.queue(name, dlq=f"{name}-dlq")
        account.queue(f"{name}-dlq")
        account.function(f"{name}-worker", aliases={"live": None}, invoke_configs=({},))
        account.mapping(f"{name}-1", queue_arn(name), f"{name}-worker")
        account.rule(f"{name}-rule", {"Id": "t", "Arn": function_arn(f"{name}-worker")})
        account.alarm(f"{name}-alarm", "M", Dimensions={"QueueName": f"{name}-dlq"})
    account.queue("upstream", dlq="orders-dlq")
    account.function("afar", DeadLetterConfig={"TargetArn": queue_arn("orders-dlq")})
    return account


def test_a_queue_with_its_surroundings(shop: FakeAccount) -> None:
    found = read(shop, wanted(queues=("orders",))).inventory
    assert {one.name for one in found.of(Queue)} == {"orders", "orders-dlq", "upstream"}
    assert {one.name for one in found.judged(Queue)} == {"orders", "orders-dlq"}
    assert {one.name for one in found.judged(Function)} == {"orders-worker"}
    assert [one.ref for one in found.judged(EventTarget)] == []
    feeds = found.graph.feeds(queue_arn("orders-dlq"))
    assert feeds.gap is None
    assert {feed.by.name for feed in feeds.seen} == {"orders", "upstream", "afar"}


def test_a_function_with_its_surroundings(shop: FakeAccount) -> None:
    found = read(shop, wanted(functions=("orders-worker",))).inventory
    assert {one.name for one in found.judged(Queue)} == {"orders", "orders-dlq"}
    assert {one.name for one in found.judged(Function)} == {"orders-worker"}
    assert [one.ref for one in found.judged(EventTarget)] == [arn("events", "rule/orders-rule")]
    assert found.focus is not None
    assert arn("cloudwatch", "alarm:orders-alarm") in found.focus
    assert arn("cloudwatch", "alarm:bills-alarm") not in found.focus


def test_a_dead_letter_queue_with_what_redrives_into_it(shop: FakeAccount) -> None:
    found = read(shop, wanted(queues=("orders-dlq",))).inventory
    assert {one.name for one in found.judged(Queue)} == {"orders", "orders-dlq", "upstream"}


def test_asks_only_for_what_is_near(shop: FakeAccount) -> None:
    read(shop, wanted(queues=("orders",)))
    assert shop.count("sqs:ListQueues") == 0
    assert shop.count("sqs:GetQueueAttributes") == 3
    for action in ("GetPolicy", "GetFunctionConcurrency", "GetFunctionRecursionConfig"):
        assert {
            args["FunctionName"] for asked, args in shop.calls if asked == f"lambda:{action}"
        } == {"orders-worker"}
    asked = [(action, str(sorted(args.items()))) for action, args in shop.calls]
    assert len(asked) == len(set(asked))


def test_what_is_not_near_is_unknown_not_absent(shop: FakeAccount) -> None:
    found = read(shop, wanted(queues=("orders",))).inventory
    assert isinstance(found.find(Queue, Reference(queue_arn("bills"), "sqs")), Unknown)
    assert found.find(Function, Reference(function_arn("nobody"), "lambda")) is None


def test_a_dead_letter_queue_that_is_not_there(shop: FakeAccount) -> None:
    shop.queue("lost", dlq="nowhere")
    found = read(shop, wanted(queues=("lost",))).inventory
    assert found.find(Queue, Reference(queue_arn("nowhere"), "sqs")) is None


def test_reads_every_queue_where_sources_cannot_be_listed(shop: FakeAccount) -> None:
    shop.unsupported = {"sqs:ListDeadLetterSourceQueues"}
    found = read(shop, wanted(queues=("orders-dlq",))).inventory
    assert len(found.of(Queue)) == len(shop.queues)
    assert {one.name for one in found.judged(Queue)} == {"orders", "orders-dlq", "upstream"}


def test_chains_of_dead_letter_queues_and_cycles_end() -> None:
    account = FakeAccount()
    account.queue("a", dlq="b")
    account.queue("b", dlq="c")
    account.queue("c", dlq="a")
    found = read(account, wanted(queues=("a",))).inventory
    assert {one.name for one in found.judged(Queue)} == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (wanted(queues=("orders", "nope")), "no queue 'nope' in 111122223333/eu-west-1"),
        (wanted(functions=("nope",)), "no function 'nope'"),
        (
            Wanted(queues=(Named("orders", "orders", "eu-west-2"),)),
            "no queue 'orders'",
        ),
    ],
)
def test_what_is_not_there_is_refused(shop: FakeAccount, what: Wanted, says: str) -> None:
    with pytest.raises(DlqctlError, match=says):
        collect_each([shop], READ_ONLY, now=lambda: NOW, asked=lambda _: None, wanted=what)


def test_one_of_several_accounts_is_enough(shop: FakeAccount) -> None:
    other = FakeAccount(Identity(ACCOUNT, "us-east-1"))
    both = collect_each(
        [shop, other],
        READ_ONLY,
        now=lambda: NOW,
        asked=lambda _: None,
        wanted=wanted(queues=("orders",)),
    )
    assert [len(one.inventory.judged(Queue)) for one in both] == [2, 0]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("orders", ("orders", None, None)),
        ("orders.fifo", ("orders.fifo", None, None)),
        (queue_arn("orders"), ("orders", REGION, ACCOUNT)),
        (f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/orders", ("orders", REGION, ACCOUNT)),
        (f"http://127.0.0.1:5000/{ACCOUNT}/orders", ("orders", None, ACCOUNT)),
    ],
)
def test_queues_by_name_url_and_arn(text: str, named: tuple[Any, ...]) -> None:
    found = queue_named(text)
    assert (found.name, found.region, found.account_id) == named
    assert found.written == text


@pytest.mark.parametrize("text", ["", "a b", "arn:aws:sns:eu-west-1:1:x", "http://x/y", "é"])
def test_what_is_no_queue(text: str) -> None:
    with pytest.raises(UsageError):
        queue_named(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("worker", ("worker", None, None)),
        ("worker:live", ("worker", None, None)),
        (function_arn("worker", "live"), ("worker", REGION, ACCOUNT)),
    ],
)
def test_functions_by_name_and_arn(text: str, named: tuple[Any, ...]) -> None:
    found = function_named(text)
    assert (found.name, found.region, found.account_id) == named


@pytest.mark.parametrize("text", ["", "a b", "arn:aws:sqs:eu-west-1:1:x"])
def test_what_is_no_function(text: str) -> None:
    with pytest.raises(UsageError):
        function_named(text)
