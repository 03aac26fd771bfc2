from dlqctl.audit.facts import Reference
from dlqctl.audit.resources import EventTarget, Queue
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    inventory,
    queue,
    target,
    to,
)

NIGHTLY = arn("events", "nightly")
DEAD = to("sqs", "dlq")
IN_TEMPLATE = EventTarget(
    ref="Nightly",
    part="t1",
    target=Reference("Worker", "lambda"),
    dead_letter=Reference("Dlq", "sqs"),
)

FAILS = {
    "FIFO": Fails(
        inventory(target(dead_letter=to("sqs", "dlq.fifo")), queue("dlq.fifo")),
        on=(NIGHTLY,),
        observed="dlq.fifo is FIFO",
        expected="a standard queue",
    ),
    "gone": Fails(inventory(target(dead_letter=DEAD)), on=(NIGHTLY,), observed="does not exist"),
    "another Region": Fails(
        inventory(target(dead_letter=Reference("arn:aws:sqs:us-east-1:111122223333:dlq", "sqs"))),
        on=(NIGHTLY,),
        observed="another Region",
    ),
    "FIFO in a template": Fails(
        inventory(IN_TEMPLATE, Queue(ref="Dlq", fifo=True)), on=("Nightly",)
    ),
}
PASSES = {
    "standard": Passes(inventory(target(dead_letter=DEAD), queue("dlq"))),
    "none": Passes(inventory(target())),
    "off": Passes(inventory(target(dead_letter=DEAD, enabled=False))),
    "standard in a template": Passes(inventory(IN_TEMPLATE, Queue(ref="Dlq"))),
}
NOT_JUDGED = {
    "DLQ": CannotJudge(inventory(target(dead_letter=UNKNOWN)), on=(NIGHTLY,)),
    "queues": CannotJudge(
        inventory(target(dead_letter=DEAD), gaps={Queue: UNKNOWN}), on=(NIGHTLY,)
    ),
    "outside of the template": CannotJudge(
        inventory(IN_TEMPLATE, elsewhere=UNKNOWN), on=("Nightly",)
    ),
    "another account": CannotJudge(
        inventory(target(dead_letter=Reference("arn:aws:sqs:eu-west-1:999999999999:dlq", "sqs"))),
        on=(NIGHTLY,),
    ),
}
