from dlqctl.audit.facts import Reference
from dlqctl.audit.resources import Queue, RedrivePolicy
from tests.audit.build import UNKNOWN, CannotJudge, Fails, Passes, arn, inventory, queue

IN_TEMPLATE = Queue(ref="Orders", redrive=RedrivePolicy(Reference("Dlq", "sqs"), 5))

FAILS = {
    "FIFO into standard": Fails(
        inventory(queue("orders.fifo", dlq="dlq"), queue("dlq")),
        on=(arn("sqs", "orders.fifo"),),
        observed="a FIFO queue with a standard DLQ",
        expected="a FIFO DLQ",
    ),
    "standard into FIFO": Fails(
        inventory(queue("orders", dlq="dlq.fifo"), queue("dlq.fifo")),
        on=(arn("sqs", "orders"),),
        expected="a standard DLQ",
    ),
    "the ARN alone says so": Fails(
        inventory(queue("orders", dlq="dlq.fifo"), elsewhere=UNKNOWN), on=(arn("sqs", "orders"),)
    ),
    "in a template": Fails(inventory(IN_TEMPLATE, Queue(ref="Dlq", fifo=True)), on=("Orders",)),
}
PASSES = {
    "both standard": Passes(inventory(queue("orders", dlq="dlq"), queue("dlq"))),
    "both FIFO": Passes(inventory(queue("orders.fifo", dlq="dlq.fifo"), queue("dlq.fifo"))),
    "no DLQ": Passes(inventory(queue("orders.fifo"))),
    "a DLQ that is not there is another rule's": Passes(
        inventory(Queue(ref="Orders", fifo=True, redrive=IN_TEMPLATE.redrive))
    ),
}
NOT_JUDGED = {
    "redrive policy": CannotJudge(inventory(queue("orders", dlq=UNKNOWN)), (arn("sqs", "orders"),)),
    "type": CannotJudge(
        inventory(queue("orders", dlq="dlq", fifo=UNKNOWN)), on=(arn("sqs", "orders"),)
    ),
    "type of a DLQ in a template": CannotJudge(
        inventory(IN_TEMPLATE, Queue(ref="Dlq", fifo=UNKNOWN)), on=("Orders",)
    ),
    "DLQ outside of the template": CannotJudge(
        inventory(IN_TEMPLATE, elsewhere=UNKNOWN), on=("Orders",)
    ),
}
