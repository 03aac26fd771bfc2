from dlqctl.audit.resources import EventSourceMapping
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

FAILS = {
    "one below": Fails(
        inventory(queue("orders", dlq="dlq", max_receive_count=4), mapping("orders")),
        on=(ORDERS,),
        severity="warning",
        observed="maxReceiveCount is 4",
        expected="at least 5",
    ),
    "two": Fails(
        inventory(queue("orders", dlq="dlq", max_receive_count=2), mapping("orders")),
        on=(ORDERS,),
        severity="warning",
    ),
    "one": Fails(
        inventory(queue("orders", dlq="dlq", max_receive_count=1), mapping("orders")),
        on=(ORDERS,),
        severity="error",
    ),
    "more wanted": Fails(
        inventory(queue("orders", dlq="dlq", max_receive_count=9), mapping("orders")),
        on=(ORDERS,),
        expected="10",
        settings={"minimum-receives": 10},
    ),
}
PASSES = {
    "enough": Passes(inventory(queue("orders", dlq="dlq"), mapping("orders"))),
    "less wanted": Passes(
        inventory(queue("orders", dlq="dlq", max_receive_count=3), mapping("orders")),
        settings={"minimum-receives": 3},
    ),
    "no DLQ is another rule's": Passes(inventory(queue("orders"), mapping("orders"))),
    "no mapping consumes it": Passes(inventory(queue("orders", dlq="dlq", max_receive_count=1))),
}
NOT_JUDGED = {
    "redrive policy": CannotJudge(
        inventory(queue("orders", dlq=UNKNOWN), mapping("orders")), on=(ORDERS,)
    ),
    "receives": CannotJudge(
        inventory(queue("orders", dlq="dlq", max_receive_count=UNKNOWN), mapping("orders")),
        on=(ORDERS,),
    ),
    "who consumes it": CannotJudge(
        inventory(
            queue("orders", dlq="dlq", max_receive_count=1), gaps={EventSourceMapping: UNKNOWN}
        ),
        on=(ORDERS,),
    ),
}
