from dlqctl.audit.resources import Subscription
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    function,
    inventory,
    invoke_config,
    pipe,
    queue,
    subscription,
    target,
    to,
)

DLQ = arn("sqs", "dlq")
DEAD = to("sqs", "dlq")
ORDERS = queue("orders", dlq="dlq")

FAILS = {
    "a queue and a rule": Fails(
        inventory(ORDERS, target(dead_letter=DEAD), queue("dlq")),
        on=(DLQ,),
        observed="2 kinds: dead-letter queue of a rule's target, redrive policy",
        expected="one kind",
    ),
    "both ways of one function": Fails(
        inventory(function(dead_letter=DEAD), invoke_config(on_failure=DEAD), queue("dlq")),
        on=(DLQ,),
    ),
    "more may be unknown": Fails(
        inventory(
            subscription(dead_letter=DEAD), pipe(dead_letter=DEAD), ORDERS, target(), queue("dlq")
        ),
        on=(DLQ,),
        observed="3 kinds",
    ),
}
PASSES = {
    "two queues": Passes(inventory(ORDERS, queue("other", dlq="dlq"), queue("dlq"))),
    "two functions": Passes(
        inventory(function("a", dead_letter=DEAD), function("b", dead_letter=DEAD), queue("dlq"))
    ),
    "nothing": Passes(inventory(queue("orders"))),
}
NOT_JUDGED = {
    "a subscription may feed it": CannotJudge(
        inventory(ORDERS, queue("dlq"), gaps={Subscription: UNKNOWN}), on=(ORDERS.ref, DLQ)
    ),
    "a rule may feed it": CannotJudge(
        inventory(ORDERS, target(dead_letter=UNKNOWN), queue("dlq")), on=(ORDERS.ref, DLQ)
    ),
}
