from dlqctl.audit.resources import EventInvokeConfig, Function
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    function,
    inventory,
    invoke_config,
    target,
    to,
)

NIGHTLY = arn("events", "nightly")
DEAD = to("sqs", "dlq")
GUARDED = target(dead_letter=DEAD)

FAILS = {
    "function keeps nothing": Fails(
        inventory(GUARDED, function()),
        on=(NIGHTLY,),
        observed="worker has no OnFailure",
        expected="on-failure destination",
    ),
    "only OnSuccess": Fails(
        inventory(GUARDED, function(), invoke_config(on_success=DEAD)), on=(NIGHTLY,)
    ),
}
PASSES = {
    "OnFailure": Passes(inventory(GUARDED, function(), invoke_config(on_failure=DEAD))),
    "DeadLetterConfig": Passes(inventory(GUARDED, function(dead_letter=DEAD))),
    "no DLQ at all is another rule's": Passes(inventory(target(), function())),
    "not a function": Passes(
        inventory(target(target=to("sqs", "orders"), dead_letter=DEAD), function())
    ),
    "missing function is another rule's": Passes(inventory(GUARDED)),
    "off": Passes(inventory(target(dead_letter=DEAD, enabled=False), function())),
}
NOT_JUDGED = {
    "target": CannotJudge(inventory(target(target=UNKNOWN)), on=(NIGHTLY,)),
    "functions": CannotJudge(inventory(GUARDED, gaps={Function: UNKNOWN}), on=(NIGHTLY,)),
    "destinations": CannotJudge(
        inventory(GUARDED, function(), gaps={EventInvokeConfig: UNKNOWN}), on=(NIGHTLY,)
    ),
}
