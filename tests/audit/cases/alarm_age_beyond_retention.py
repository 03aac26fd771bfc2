from typing import Any

from dlqctl.audit.resources import Alarm, Queue
from tests.audit.build import (
    DAY,
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    alarm,
    inventory,
    queue,
    stream,
)

ORDERS = queue("orders", retention_seconds=DAY)


def older_than(threshold: Any, **facts: Any) -> Alarm:
    return alarm(
        "ApproximateAgeOfOldestMessage",
        facts={"threshold": threshold, **facts},
        QueueName="orders",
    )


def behind(milliseconds: float) -> Alarm:
    return alarm(
        "GetRecords.IteratorAgeMilliseconds",
        namespace="AWS/Kinesis",
        facts={"threshold": milliseconds},
        StreamName="clicks",
    )


REF = older_than(0.0).ref

FAILS = {
    "at the retention": Fails(
        inventory(ORDERS, older_than(86_400.0)),
        on=(REF,),
        observed="Threshold 86400",
        expected="below the retention, 86400",
    ),
    "beyond it, or equal": Fails(
        inventory(ORDERS, older_than(90_000.0, comparison="GreaterThanOrEqualToThreshold")),
        on=(REF,),
    ),
    "a stream, in milliseconds": Fails(
        inventory(stream(retention_seconds=DAY), behind(86_400_000.0)),
        on=(REF,),
        expected="86400000",
    ),
}
PASSES = {
    "one second below": Passes(inventory(ORDERS, older_than(86_399.0))),
    "a millisecond below": Passes(inventory(stream(retention_seconds=DAY), behind(86_399_999.0))),
    "goes off below the threshold": Passes(
        inventory(ORDERS, older_than(90_000.0, comparison="LessThanThreshold"))
    ),
    "anomaly detection": Passes(inventory(ORDERS, older_than(None))),
    "another metric": Passes(
        inventory(
            ORDERS,
            alarm("NumberOfMessagesSent", facts={"threshold": 90_000.0}, QueueName="orders"),
        )
    ),
    "another queue's retention": Passes(
        inventory(ORDERS, queue("other", retention_seconds=60), older_than(3_600.0))
    ),
    "no such queue": Passes(inventory(older_than(90_000.0))),
}
NOT_JUDGED = {
    "retention": CannotJudge(
        inventory(queue("orders", retention_seconds=UNKNOWN), older_than(60.0)), on=(REF,)
    ),
    "threshold": CannotJudge(inventory(ORDERS, older_than(UNKNOWN)), on=(REF,)),
    "of an expression": CannotJudge(
        inventory(ORDERS, older_than(90_000.0, is_math=True)), on=(REF,)
    ),
    "metrics": CannotJudge(inventory(ORDERS, older_than(1.0, metrics=UNKNOWN)), on=(REF,)),
    "queues": CannotJudge(inventory(older_than(90_000.0), gaps={Queue: UNKNOWN}), on=(REF,)),
}
