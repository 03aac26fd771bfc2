"""The rate, with workers whose calls take varying times, on a clock that only they move."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlqctl.cli.redrive_run import default_workers
from dlqctl.redrive.pacing import Pace, Schedule
from dlqctl.redrive.tally import Tally
from tests.redrive.taking_turns import TakingTurns

Sends = list[tuple[float, int]]


def simulate(
    rate: float,
    *,
    seconds: float,
    received: Callable[[random.Random, int], int] = lambda _, count: count,
    latency: tuple[float, float] = (0.005, 0.12),
    refused: float = 0.0,
    workers: int | None = None,
    seed: int = 1,
) -> Sends:
    """When how many messages were sent, by workers as the engine has them."""
    dice = random.Random(seed)
    turns = TakingTurns()
    pace = Pace(rate, clock=turns.clock, sleep=turns.sleep)
    sends: Sends = []

    def work() -> None:
        while turns.clock() < seconds:
            count = pace.batch_size
            pace.before_receive(count)
            turns.sleep(dice.uniform(*latency))
            ready = sum(dice.random() >= refused for _ in range(received(dice, count)))
            if ready:
                pace.before_send(ready)
                sends.append((turns.clock(), ready))
                turns.sleep(dice.uniform(*latency) * 2)
            pace.unused(count - ready)

    turns.run(*[work] * (workers or default_workers(rate)))
    return sorted(sends)


def achieved(sends: Sends) -> float:
    tally = Tally()
    for at, count in sends:
        tally.add_send(count, at=at)
    assert tally.achieved_rate
    return tally.achieved_rate


def busiest_second(sends: Sends) -> int:
    return max(sum(n for at, n in sends if start <= at < start + 1 - 1e-9) for start, _ in sends)


@pytest.mark.parametrize("rate", [0.5, 2, 5, 50, 500])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_rate_is_kept_within_two_percent_and_without_bursts(rate: float, seed: int) -> None:
    sends = simulate(rate, seconds=max(40, 100 / rate), seed=seed)
    assert achieved(sends) == pytest.approx(rate, rel=0.02)
    assert busiest_second(sends) <= max(rate, 1) + Pace(rate, clock=float, sleep=bool).batch_size


@pytest.mark.parametrize("rate", [5, 50, 500])
def test_partial_and_empty_receives_give_their_turn_to_others(rate: float) -> None:
    """Half of the receives bring less than asked for, a tenth bring nothing."""

    def some(dice: random.Random, count: int) -> int:
        return 0 if dice.random() < 0.1 else dice.randint(1, count)

    sends = simulate(rate, seconds=60, received=some)
    assert achieved(sends) == pytest.approx(rate, rel=0.02)
    assert busiest_second(sends) <= rate + 10


@pytest.mark.parametrize("rate", [5, 50])
def test_messages_that_are_not_selected_do_not_count(rate: float) -> None:
    sends = simulate(rate, seconds=200, refused=0.7, workers=16)
    assert achieved(sends) == pytest.approx(rate, rel=0.02)
    assert busiest_second(sends) <= rate + 10


def test_after_a_drought_nothing_is_made_up_for() -> None:
    """For ten seconds nothing comes; afterwards the rate is what it was."""
    turns = TakingTurns()
    pace = Pace(50, clock=turns.clock, sleep=turns.sleep)
    sends: Sends = []

    def work() -> None:
        while turns.clock() < 30:
            count = pace.batch_size
            pace.before_receive(count)
            turns.sleep(0.05)
            if 10 < turns.clock() < 20:
                pace.unused(count)
                turns.sleep(0.2)
                continue
            pace.before_send(count)
            sends.append((turns.clock(), count))

    turns.run(*[work] * 8)
    assert busiest_second(sorted(sends)) <= 50 + pace.batch_size


@pytest.mark.parametrize(
    ("rate", "size"),
    [(0.1, 1), (2, 1), (5, 1), (10, 1), (20, 2), (50, 5), (100, 10), (5000, 10), (None, 10)],
)
def test_batches_shrink_when_the_rate_is_low(rate: float | None, size: int) -> None:
    assert Pace(rate, clock=float, sleep=bool).batch_size == size


def test_two_a_second_are_two_a_second_and_not_ten_every_five_seconds() -> None:
    sends = simulate(2, seconds=20)
    gaps = [later - at for (at, _), (later, _) in pairwise(sends)]
    assert {count for _, count in sends} == {1}
    assert max(gaps) < 1
    assert min(gaps) > 0.4


def test_as_fast_as_it_goes_waits_for_nothing() -> None:
    pace = Pace(None, clock=float, sleep=lambda _: pytest.fail("waited"))
    assert pace.before_receive(10)
    assert pace.before_send(10)
    pace.unused(3)


def test_a_wait_that_is_cut_short_says_so() -> None:
    pace = Pace(1, clock=lambda: 0.0, sleep=lambda _: True)
    assert pace.before_receive(1)
    assert not pace.before_receive(1)


@given(
    rate=st.floats(min_value=0.01, max_value=10_000),
    steps=st.lists(
        st.tuples(
            st.integers(min_value=1, max_value=10),
            st.floats(min_value=0, max_value=3),
            st.integers(min_value=0, max_value=10),
        ),
        min_size=1,
        max_size=60,
    ),
)
@settings(max_examples=200, deadline=None)
def test_no_window_of_the_schedule_holds_more_than_its_share(
    rate: float, steps: list[tuple[int, float, int]]
) -> None:
    """Whoever asks when; what is given back was never used."""
    schedule = Schedule(rate)
    now, slots = 0.0, []
    for count, passed, unused in steps:
        now += passed
        at = schedule.take(count, now=now)
        assert at >= now or at == pytest.approx(now)
        if unused >= count:
            schedule.give_back(count, now=now)
        else:
            slots.append((at, count))
    for position, (start, _) in enumerate(slots):
        total = 0
        for at, count in slots[position:]:
            total += count
            window = at - start
            assert total <= rate * window * (1 + 1e-9) + 10 + 1e-6 or total - count <= (
                rate * window * (1 + 1e-9) + 1e-6
            )
