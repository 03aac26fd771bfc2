"""Ctrl-C and SIGTERM at any call: in flight is finished, the rest is given back at once."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from tests.chaos.shop import Shop

EACH = 40


@pytest.mark.parametrize("seed", range(4))
def test_interrupted_once_all_is_visible_and_resuming_doubles_nothing(
    tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    how = [signal.SIGINT, signal.SIGTERM][seed % 2]
    operation = ["ReceiveMessage", "SendMessageBatch", "DeleteMessageBatch"][seed % 3]
    with Shop(tmp_path, fifo=seed == 5) as shop:
        shop.fill(EACH)
        process = shop.redrive("--rate", dice.choice(["40", "max"]), "--workers", "4")
        shop.strike(process, operation, dice.randint(1, 6), how=how)
        code, out, err = shop.wait(process)
        assert (code, out) == (130, ""), err
        run = shop.dlqctl.last_run()
        assert f"to go on: dlqctl redrive dlq{shop.suffix} --resume {run}" in err
        assert "finishing what is in flight" in err
        assert shop.in_flight() == 0
        stopped = shop.arrived()
        assert max(stopped.values(), default=1) == 1
        assert len(shop.bodies("dlq")) == 2 * EACH - stopped.total()
        code, summary, err = shop.resume()
        assert code == 0, err
        shop.check(summary, of=2 * EACH)
        assert summary["redriven"] == 2 * EACH
        assert shop.arrived().total() == 2 * EACH
        assert shop.bodies("dlq") == []


def test_interrupted_while_messages_are_given_back_all_are_given_back(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.fill(EACH)
        process = shop.redrive("--where", "ends_with(body_text, '7')", "--rate", "max")
        shop.strike(process, "ChangeMessageVisibilityBatch", 2, how=signal.SIGINT)
        code, _, err = shop.wait(process)
        assert code == 130, err
        assert "to go on" in err
        assert shop.in_flight() == 0
        assert shop.arrived().total() == 8


def test_interrupted_twice_it_ends_at_once_and_can_be_resumed(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.fill(EACH)
        process = shop.redrive("--rate", "20", "--workers", "2")
        shop.strike(process, "SendMessageBatch", 4, how=signal.SIGINT)
        shop.strike(process, "SendMessageBatch", 4, how=signal.SIGINT)
        # The second comes with the next call, whichever that is.
        shop.strike(process, "ChangeMessageVisibilityBatch", 1, how=signal.SIGINT)
        code, _, err = shop.wait(process)
        assert code == 130, err
        code, summary, err = shop.resume("--in-doubt", "resend")
        assert code == 0, err
        shop.check(summary, of=2 * EACH)
        assert summary["redriven"] == 2 * EACH
        assert shop.bodies("dlq") == []


def test_interrupted_while_it_plans_nothing_is_changed(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.fill(EACH)
        process = shop.dlqctl.start("redrive", "dlq", "--dry-run")
        shop.strike(process, "ReceiveMessage", 3, how=signal.SIGINT)
        code, out, err = shop.wait(process)
        assert (code, out) == (130, ""), err
        assert shop.in_flight() == 0
        assert len(shop.bodies("dlq")) == 2 * EACH
