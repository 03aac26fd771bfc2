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
    subscription,
    to,
)

TOPIC = arn("sns", "news")
DLQ = to("sqs", "dlq")
GUARDED = subscription(dead_letter=DLQ)


def letting(**change: Any) -> Inventory:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "SQS:SendMessage",
        "Resource": DLQ.ref,
        "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}},
    }
    return inventory(GUARDED, queue("dlq", policy={"Statement": [statement | change]}))


FAILS = {
    "no policy": Fails(
        inventory(GUARDED, queue("dlq")),
        on=(GUARDED.ref,),
        observed="policy of dlq does not allow",
        expected=f"aws:SourceArn {TOPIC}",
    ),
    "another service": Fails(
        letting(Principal={"Service": "events.amazonaws.com"}), on=(GUARDED.ref,)
    ),
    "the subscription is not the source": Fails(
        letting(Condition={"ArnEquals": {"aws:SourceArn": GUARDED.ref}}), on=(GUARDED.ref,)
    ),
    "another account": Fails(
        letting(Condition={"StringEquals": {"aws:SourceAccount": "999999999999"}}),
        on=(GUARDED.ref,),
    ),
}
PASSES = {
    "allowed": Passes(letting()),
    "allowed for all topics": Passes(letting(Condition={"ArnLike": {"aws:SourceArn": "*"}})),
    "no DLQ": Passes(inventory(subscription())),
    "a missing DLQ is another rule's": Passes(inventory(GUARDED)),
}
NOT_JUDGED = {
    "policy": CannotJudge(inventory(GUARDED, queue("dlq", policy=UNKNOWN)), on=(GUARDED.ref,)),
    "DLQ": CannotJudge(inventory(subscription(dead_letter=UNKNOWN)), on=(GUARDED.ref,)),
    "a condition that can't be told": CannotJudge(
        letting(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), on=(GUARDED.ref,)
    ),
    "queues": CannotJudge(inventory(GUARDED, gaps={Queue: UNKNOWN}), on=(GUARDED.ref,)),
}
