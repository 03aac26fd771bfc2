"""Accounts with dead letters, for redrives in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.redrive.account import Account


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """`dlq`, fed by `orders`."""
    return Account(tmp_path)


@pytest.fixture
def fifo_account(tmp_path: Path) -> Account:
    """`dlq.fifo`, fed by `orders.fifo`."""
    return Account(tmp_path, fifo=True)


@pytest.fixture
def new_account(tmp_path: Path) -> Callable[..., Account]:
    """An account as the test asks for it."""

    def new(**options: object) -> Account:
        return Account(tmp_path, **options)  # type: ignore[arg-type]

    return new
