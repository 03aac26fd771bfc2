from typing import Any

from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import Queue
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
DLQ = to("sqs", "dlq")
GUARDED = target(dead_letter=DLQ)


def letting(**change: Any) -> Inventory:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": DLQ.ref,
        "Condition": {"ArnEquals": {"aws:SourceArn": NIGHTLY}},
    }
    return inventory(GUARDED, queue("dlq", policy={"Statement": [statement | change]}))


FAILS = {
    "no policy": Fails(
        inventory(GUARDED, queue("dlq")),
        on=(NIGHTLY,),
        observed="policy of dlq does not allow",
        expected=f"aws:SourceArn {NIGHTLY}",
    ),
    "another service": Fails(letting(Principal={"Service": "sns.amazonaws.com"}), on=(NIGHTLY,)),
    "another rule": Fails(
        letting(Condition={"ArnEquals": {"aws:SourceArn": arn("events", "other")}}), on=(NIGHTLY,)
    ),
    "another action": Fails(letting(Action="sqs:ReceiveMessage"), on=(NIGHTLY,)),
    "denied": Fails(letting(Effect="Deny"), on=(NIGHTLY,)),
}
PASSES = {
    "allowed": Passes(letting()),
    "allowed for all rules": Passes(letting(Condition={})),
    "no DLQ": Passes(inventory(target())),
    "a missing DLQ is another rule's": Passes(inventory(GUARDED)),
    "off": Passes(inventory(target(dead_letter=DLQ, enabled=False), queue("dlq"))),
}
NOT_JUDGED = {
    "policy": CannotJudge(inventory(GUARDED, queue("dlq", policy=UNKNOWN)), on=(NIGHTLY,)),
    "a condition that can't be told": CannotJudge(
        letting(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), on=(NIGHTLY,)
    ),
    "queues": CannotJudge(inventory(GUARDED, gaps={Queue: UNKNOWN}), on=(NIGHTLY,)),
}
