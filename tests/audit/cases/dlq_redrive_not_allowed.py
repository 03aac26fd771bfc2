from dlqctl.audit.facts import Fact
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import Queue, RedriveAllowPolicy, RedrivePermission
from tests.audit.build import UNKNOWN, CannotJudge, Fails, Passes, arn, inventory, queue

ORDERS = arn("sqs", "orders")


def allowing(permission: RedrivePermission, sources: Fact[tuple[str, ...]] = ()) -> Inventory:
    allow = RedriveAllowPolicy(permission, sources)
    return inventory(queue("orders", dlq="dlq"), queue("dlq", redrive_allow=allow))


FAILS = {
    "denies all": Fails(
        allowing(RedrivePermission.DENY_ALL), on=(ORDERS,), observed="denyAll", expected="lets this"
    ),
    "names another": Fails(
        allowing(RedrivePermission.BY_QUEUE, (arn("sqs", "other"),)),
        on=(ORDERS,),
        observed="byQueue",
    ),
}
PASSES = {
    "no policy": Passes(inventory(queue("orders", dlq="dlq"), queue("dlq"))),
    "allows all": Passes(allowing(RedrivePermission.ALLOW_ALL)),
    "names it": Passes(allowing(RedrivePermission.BY_QUEUE, (arn("sqs", "other"), ORDERS))),
    "no DLQ": Passes(inventory(queue("orders"))),
    "a missing DLQ is another rule's": Passes(inventory(queue("orders", dlq="gone"))),
    "denies all, and nobody asks": Passes(
        inventory(queue("dlq", redrive_allow=RedriveAllowPolicy(RedrivePermission.DENY_ALL)))
    ),
}
NOT_JUDGED = {
    "redrive policy": CannotJudge(inventory(queue("orders", dlq=UNKNOWN)), on=(ORDERS,)),
    "redrive allow policy": CannotJudge(
        inventory(queue("orders", dlq="dlq"), queue("dlq", redrive_allow=UNKNOWN)), on=(ORDERS,)
    ),
    "sources": CannotJudge(allowing(RedrivePermission.BY_QUEUE, UNKNOWN), on=(ORDERS,)),
    "queues": CannotJudge(
        inventory(queue("orders", dlq="dlq"), gaps={Queue: UNKNOWN}), on=(ORDERS,)
    ),
}
