import pytest

from dlqctl.audit.asynchronous import keeps_failures
from dlqctl.audit.destinations import account_and_region, is_fifo, is_missing, resource_name
from dlqctl.audit.facts import Fact, Reference
from dlqctl.audit.resources import EventInvokeConfig, Function, Queue
from tests.audit.build import (
    ACCOUNT,
    REGION,
    UNKNOWN,
    alarm,
    arn,
    function,
    inventory,
    invoke_config,
    queue,
    subscription,
    to,
)

DLQ = to("sqs", "dlq")


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (to("sqs", "orders"), False),
        (to("sqs", "gone"), True),
        (to("lambda", "gone", "live"), True),
        (to("sns", "not-collected"), False),
    ],
)
def test_missing(there: Reference, expected: bool) -> None:
    assert is_missing(there, inventory(queue("orders"))) is expected


def test_missing_is_unknown_where_the_type_was_not_listed() -> None:
    assert is_missing(DLQ, inventory(gaps={Queue: UNKNOWN})) == UNKNOWN
    missing = frozenset({arn("sns", "gone")})
    assert is_missing(to("sns", "gone"), inventory(missing=missing)) is True


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (to("sqs", "a.fifo"), True),
        (to("sns", "a"), False),
        (to("lambda", "a"), False),
        (Reference("Jobs", "sqs"), True),
        (Reference("Gone", "sqs"), False),
        (Reference("Odd", "sqs"), UNKNOWN),
    ],
)
def test_fifo(there: Reference, expected: Fact[bool]) -> None:
    account = inventory(Queue(ref="Jobs", fifo=True), Queue(ref="Odd", fifo=UNKNOWN))
    assert is_fifo(there, account) == expected


def test_names_and_places() -> None:
    assert resource_name(arn("sns", "news")) == "news"
    assert resource_name(arn("events", "bus/nightly")) == "nightly"
    assert resource_name("Nightly") == "Nightly"
    assert account_and_region(arn("sqs", "dlq")) == (ACCOUNT, REGION)
    assert account_and_region("Dlq") is None


@pytest.mark.parametrize(
    ("worker", "config", "expected"),
    [
        (function(), None, False),
        (function(dead_letter=DLQ), None, True),
        (function(dead_letter=UNKNOWN), None, UNKNOWN),
        (function(dead_letter=UNKNOWN), invoke_config(on_failure=DLQ), True),
        (function(), invoke_config(qualifier="live", on_failure=DLQ), True),
        (function(), invoke_config(on_failure=UNKNOWN), UNKNOWN),
        (function(), invoke_config(), False),
    ],
)
def test_keeps_failures(
    worker: Function, config: EventInvokeConfig | None, expected: Fact[bool]
) -> None:
    account = inventory(worker, *([config] if config else []))
    assert keeps_failures(worker, account) == expected
    unlisted = inventory(worker, gaps={EventInvokeConfig: UNKNOWN})
    assert keeps_failures(worker, unlisted) == (True if worker.dead_letter == DLQ else UNKNOWN)


def test_alarms_and_subscriptions_are_found_by_what_they_are_on() -> None:
    across = alarm("Errors", "across", namespace="AWS/Lambda")
    one = alarm("Errors", "one", namespace="AWS/Lambda", FunctionName="worker")
    account = inventory(across, one, subscription("news"), subscription("other", id="s2"))
    assert account.graph.alarms_across(namespace="AWS/Lambda", metric="Errors").seen == (across,)
    assert len(account.graph.subscriptions_of(arn("sns", "news")).seen) == 1


def test_named_finds_by_name_and_by_ref() -> None:
    account = inventory(queue("orders"))
    assert account.named(Queue, "orders") is account.resources[0]
    assert account.named(Queue, arn("sqs", "orders")) is account.resources[0]
    assert account.named(Queue, "gone") is None
    assert inventory(gaps={Queue: UNKNOWN}).named(Queue, "gone") == UNKNOWN
