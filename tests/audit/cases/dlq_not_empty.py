from dlqctl.audit.facts import Fact
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import Pipe
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    inventory,
    queue,
    stream_mapping,
    to,
)

ORDERS = queue("orders", dlq="dlq")
DLQ = arn("sqs", "dlq")


def waiting(
    count: Fact[int], oldest_seconds: Fact[int | None], retention_seconds: Fact[int] = 1_000
) -> Inventory:
    return inventory(
        ORDERS,
        queue(
            "dlq",
            visible_messages=count,
            oldest_message_seconds=oldest_seconds,
            retention_seconds=retention_seconds,
        ),
    )


FAILS = {
    "one": Fails(waiting(1, 5), on=(DLQ,), severity="warning", observed="1 messages, the oldest 5"),
    "exactly 80 %": Fails(waiting(3, 800), on=(DLQ,), severity="warning"),
    "past 80 %": Fails(
        waiting(3, 801), on=(DLQ,), severity="error", observed="801 s, kept for 1000 s"
    ),
    "age not known": Fails(
        waiting(3, UNKNOWN), on=(DLQ,), severity="warning", observed="unknown age"
    ),
    "no age yet": Fails(waiting(3, None), on=(DLQ,), severity="warning"),
    "retention not known": Fails(waiting(3, 801, UNKNOWN), on=(DLQ,), severity="warning"),
    "told to worry sooner": Fails(
        waiting(3, 501), on=(DLQ,), severity="error", settings={"oldest-percent": 50}
    ),
    "on-failure destination": Fails(
        inventory(stream_mapping(on_failure=to("sqs", "dlq")), queue("dlq", visible_messages=1)),
        on=(DLQ,),
        expected="0 messages",
    ),
}
PASSES = {
    "empty": Passes(waiting(0, None)),
    "a queue at work": Passes(inventory(queue("orders", visible_messages=9))),
}
NOT_JUDGED = {
    "count": CannotJudge(waiting(UNKNOWN, 5), on=(DLQ,)),
    "whether it is a DLQ": CannotJudge(
        inventory(queue("orders", visible_messages=9), gaps={Pipe: UNKNOWN}), on=(ORDERS.ref,)
    ),
}
