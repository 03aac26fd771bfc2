from dlqctl.audit.resources import Alarm
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    alarm,
    arn,
    inventory,
    queue,
    stream_mapping,
    to,
)

METRIC = "ApproximateNumberOfMessagesVisible"
DLQ = arn("sqs", "orders-dlq")
QUEUES = (queue("orders", dlq="orders-dlq"), queue("orders-dlq"))

FAILS = {
    "no alarm": Fails(inventory(*QUEUES), on=(DLQ,), observed=METRIC),
    "alarm on the source": Fails(inventory(*QUEUES, alarm(METRIC, QueueName="orders")), on=(DLQ,)),
    "another metric": Fails(
        inventory(*QUEUES, alarm("NumberOfMessagesSent", QueueName="orders-dlq")), on=(DLQ,)
    ),
    "on-failure destination": Fails(
        inventory(stream_mapping(on_failure=to("sqs", "orders-dlq")), queue("orders-dlq")),
        on=(DLQ,),
    ),
}
PASSES = {
    "alarm": Passes(inventory(*QUEUES, alarm(METRIC, QueueName="orders-dlq"))),
    "not a DLQ": Passes(inventory(queue("orders"))),
}
NOT_JUDGED = {
    "alarms": CannotJudge(inventory(*QUEUES, gaps={Alarm: UNKNOWN}), on=(DLQ,)),
    "a query may cover it": CannotJudge(
        inventory(
            *QUEUES,
            alarm("Other", facts={"queries": (f'SELECT MAX({METRIC}) FROM "AWS/SQS"',)}),
        ),
        on=(DLQ,),
    ),
    "which queue is a DLQ": CannotJudge(
        inventory(queue("orders", dlq=UNKNOWN), queue("orders-dlq")),
        on=(arn("sqs", "orders"), DLQ),
    ),
}
