from dlqctl.audit.facts import Fact
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import Pipe, Queue
from tests.audit.build import DAY, UNKNOWN, CannotJudge, Fails, Passes, arn, inventory, queue

DLQ = arn("sqs", "dlq")


def kept(at_source: Fact[int], at_dlq: Fact[int]) -> Inventory:
    return inventory(
        queue("orders", dlq="dlq", retention_seconds=at_source),
        queue("dlq", retention_seconds=at_dlq),
    )


FAILS = {
    "as long": Fails(
        kept(4 * DAY, 4 * DAY), on=(DLQ,), observed="345600", expected="more than 345600"
    ),
    "shorter": Fails(kept(4 * DAY, DAY), on=(DLQ,)),
    "both at the maximum": Fails(
        kept(14 * DAY, 14 * DAY), on=(DLQ,), expected="a source that keeps them less"
    ),
    "one source of two is enough": Fails(
        inventory(
            queue("a", dlq="dlq", retention_seconds=UNKNOWN),
            queue("b", dlq="dlq", retention_seconds=14 * DAY),
            queue("dlq", retention_seconds=4 * DAY),
        ),
        on=(DLQ,),
    ),
}
PASSES = {
    "one second longer": Passes(kept(4 * DAY, 4 * DAY + 1)),
    "FIFO restarts the clock": Passes(
        inventory(queue("orders.fifo", dlq="dlq.fifo"), queue("dlq.fifo"))
    ),
    "what else feeds it does not matter": Passes(
        inventory(
            queue("orders", dlq="dlq"),
            queue("dlq", retention_seconds=14 * DAY),
            gaps={Pipe: UNKNOWN},
        )
    ),
    "no DLQ": Passes(inventory(queue("orders"), queue("other", retention_seconds=60))),
}
NOT_JUDGED = {
    "retention of the source": CannotJudge(kept(UNKNOWN, DAY), on=(DLQ,)),
    "retention of the DLQ": CannotJudge(kept(DAY, UNKNOWN), on=(DLQ,)),
    "type": CannotJudge(inventory(queue("orders", dlq="dlq"), queue("dlq", fifo=UNKNOWN)), (DLQ,)),
    "another source may be there": CannotJudge(
        inventory(
            queue("orders", dlq="dlq"),
            queue("dlq", retention_seconds=14 * DAY),
            gaps={Queue: UNKNOWN},
        ),
        on=(arn("sqs", "orders"), DLQ),
    ),
}
