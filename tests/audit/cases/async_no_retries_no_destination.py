from dlqctl.audit.resources import Function
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    function,
    inventory,
    invoke_config,
    to,
)

DEAD = to("sqs", "dlq")
ONCE = invoke_config(maximum_retry_attempts=0)

FAILS = {
    "one try": Fails(
        inventory(function(), ONCE),
        on=(ONCE.ref,),
        observed="MaximumRetryAttempts 0, no OnFailure",
        expected="on-failure destination",
    ),
    "only OnSuccess": Fails(
        inventory(function(), invoke_config(maximum_retry_attempts=0, on_success=DEAD)),
        on=(ONCE.ref,),
    ),
}
PASSES = {
    "one retry": Passes(inventory(function(), invoke_config(maximum_retry_attempts=1))),
    "nothing said": Passes(inventory(function(), invoke_config())),
    "OnFailure": Passes(
        inventory(function(), invoke_config(maximum_retry_attempts=0, on_failure=DEAD))
    ),
    "DeadLetterConfig": Passes(inventory(function(dead_letter=DEAD), ONCE)),
    "retries, and the rest does not matter": Passes(
        inventory(function(), invoke_config(maximum_retry_attempts=1, on_failure=UNKNOWN))
    ),
}
NOT_JUDGED = {
    "retries": CannotJudge(
        inventory(function(), invoke_config(maximum_retry_attempts=UNKNOWN)), on=(ONCE.ref,)
    ),
    "OnFailure": CannotJudge(
        inventory(function(), invoke_config(maximum_retry_attempts=0, on_failure=UNKNOWN)),
        on=(ONCE.ref,),
    ),
    "DeadLetterConfig": CannotJudge(inventory(function(dead_letter=UNKNOWN), ONCE), on=(ONCE.ref,)),
    "functions": CannotJudge(inventory(ONCE, gaps={Function: UNKNOWN}), on=(ONCE.ref,)),
}
