from dlqctl.audit.resources import Alarm, Metric, Pipe
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    alarm,
    arn,
    function,
    inventory,
    queue,
    to,
)

ORDERS, DLQ = queue("orders", dlq="dlq"), queue("dlq")
WRONG = alarm("NumberOfMessagesSent", "wrong", QueueName="dlq")
RIGHT = alarm("ApproximateNumberOfMessagesVisible", "right", QueueName="dlq")
INPUTS = (
    Metric("AWS/SQS", "NumberOfMessagesSent", {"QueueName": "dlq"}),
    Metric("AWS/SQS", "NumberOfMessagesDeleted", {"QueueName": "dlq"}),
)

FAILS = {
    "what is sent": Fails(
        inventory(ORDERS, DLQ, WRONG),
        on=(WRONG.ref,),
        observed="NumberOfMessagesSent",
        expected="ApproximateNumberOfMessagesVisible",
    ),
    "an input of metric math": Fails(
        inventory(ORDERS, DLQ, alarm("", "math", facts={"metrics": INPUTS, "is_math": True})),
        on=(arn("cloudwatch", "math"),),
    ),
}
PASSES = {
    "what is there": Passes(inventory(ORDERS, DLQ, RIGHT)),
    "both": Passes(inventory(ORDERS, DLQ, WRONG, RIGHT)),
    "none is another rule's": Passes(inventory(ORDERS, DLQ)),
    "on the source": Passes(
        inventory(ORDERS, DLQ, alarm("NumberOfMessagesSent", QueueName="orders"))
    ),
    "Lambda does send": Passes(inventory(function(dead_letter=to("sqs", "dlq")), DLQ, WRONG)),
    "Lambda sends as well": Passes(
        inventory(ORDERS, function(dead_letter=to("sqs", "dlq")), DLQ, WRONG)
    ),
}
NOT_JUDGED = {
    "alarms": CannotJudge(inventory(ORDERS, DLQ, WRONG, gaps={Alarm: UNKNOWN}), on=(DLQ.ref,)),
    "a query may cover it": CannotJudge(
        inventory(ORDERS, DLQ, alarm("", facts={"queries": ("SEARCH('NumberOfMessagesSent')",)})),
        on=(DLQ.ref,),
    ),
    "what else feeds it": CannotJudge(
        inventory(ORDERS, DLQ, WRONG, gaps={Pipe: UNKNOWN}), on=(DLQ.ref,)
    ),
    "whether it is a DLQ": CannotJudge(
        inventory(queue("orders", dlq=UNKNOWN), DLQ, WRONG), on=(ORDERS.ref, DLQ.ref)
    ),
}
