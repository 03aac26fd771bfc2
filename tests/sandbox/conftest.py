from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dlqctl.sandbox.seed import seed
from dlqctl.sandbox.server import Sandbox, running
from dlqctl.sandbox.shop import Shop


@dataclass(frozen=True)
class Seeded:
    sandbox: Sandbox
    shop: Shop


@pytest.fixture(scope="session")
def seeded() -> Iterator[Seeded]:
    """One seeded sandbox for all tests: starting one costs seconds."""
    with running() as sandbox:
        yield Seeded(sandbox, seed(sandbox))
