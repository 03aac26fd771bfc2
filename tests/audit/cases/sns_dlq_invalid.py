from dataclasses import replace

from dlqctl.audit.facts import Reference
from dlqctl.audit.resources import Queue, Subscription
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    inventory,
    queue,
    subscription,
    to,
)

NEWS = subscription().ref
FIFO = subscription("news.fifo", dead_letter=to("sqs", "dlq"))
FOREIGN_TOPIC = Reference("arn:aws:sns:eu-west-1:999999999999:news", "sns")
IN_TEMPLATE = Subscription(
    ref="Sub",
    topic=Reference("News", "sns"),
    protocol="sqs",
    dead_letter=Reference("Dlq", "sqs"),
)


def naming(arn: str) -> Subscription:
    return subscription(dead_letter=Reference(arn, "sqs"))


FAILS = {
    "another Region": Fails(
        inventory(naming("arn:aws:sqs:us-east-1:111122223333:dlq")),
        on=(NEWS,),
        observed="another Region",
        expected="account and Region",
    ),
    "another account": Fails(
        inventory(naming("arn:aws:sqs:eu-west-1:999999999999:dlq")),
        on=(NEWS,),
        observed="another account",
    ),
    "FIFO topic, standard queue": Fails(
        inventory(FIFO, queue("dlq")),
        on=(FIFO.ref,),
        observed="is a standard queue, the topic is FIFO",
    ),
    "standard topic, FIFO queue": Fails(
        inventory(subscription(dead_letter=to("sqs", "dlq.fifo")), queue("dlq.fifo")),
        on=(NEWS,),
        observed="is FIFO",
    ),
    "gone": Fails(
        inventory(subscription(dead_letter=to("sqs", "dlq"))), on=(NEWS,), observed="not exist"
    ),
}
PASSES = {
    "both standard": Passes(inventory(subscription(dead_letter=to("sqs", "dlq")), queue("dlq"))),
    "both FIFO": Passes(
        inventory(subscription("news.fifo", dead_letter=to("sqs", "dlq.fifo")), queue("dlq.fifo"))
    ),
    "somebody else's topic, one's own queue": Passes(
        inventory(
            replace(subscription(dead_letter=to("sqs", "dlq")), topic=FOREIGN_TOPIC), queue("dlq")
        )
    ),
    "none": Passes(inventory(subscription())),
}
NOT_JUDGED = {
    "DLQ": CannotJudge(inventory(subscription(dead_letter=UNKNOWN)), on=(NEWS,)),
    "queues": CannotJudge(
        inventory(subscription(dead_letter=to("sqs", "dlq")), gaps={Queue: UNKNOWN}), on=(NEWS,)
    ),
    "type of a topic in a template": CannotJudge(
        inventory(IN_TEMPLATE, Queue(ref="Dlq")), on=("Sub",)
    ),
}
