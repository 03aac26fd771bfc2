"""Servers that any test may ask for: started when first asked for, one set per test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import servers
from tests.fakes.clocks import RunningClock
from tests.fakes.sqs import FakeSqs
from tests.fakes.sqs_server import FakeSqsServer


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """moto's server, shared: use queue names of your own and keep queues under 200 messages."""
    with servers.moto_server() as url:
        yield url


@pytest.fixture(scope="session")
def ministack_url() -> Iterator[str]:
    """ministack, shared: use resource names of your own."""
    with servers.ministack() as url:
        yield url


@pytest.fixture(scope="session")
def fake_sqs_url() -> Iterator[str]:
    """The fake SQS as a process, shared: steer it with `tests.servers.control`."""
    with servers.fake_sqs_server() as url:
        yield url


@pytest.fixture
def fake_sqs() -> Iterator[FakeSqsServer]:
    """A fake SQS of the test's own, served at `.url`, its state in reach at `.sqs`."""
    with FakeSqsServer(FakeSqs(clock=RunningClock())) as server:
        yield server
