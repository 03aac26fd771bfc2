from typing import Any

from dlqctl.audit.resources import Queue
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    inventory,
    mapping,
    queue,
)

ORDERS = arn("sqs", "orders")


def slow(**facts: Any) -> Queue:
    """Ten receives of ten minutes each: 6,000 seconds."""
    facts = {"visibility_timeout_seconds": 600, "max_receive_count": 10} | facts
    return queue("orders", dlq="dlq", **facts)


FAILS = {
    "exactly as long": Fails(
        inventory(slow(retention_seconds=6_000), mapping("orders")),
        on=(ORDERS,),
        observed="10 x VisibilityTimeout 600 s = 6000 s, MessageRetentionPeriod is 6000 s",
        expected="above 6000 s",
    ),
    "no retention is long enough": Fails(
        inventory(
            slow(max_receive_count=1_000, visibility_timeout_seconds=43_200), mapping("orders")
        ),
        on=(ORDERS,),
    ),
}
PASSES = {
    "one second more": Passes(inventory(slow(retention_seconds=6_001), mapping("orders"))),
    "defaults": Passes(inventory(queue("orders", dlq="dlq"), mapping("orders"))),
    "no DLQ is another rule's": Passes(
        inventory(queue("orders", retention_seconds=60), mapping("orders"))
    ),
    "no mapping consumes it": Passes(inventory(slow(retention_seconds=60))),
}
NOT_JUDGED = {
    "receives": CannotJudge(
        inventory(slow(max_receive_count=UNKNOWN), mapping("orders")), on=(ORDERS,)
    ),
    "retention": CannotJudge(
        inventory(slow(retention_seconds=UNKNOWN), mapping("orders")), on=(ORDERS,)
    ),
    "visibility": CannotJudge(
        inventory(slow(visibility_timeout_seconds=UNKNOWN), mapping("orders")), on=(ORDERS,)
    ),
}
