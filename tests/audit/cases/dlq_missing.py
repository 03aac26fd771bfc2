from dlqctl.audit.facts import Reference
from dlqctl.audit.resources import Queue, RedrivePolicy
from tests.audit.build import UNKNOWN, CannotJudge, Fails, Passes, arn, inventory, queue

ORDERS = arn("sqs", "orders")


def naming(dead_letter: str) -> Queue:
    return queue("orders", redrive=RedrivePolicy(Reference(dead_letter, "sqs"), 5))


FAILS = {
    "gone": Fails(
        inventory(queue("orders", dlq="gone")), on=(ORDERS,), observed="gone does not exist"
    ),
    "looked for and not found": Fails(
        inventory(
            queue("orders", dlq="gone"), elsewhere=UNKNOWN, missing=frozenset({arn("sqs", "gone")})
        ),
        on=(ORDERS,),
    ),
    "another Region": Fails(
        inventory(naming("arn:aws:sqs:us-east-1:111122223333:dlq")),
        on=(ORDERS,),
        observed="another account or Region",
    ),
    "another account": Fails(
        inventory(naming("arn:aws:sqs:eu-west-1:999999999999:dlq"), queue("dlq")),
        on=(ORDERS,),
        expected="same account and Region",
    ),
}
PASSES = {
    "there": Passes(inventory(queue("orders", dlq="dlq"), queue("dlq"))),
    "no redrive policy": Passes(inventory(queue("orders"))),
}
NOT_JUDGED = {
    "redrive policy": CannotJudge(inventory(queue("orders", dlq=UNKNOWN)), on=(ORDERS,)),
    "queues": CannotJudge(
        inventory(queue("orders", dlq="dlq"), gaps={Queue: UNKNOWN}), on=(ORDERS,)
    ),
    "not looked for": CannotJudge(
        inventory(queue("orders", dlq="dlq"), elsewhere=UNKNOWN), on=(ORDERS,)
    ),
}
