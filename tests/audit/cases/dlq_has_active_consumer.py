from dlqctl.audit.resources import EventSourceMapping, Pipe, Queue
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    function,
    inventory,
    invoke_config,
    mapping,
    queue,
    stream_mapping,
    to,
)

ORDERS = queue("orders", dlq="dlq")
DLQ = arn("sqs", "dlq")
GUARDED: tuple[Queue, ...] = (ORDERS, queue("dlq", dlq="dlq-of-dlq"))

FAILS = {
    "without a DLQ of its own": Fails(
        inventory(ORDERS, queue("dlq"), mapping("dlq", function="redrive")),
        on=(DLQ,),
        severity="error",
        observed="redrive, no RedrivePolicy",
    ),
    "with a DLQ of its own": Fails(
        inventory(*GUARDED, mapping("dlq")), on=(DLQ,), severity="warning", observed="worker"
    ),
    "about to be on": Fails(inventory(*GUARDED, mapping("dlq", state="Enabling")), on=(DLQ,)),
    "one of two is on": Fails(
        inventory(*GUARDED, mapping("dlq", state="Disabled"), mapping("dlq", function="b")),
        on=(DLQ,),
    ),
    "DLQ of a function": Fails(
        inventory(function(dead_letter=to("sqs", "dlq")), queue("dlq"), mapping("dlq")),
        on=(DLQ,),
        severity="error",
    ),
}
PASSES = {
    "off until needed": Passes(inventory(ORDERS, queue("dlq"), mapping("dlq", state="Disabled"))),
    "about to be off": Passes(inventory(ORDERS, queue("dlq"), mapping("dlq", state="Disabling"))),
    "nobody reads it": Passes(inventory(ORDERS, queue("dlq"))),
    "not a DLQ": Passes(inventory(queue("orders"), mapping("orders"))),
    "an on-failure destination is made to be read": Passes(
        inventory(
            invoke_config(on_failure=to("sqs", "failed")),
            stream_mapping(on_failure=to("sqs", "failed")),
            queue("failed"),
            mapping("failed", function="b"),
        )
    ),
}
NOT_JUDGED = {
    "mappings": CannotJudge(
        inventory(ORDERS, queue("dlq"), gaps={EventSourceMapping: UNKNOWN}), on=(ORDERS.ref, DLQ)
    ),
    "state": CannotJudge(inventory(ORDERS, queue("dlq"), mapping("dlq", state=UNKNOWN)), on=(DLQ,)),
    "redrive policy of its own": CannotJudge(
        inventory(
            function(dead_letter=to("sqs", "dlq")), queue("dlq", dlq=UNKNOWN), mapping("dlq")
        ),
        on=(DLQ,),
    ),
    "a pipe may feed it": CannotJudge(
        inventory(queue("orders"), mapping("orders"), gaps={Pipe: UNKNOWN}), on=(ORDERS.ref,)
    ),
}
