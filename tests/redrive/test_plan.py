"""Where a letter goes, and what a person is told before they agree."""

from __future__ import annotations

from typing import Any

import pytest

from dlqctl import origins
from dlqctl.errors import UsageError
from dlqctl.letters import DeadLetter, FailureError, FailureRecord
from dlqctl.origins import Refusal
from dlqctl.queues import QueueFacts
from dlqctl.redrive.guard import refuse_unfit_destination
from dlqctl.redrive.plan import MoveTo, Router, make_plan
from dlqctl.redrive.summary import planned
from tests.origins.corpus import cases

DLQ = "arn:aws:sqs:us-east-1:123456789012:dlq"
ORDERS, RETURNS = DLQ.replace(":dlq", ":orders"), DLQ.replace(":dlq", ":returns")


def letter(**more: Any) -> FailureRecord:
    return origins.decode(DeadLetter("m", DLQ, "body", **more))


def test_to_its_own_source() -> None:
    router = Router(DLQ, None, [ORDERS, RETURNS])
    assert router.step(letter(source_queue_arn=RETURNS)) == MoveTo(RETURNS)


def test_its_own_source_counts_also_where_the_queue_has_another_by_now() -> None:
    assert Router(DLQ, None, [ORDERS]).step(letter(source_queue_arn=RETURNS)) == MoveTo(RETURNS)


def test_to_overrides_everything() -> None:
    router = Router(DLQ, ORDERS, [RETURNS])
    for case in cases():
        assert router.step(origins.decode(case.letter)) == MoveTo(ORDERS)


def test_the_only_source_is_a_guess_that_is_told() -> None:
    assert Router(DLQ, None, [ORDERS]).step(letter()) == MoveTo(ORDERS, guessed=True)


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        (None, "the sources of this queue can't be listed"),
        ([], "no queue redrives to this one"),
        ([ORDERS, RETURNS], "this queue has 2: orders, returns"),
        ([f"{DLQ}{n}" for n in range(7)], "this queue has 7: dlq0, dlq1, dlq2, dlq3, dlq4 …"),
    ],
)
def test_without_a_source_it_is_refused_and_to_is_named(
    sources: list[str] | None, reason: str
) -> None:
    step = Router(DLQ, None, sources).step(letter())
    assert isinstance(step, Refusal)
    assert step.reason == f"the message names no source queue, and {reason}"
    assert step.instead.startswith("dlqctl redrive dlq ")
    assert step.instead.endswith(" --to QUEUE")


@pytest.mark.parametrize("case", cases(), ids=str)
def test_only_queue_moves_are_made(case: Any) -> None:
    """What SQS did not move is refused with the command that does it, or has no source."""
    record = origins.decode(case.letter)
    step = Router(DLQ, None, [ORDERS]).step(record)
    if record.letter.source_queue_arn:
        assert step == MoveTo(record.letter.source_queue_arn)
    elif record.origin in ("sqs", "unknown"):
        assert step == MoveTo(ORDERS, guessed=True)
    else:
        assert isinstance(step, Refusal)
        assert step.reason
        assert step.instead


def test_a_plan_counts_by_origin_target_and_error() -> None:
    router = Router(DLQ, None, [ORDERS])
    failed = FailureRecord(
        DeadLetter("m", DLQ, "b"), "lambda-destination", error=FailureError(type="KeyError")
    )
    moved = letter(source_queue_arn=RETURNS)
    plan = make_plan([moved, moved, letter(), failed], router)
    assert (plan.selected, plan.refused, plan.guessed) == (4, 1, 1)
    assert plan.routes == {RETURNS: 2, ORDERS: 1}
    document = planned(plan, queue=DLQ, rate=None, sampled=False)
    groups = [(g["origin"], g["target"], g["error"], g["count"]) for g in document["plan"]]  # type: ignore[attr-defined]
    assert groups == [
        ("sqs", RETURNS, None, 2),
        ("unknown", ORDERS, None, 1),
        ("lambda-destination", None, "KeyError", 1),
    ]
    assert (document["selected"], document["skipped"], document["redriven"]) == (4, 4, 0)


def facts(name: str, *, fifo: bool = False) -> QueueFacts:
    return QueueFacts(
        arn=DLQ.replace(":dlq", f":{name}"),
        url="",
        fifo=fifo,
        retention_seconds=60,
        max_message_bytes=1024,
        visible=0,
        in_flight=0,
        delayed=0,
    )


@pytest.mark.parametrize(
    ("queue", "destination", "delay", "said"),
    [
        (facts("dlq"), facts("dlq"), None, "dlq would be redriven to itself"),
        (facts("dlq"), facts("q", fifo=True), None, "dlq is a standard queue and q is a FIFO"),
        (facts("dlq", fifo=True), facts("q"), None, "dlq is a FIFO queue and q is a standard"),
        (facts("dlq", fifo=True), facts("q", fifo=True), 5, "q is a FIFO queue, which takes no"),
        (facts("dlq"), facts("q"), 901, "15 minutes at most"),
    ],
)
def test_unfit_destinations_are_refused(
    queue: QueueFacts, destination: QueueFacts, delay: int | None, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        refuse_unfit_destination(queue, destination, delay_seconds=delay)


def test_fit_destinations_are_not_refused() -> None:
    refuse_unfit_destination(facts("dlq"), facts("q"), delay_seconds=900)
    refuse_unfit_destination(facts("dlq", fifo=True), facts("q", fifo=True), delay_seconds=None)
