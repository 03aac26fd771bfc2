from dlqctl.audit.resources import EventInvokeConfig, EventTarget
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    alias,
    arn,
    function,
    inventory,
    invoke_config,
    mapping,
    schedule,
    subscription,
    target,
    to,
)

WORKER = arn("lambda", "worker")
DEAD = to("sqs", "dlq")


def letting(service: str) -> dict[str, object]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "lambda:InvokeFunction",
        "Resource": WORKER,
    }
    return {"Statement": [statement]}


FAILS = {
    "a rule": Fails(
        inventory(function(), target()),
        on=(WORKER,),
        observed="invoked by events; no OnFailure",
        expected="on-failure destination",
    ),
    "a schedule": Fails(inventory(function(), schedule()), on=(WORKER,), observed="scheduler"),
    "a subscription": Fails(
        inventory(function(), subscription(protocol="lambda", endpoint=to("lambda", "worker"))),
        on=(WORKER,),
        observed="sns",
    ),
    "a bucket": Fails(inventory(function(policy=letting("s3.amazonaws.com"))), on=(WORKER,)),
    "a bucket, by an alias": Fails(
        inventory(function(), alias("live", policy=letting("s3.amazonaws.com"))), on=(WORKER,)
    ),
    "only OnSuccess": Fails(
        inventory(function(), target(), invoke_config(on_success=DEAD)), on=(WORKER,)
    ),
    "other triggers may be there": Fails(
        inventory(function(policy=UNKNOWN), target()), on=(WORKER,)
    ),
}
PASSES = {
    "OnFailure": Passes(inventory(function(), target(), invoke_config(on_failure=DEAD))),
    "OnFailure of an alias": Passes(
        inventory(function(), target(), invoke_config(qualifier="live", on_failure=DEAD))
    ),
    "DeadLetterConfig": Passes(inventory(function(dead_letter=DEAD), target())),
    "only polled": Passes(inventory(function(), mapping("orders"))),
    "only waited for": Passes(inventory(function(policy=letting("apigateway.amazonaws.com")))),
    "the rule is off": Passes(inventory(function(), target(enabled=False))),
    "kept, whoever invokes": Passes(inventory(function(dead_letter=DEAD, policy=UNKNOWN))),
    "not invoked, whatever is kept": Passes(inventory(function(dead_letter=UNKNOWN))),
}
NOT_JUDGED = {
    "policy": CannotJudge(inventory(function(policy=UNKNOWN)), on=(WORKER,)),
    "destinations": CannotJudge(
        inventory(function(), target(), gaps={EventInvokeConfig: UNKNOWN}), on=(WORKER,)
    ),
    "destination": CannotJudge(
        inventory(function(), target(), invoke_config(on_failure=UNKNOWN)), on=(WORKER,)
    ),
    "DeadLetterConfig": CannotJudge(
        inventory(function(dead_letter=UNKNOWN), target()), on=(WORKER,)
    ),
    "rules": CannotJudge(inventory(function(), gaps={EventTarget: UNKNOWN}), on=(WORKER,)),
}
