from dlqctl.audit.resources import Queue, RedriveAllowPolicy, RedrivePermission
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    function,
    inventory,
    queue,
    to,
)

ORDERS = queue("orders", dlq="dlq")
DLQ = arn("sqs", "dlq")
ALL = RedriveAllowPolicy(RedrivePermission.ALLOW_ALL)
ONE = RedriveAllowPolicy(RedrivePermission.BY_QUEUE, (ORDERS.ref,))


def sources(count: int) -> tuple[Queue, ...]:
    return tuple(queue(f"q{number}", dlq="dlq") for number in range(count))


FAILS = {
    "nothing said": Fails(
        inventory(ORDERS, queue("dlq")),
        on=(DLQ,),
        observed="no RedriveAllowPolicy",
        expected="byQueue",
    ),
    "allows all": Fails(
        inventory(ORDERS, queue("dlq", redrive_allow=ALL)), on=(DLQ,), observed="allowAll"
    ),
    "ten can be named": Fails(inventory(*sources(10), queue("dlq")), on=(DLQ,)),
}
PASSES = {
    "names its sources": Passes(inventory(ORDERS, queue("dlq", redrive_allow=ONE))),
    "not a DLQ": Passes(inventory(queue("orders"))),
    "DLQ of a function": Passes(inventory(function(dead_letter=to("sqs", "dlq")), queue("dlq"))),
    "eleven can't be named": Passes(inventory(*sources(11), queue("dlq"))),
}
NOT_JUDGED = {
    "policy": CannotJudge(inventory(ORDERS, queue("dlq", redrive_allow=UNKNOWN)), on=(DLQ,)),
    "there may be more sources": CannotJudge(
        inventory(ORDERS, queue("dlq"), gaps={Queue: UNKNOWN}), on=(ORDERS.ref, DLQ)
    ),
}
