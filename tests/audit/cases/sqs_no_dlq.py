from dlqctl.audit.resources import EventSourceMapping, Pipe
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    function,
    inventory,
    mapping,
    queue,
    stream_mapping,
    to,
)

ORDERS = arn("sqs", "orders")

FAILS = {
    "consumed": Fails(
        inventory(queue("orders"), mapping("orders")), on=(ORDERS,), observed="no RedrivePolicy"
    ),
    "consumed by a mapping that is off": Fails(
        inventory(queue("orders"), mapping("orders", state="Disabled")), on=(ORDERS,)
    ),
}
PASSES = {
    "has one": Passes(inventory(queue("orders", dlq="orders-dlq"), mapping("orders"))),
    "is one": Passes(inventory(queue("inbox", dlq="orders"), queue("orders"), mapping("orders"))),
    "takes what a stream could not": Passes(
        inventory(
            queue("orders"), mapping("orders"), stream_mapping(on_failure=to("sqs", "orders"))
        )
    ),
    "takes what a function could not": Passes(
        inventory(
            queue("orders"), mapping("orders"), function("other", dead_letter=to("sqs", "orders"))
        )
    ),
    "nobody consumes it": Passes(inventory(queue("orders"))),
    "has one, whatever else is unknown": Passes(
        inventory(queue("orders", dlq="orders-dlq"), mapping("orders"), gaps={Pipe: UNKNOWN})
    ),
}
NOT_JUDGED = {
    "attributes": CannotJudge(
        inventory(queue("orders", dlq=UNKNOWN), mapping("orders")), on=(ORDERS,)
    ),
    "a pipe may feed it": CannotJudge(
        inventory(queue("orders"), mapping("orders"), gaps={Pipe: UNKNOWN}), on=(ORDERS,)
    ),
    "a mapping may consume it": CannotJudge(
        inventory(queue("orders"), gaps={EventSourceMapping: UNKNOWN}), on=(ORDERS,)
    ),
}
