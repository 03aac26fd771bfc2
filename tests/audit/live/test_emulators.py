"""The collector against two emulators: over the wire, by way of boto3."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dlqctl.audit.calls import READ_ONLY
from dlqctl.audit.facts import Reference, Unknown
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.live.collector import collect
from dlqctl.audit.live.names import Wanted, queue_named
from dlqctl.audit.resources import (
    INFINITE,
    Alarm,
    EventSourceMapping,
    EventTarget,
    Function,
    Queue,
    RedrivePolicy,
    Stream,
    Subscription,
)
from dlqctl.aws.account import AwsAccount
from dlqctl.aws.session import AwsOptions, AwsSession
from tests.audit.live.seeded import seed

# Regions that no other test uses: the servers are shared.
REGION = "ap-southeast-3"


@pytest.fixture(scope="module", params=["moto_url", "ministack_url"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    seed(found, REGION)
    return found


@pytest.fixture
def account(url: str, monkeypatch: pytest.MonkeyPatch) -> AwsAccount:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return AwsAccount(AwsSession(AwsOptions(region=REGION, endpoint_url=url)))


def read(account: AwsAccount, wanted: Wanted | None = None) -> Inventory:
    return collect(account, READ_ONLY, now=lambda: datetime.now(UTC), wanted=wanted).inventory


def test_everything_that_was_made_is_found(account: AwsAccount) -> None:
    found = read(account)
    queues = {one.name: one for one in found.of(Queue)}
    assert {"orders", "bills", "bills-dlq"} <= set(queues)
    assert queues["orders"].redrive is None
    bills = queues["bills"].redrive
    assert bills == RedrivePolicy(Reference(queues["bills-dlq"].ref, "sqs"), 5)
    assert queues["bills-dlq"].retention_seconds == 1_209_600
    (worker,) = (one for one in found.of(Function) if one.name == "worker")
    assert worker.timeout_seconds == 10
    assert worker.reserved_concurrency is None
    assert not isinstance(worker.policy, Unknown)
    assert worker.policy is not None
    mappings = {one.label: one for one in found.of(EventSourceMapping)}
    assert {"orders to worker", "bills to worker", "clicks to worker"} <= set(mappings)
    clicks = mappings["clicks to worker"]
    assert clicks.maximum_retry_attempts == INFINITE
    assert clicks.maximum_record_age_seconds == INFINITE
    (stream,) = found.of(Stream)
    assert (stream.open_shards, stream.retention_seconds) == (2, 86_400)
    assert any(one.target == Reference(worker.ref, "lambda") for one in found.of(EventTarget))
    assert any(
        one.endpoint == Reference(queues["orders"].ref, "sqs") for one in found.of(Subscription)
    )
    (alarm,) = (one for one in found.of(Alarm) if one.name == "bills-dlq-not-empty")
    assert not isinstance(alarm.metrics, Unknown)
    assert alarm.metrics[0].dimensions == {"QueueName": "bills-dlq"}


def test_narrowed(account: AwsAccount) -> None:
    found = read(account, Wanted(queues=(queue_named("bills"),)))
    assert {one.name for one in found.judged(Queue)} == {"bills", "bills-dlq"}
    assert {one.name for one in found.judged(Function)} == {"worker"}
