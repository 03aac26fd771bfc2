"""The demo's check is real: it says so when the story did not come true."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from dlqctl.cli import demo
from dlqctl.errors import DlqctlError
from dlqctl.sandbox.queues import Depth
from dlqctl.sandbox.server import Sandbox
from dlqctl.sandbox.shop import ShopState, all_orders

NONE = Depth(visible=0, in_flight=0, delayed=0)
ONE_IN_FLIGHT = Depth(visible=0, in_flight=1, delayed=0)
EACH_ONCE = {str(order["order_id"]): 1 for order in all_orders()}


@dataclass(frozen=True)
class ShopAtRest:
    rest: ShopState

    def wait_until(self, holds: Callable[[ShopState], bool]) -> ShopState:
        assert holds(self.rest)
        return self.rest


@dataclass(frozen=True)
class Silent(demo._Narrator):
    def run(self, *arguments: str) -> None:
        pass


def tell_the_end(state: ShopState) -> None:
    narrator = Silent(Sandbox("http://127.0.0.1:1", Path()))
    demo._redrive(narrator, ShopAtRest(state))  # type: ignore[arg-type]


def test_a_happy_end() -> None:
    tell_the_end(ShopState(NONE, NONE, EACH_ONCE))


@pytest.mark.parametrize(
    ("dead_letters", "times_fulfilled"),
    [
        (ONE_IN_FLIGHT, EACH_ONCE),
        (NONE, EACH_ONCE | {"A-1001": 2}),
        (NONE, {order: 1 for order in EACH_ONCE if order != "A-1001"}),
    ],
    ids=["a letter left", "an order doubled", "an order lost"],
)
def test_a_story_that_did_not_come_true(
    dead_letters: Depth, times_fulfilled: dict[str, int]
) -> None:
    with pytest.raises(DlqctlError, match="did not come true"):
        tell_the_end(ShopState(NONE, dead_letters, times_fulfilled))
