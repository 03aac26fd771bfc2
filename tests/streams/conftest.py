"""An account for the command line to work on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.sqs_server import FakeSqsServer
from tests.fakes.streams_server import StreamsServer
from tests.streams.account import Account, new_streams


@pytest.fixture
def account(fake_sqs: FakeSqsServer, tmp_path: Path) -> Iterator[Account]:
    with StreamsServer(new_streams()) as server:
        found = Account(server, fake_sqs.url, tmp_path)
        yield found
        found.sqs.close()
