from dlqctl.audit.resources import Alarm, EventSourceMapping
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    alarm,
    arn,
    inventory,
    mapping,
    queue,
)

METRIC = "ApproximateAgeOfOldestMessage"
ORDERS = arn("sqs", "orders")
CONSUMED = (queue("orders"), mapping("orders"))

FAILS = {
    "none": Fails(
        inventory(*CONSUMED), on=(ORDERS,), observed=METRIC, expected="below the queue's retention"
    ),
    "of another queue": Fails(inventory(*CONSUMED, alarm(METRIC, QueueName="dlq")), on=(ORDERS,)),
    "another metric": Fails(
        inventory(*CONSUMED, alarm("ApproximateNumberOfMessagesVisible", QueueName="orders")),
        on=(ORDERS,),
    ),
}
PASSES = {
    "alarm": Passes(inventory(*CONSUMED, alarm(METRIC, QueueName="orders"))),
    "nobody consumes it": Passes(inventory(queue("orders"))),
    "its only consumer is off": Passes(
        inventory(queue("orders"), mapping("orders", state="Disabled"))
    ),
    "alarm, whoever consumes": Passes(
        inventory(
            queue("orders"), mapping("orders", state=UNKNOWN), alarm(METRIC, QueueName="orders")
        )
    ),
}
NOT_JUDGED = {
    "alarms": CannotJudge(inventory(*CONSUMED, gaps={Alarm: UNKNOWN}), on=(ORDERS,)),
    "mappings": CannotJudge(
        inventory(queue("orders"), gaps={EventSourceMapping: UNKNOWN}), on=(ORDERS,)
    ),
    "state": CannotJudge(
        inventory(queue("orders"), mapping("orders", state=UNKNOWN)), on=(ORDERS,)
    ),
    "a query may cover it": CannotJudge(
        inventory(*CONSUMED, alarm("", facts={"queries": (f"SEARCH('{METRIC}')",)})), on=(ORDERS,)
    ),
}
