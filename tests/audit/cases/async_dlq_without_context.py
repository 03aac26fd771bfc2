from dlqctl.audit.resources import EventInvokeConfig, EventSourceMapping
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
    target,
    to,
)

WORKER = arn("lambda", "worker")
DEAD = to("sqs", "dlq")
GUARDED = function(dead_letter=DEAD)

FAILS = {
    "only a DLQ": Fails(
        inventory(GUARDED, target()), on=(WORKER,), observed="dlq, no OnFailure", expected="on-fail"
    ),
    "invoked by code": Fails(inventory(GUARDED), on=(WORKER,)),
    "polled and invoked": Fails(inventory(GUARDED, mapping("orders"), target()), on=(WORKER,)),
    "invoked, polled or not": Fails(
        inventory(GUARDED, target(), gaps={EventSourceMapping: UNKNOWN}), on=(WORKER,)
    ),
    "a config without destination": Fails(
        inventory(GUARDED, invoke_config(maximum_retry_attempts=1)), on=(WORKER,)
    ),
}
PASSES = {
    "both": Passes(inventory(GUARDED, target(), invoke_config(on_failure=DEAD))),
    "neither": Passes(inventory(function(), target())),
    "only polled": Passes(inventory(GUARDED, mapping("orders"))),
}
NOT_JUDGED = {
    "DLQ": CannotJudge(inventory(function(dead_letter=UNKNOWN), target()), on=(WORKER,)),
    "destination": CannotJudge(inventory(GUARDED, invoke_config(on_failure=UNKNOWN)), on=(WORKER,)),
    "destinations": CannotJudge(
        inventory(GUARDED, gaps={EventInvokeConfig: UNKNOWN}), on=(WORKER,)
    ),
    "whether it is only polled": CannotJudge(
        inventory(function(dead_letter=DEAD, policy=UNKNOWN), mapping("orders")), on=(WORKER,)
    ),
    "whether it is polled": CannotJudge(
        inventory(GUARDED, gaps={EventSourceMapping: UNKNOWN}), on=(WORKER,)
    ),
}
