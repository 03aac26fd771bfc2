from typing import Any

from dlqctl.audit.facts import Reference
from dlqctl.audit.resources import Alias, Function, Queue
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    alias,
    arn,
    function,
    inventory,
    queue,
    target,
    to,
)

NIGHTLY = arn("events", "nightly")
WORKER = arn("lambda", "worker")
TO_LIVE = target(target=to("lambda", "worker", "live"))


def letting(resource: str = WORKER, **change: Any) -> dict[str, object]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": resource,
        "Condition": {"ArnLike": {"AWS:SourceArn": NIGHTLY}},
    }
    return {"Statement": [statement | change]}


FAILS = {
    "function is gone": Fails(
        inventory(target()), on=(NIGHTLY,), observed="worker does not exist", expected="exists"
    ),
    "queue is gone": Fails(inventory(target(target=to("sqs", "gone"))), on=(NIGHTLY,)),
    "alias is gone": Fails(
        inventory(TO_LIVE, function(policy=letting())),
        on=(NIGHTLY,),
        observed="worker:live does not exist",
    ),
    "gone, role or not": Fails(inventory(target(role="arn:aws:iam::1:role/r")), on=(NIGHTLY,)),
    "no policy": Fails(
        inventory(target(), function()),
        on=(NIGHTLY,),
        observed="does not allow events.amazonaws.com",
        expected=f"SourceArn {NIGHTLY}",
    ),
    "for another rule": Fails(
        inventory(
            target(),
            function(
                policy=letting(Condition={"ArnLike": {"AWS:SourceArn": arn("events", "other")}})
            ),
        ),
        on=(NIGHTLY,),
    ),
    "the function lets it in, the alias does not": Fails(
        inventory(TO_LIVE, function(policy=letting()), alias("live")), on=(NIGHTLY,)
    ),
}
PASSES = {
    "let in": Passes(inventory(target(), function(policy=letting()))),
    "let in by an alias": Passes(
        inventory(TO_LIVE, function(), alias("live", policy=letting(f"{WORKER}:live")))
    ),
    "by a role": Passes(inventory(target(role="arn:aws:iam::1:role/r"), function())),
    "by a role, a version": Passes(
        inventory(
            target(target=to("lambda", "worker", "7"), role="arn:aws:iam::1:role/r"), function()
        )
    ),
    "queue": Passes(inventory(target(target=to("sqs", "orders")), queue("orders"))),
    "a topic is not looked for": Passes(inventory(target(target=to("sns", "news")))),
    "off": Passes(inventory(target(enabled=False))),
}
NOT_JUDGED = {
    "target": CannotJudge(inventory(target(target=UNKNOWN)), on=(NIGHTLY,)),
    "policy": CannotJudge(inventory(target(), function(policy=UNKNOWN)), on=(NIGHTLY,)),
    "role": CannotJudge(inventory(target(role=UNKNOWN), function()), on=(NIGHTLY,)),
    "functions": CannotJudge(inventory(target(), gaps={Function: UNKNOWN}), on=(NIGHTLY,)),
    "aliases": CannotJudge(inventory(TO_LIVE, function(), gaps={Alias: UNKNOWN}), on=(NIGHTLY,)),
    "queues": CannotJudge(
        inventory(target(target=to("sqs", "orders")), gaps={Queue: UNKNOWN}), on=(NIGHTLY,)
    ),
    "policy of a version": CannotJudge(
        inventory(target(target=to("lambda", "worker", "7")), function(policy=letting())),
        on=(NIGHTLY,),
    ),
    "another account": CannotJudge(
        inventory(
            target(target=Reference("arn:aws:lambda:eu-west-1:999999999999:function:f", "lambda"))
        ),
        on=(NIGHTLY,),
    ),
}
