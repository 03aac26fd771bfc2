from tests.audit.build import UNKNOWN, CannotJudge, Fails, Passes, arn, inventory, mapping, queue

ORDERS = arn("sqs", "orders.fifo")

FAILS = {
    "FIFO with a DLQ": Fails(
        inventory(queue("orders.fifo", dlq="dlq.fifo"), mapping("orders.fifo")),
        on=(ORDERS,),
        observed="RedrivePolicy on a FIFO queue",
    ),
}
PASSES = {
    "without": Passes(inventory(queue("orders.fifo"), mapping("orders.fifo"))),
    "standard": Passes(inventory(queue("orders", dlq="dlq"), mapping("orders"))),
    "no mapping consumes it": Passes(inventory(queue("orders.fifo", dlq="dlq.fifo"))),
}
NOT_JUDGED = {
    "redrive policy": CannotJudge(
        inventory(queue("orders.fifo", dlq=UNKNOWN), mapping("orders.fifo")), on=(ORDERS,)
    ),
    "FIFO or not": CannotJudge(
        inventory(queue("orders.fifo", dlq="dlq.fifo", fifo=UNKNOWN), mapping("orders.fifo")),
        on=(ORDERS,),
    ),
}
