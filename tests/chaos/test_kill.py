"""SIGKILL at any call, then another run: nothing is lost, only what was in flight can double.

The moments are drawn from a seed and given as the n-th call of an operation, as the server counts
them; the process dies before SQS does what the call asks for, or right after.
"""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.shop import HIDDEN_SECONDS, Shop

EACH = 60
SEEDS = range(9)
OPERATIONS = ("SendMessageBatch", "DeleteMessageBatch", "ReceiveMessage")


@dataclass(frozen=True)
class Blow:
    """When the process is killed, and what it was doing."""

    operation: str
    at: int
    applied: bool
    workers: int
    fifo: bool

    @classmethod
    def draw(cls, seed: int) -> Blow:
        dice = random.Random(seed)
        return cls(
            operation=OPERATIONS[seed % 3],
            at=dice.randint(1, 9),
            applied=dice.random() < 0.6,
            workers=dice.choice([1, 4, 16]),
            fifo=seed % 4 == 3,
        )


@dataclass(frozen=True)
class Story:
    """What became of the messages: after the kill, and after each of the two later runs."""

    blow: Blow
    held: dict[str, Any]
    held_code: int
    resent: dict[str, Any]
    resent_code: int
    doubled_before: int
    doubled: int
    missing: int
    left: int
    in_flight: tuple[int, int]
    in_order: bool


def tell(seed: int, home: Path) -> Story:
    blow = Blow.draw(seed)
    with Shop(home, fifo=blow.fifo) as shop:
        shop.fill(EACH)
        rate = ("--rate", "max", "--workers", str(blow.workers))
        process = shop.redrive(*rate, "-q")
        shop.strike_and_lose(process, blow.operation, blow.at, applied=blow.applied)
        code, _, err = shop.wait(process)
        assert code == -9, err
        held_code, held, _ = shop.resume("--in-doubt", "hold")
        in_flight = shop.in_flight()
        shop.check(held, of=2 * EACH)
        doubled_before = shop.arrived().total() - len(shop.arrived())
        # Another run, since a resumed one waits once more for what may still be hidden.
        shop.clock.advance(HIDDEN_SECONDS)
        resent_code, out, _ = shop.wait(
            shop.redrive("--rate", "max", "--in-doubt", "resend", "-o", "json")
        )
        resent = json.loads(out)
        shop.check(resent, of=2 * EACH)
        arrived = shop.arrived()
        return Story(
            blow=blow,
            held=held,
            held_code=held_code,
            resent=resent,
            resent_code=resent_code,
            doubled_before=doubled_before,
            doubled=arrived.total() - len(arrived),
            missing=2 * EACH - len(arrived),
            left=len(shop.bodies("dlq")),
            in_flight=(in_flight, shop.in_flight()),
            in_order=_in_order(shop) if blow.fifo else True,
        )


def _in_order(shop: Shop) -> bool:
    """Whether each group has its messages in the order they were first sent."""
    for name in ("orders", "returns"):
        groups: dict[str, list[str]] = {}
        queue = shop.sqs.snapshot()["queues"][f"{name}.fifo"]["messages"]
        for message in queue:
            group = message["system_attributes"]["MessageGroupId"]
            groups.setdefault(group, []).append(message["body"])
        if any(bodies != sorted(bodies) for bodies in groups.values()):
            return False
    return True


def test_killed_and_resumed_loses_nothing_and_doubles_at_most_what_was_in_flight(
    tmp_path: Path,
) -> None:
    """All at once: a resumed run mostly waits for messages that might still be hidden."""
    with ThreadPoolExecutor(len(SEEDS)) as pool:
        stories = list(pool.map(lambda seed: tell(seed, tmp_path / str(seed)), SEEDS))
    for story in stories:
        check(story)


def check(story: Story) -> None:
    # Held: nothing doubled, what is in doubt is told and visible, the rest has arrived.
    assert story.doubled_before == 0, story
    doubtful = story.held["in_doubt"]
    assert story.held_code == (4 if doubtful else 0), story
    assert doubtful <= 10 * story.blow.workers, story
    if story.blow.fifo:
        assert doubtful == 0, story  # repeated with the same ids, which SQS knows
    elif story.blow.operation == "SendMessageBatch":
        assert doubtful > 0, story
    assert story.in_flight == (0, 0), story
    assert story.held["redriven"] + doubtful == story.held["selected"] == 2 * EACH, story
    # Resent: everything is where it belongs.
    assert (story.missing, story.left, story.resent_code) == (0, 0, 0), story
    assert story.resent["selected"] == story.resent["redriven"] == doubtful, story
    assert story.doubled <= doubtful, story
    assert story.in_order, story
