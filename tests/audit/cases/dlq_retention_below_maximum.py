from dlqctl.audit.resources import Pipe
from tests.audit.build import (
    DAY,
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    inventory,
    pipe,
    queue,
    stream_mapping,
    subscription,
    to,
)

DLQ = arn("sqs", "dlq")
DEAD = to("sqs", "dlq")

FAILS = {
    "default": Fails(
        inventory(queue("orders", dlq="dlq"), queue("dlq")),
        on=(DLQ,),
        observed="345600",
        expected="1209600",
    ),
    "one second less": Fails(
        inventory(subscription(dead_letter=DEAD), queue("dlq", retention_seconds=14 * DAY - 1)),
        on=(DLQ,),
    ),
}
PASSES = {
    "14 days": Passes(
        inventory(queue("orders", dlq="dlq"), queue("dlq", retention_seconds=14 * DAY))
    ),
    "not a DLQ": Passes(inventory(queue("orders"))),
    "pointers of a stream": Passes(inventory(stream_mapping(on_failure=DEAD), queue("dlq"))),
    "pointers of a pipe": Passes(inventory(pipe(dead_letter=DEAD), queue("dlq"))),
}
NOT_JUDGED = {
    "retention": CannotJudge(
        inventory(queue("orders", dlq="dlq"), queue("dlq", retention_seconds=UNKNOWN)), on=(DLQ,)
    ),
    "a pipe may put pointers there": CannotJudge(
        inventory(queue("orders", dlq="dlq"), queue("dlq"), gaps={Pipe: UNKNOWN}),
        on=(arn("sqs", "orders"), DLQ),
    ),
}
