from dlqctl.audit.resources import EventInvokeConfig
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

FAILS = {
    "no config": Fails(
        inventory(function(), target()),
        on=(WORKER,),
        observed="2 retries and 21600 s",
        expected="MaximumRetryAttempts",
    ),
    "a config that says neither": Fails(
        inventory(function(), target(), invoke_config(on_failure=to("sqs", "dlq"))), on=(WORKER,)
    ),
}
PASSES = {
    "retries": Passes(inventory(function(), target(), invoke_config(maximum_retry_attempts=0))),
    "age": Passes(inventory(function(), target(), invoke_config(maximum_event_age_seconds=60))),
    "by an alias": Passes(
        inventory(function(), target(), invoke_config(qualifier="live", maximum_retry_attempts=2))
    ),
    "only polled": Passes(inventory(function(), mapping("orders"))),
    "said, whoever invokes": Passes(
        inventory(function(policy=UNKNOWN), invoke_config(maximum_retry_attempts=0))
    ),
}
NOT_JUDGED = {
    "limits": CannotJudge(
        inventory(function(), target(), invoke_config(maximum_event_age_seconds=UNKNOWN)),
        on=(WORKER,),
    ),
    "configs": CannotJudge(
        inventory(function(), target(), gaps={EventInvokeConfig: UNKNOWN}), on=(WORKER,)
    ),
    "triggers": CannotJudge(inventory(function(policy=UNKNOWN)), on=(WORKER,)),
}
