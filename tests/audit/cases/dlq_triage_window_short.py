from datetime import timedelta

from dlqctl.audit.resources import Pipe
from tests.audit.build import (
    DAY,
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    function,
    inventory,
    invoke_config,
    pipe,
    queue,
    stream_mapping,
    to,
)

DLQ = arn("sqs", "dlq")
SLOW = queue("orders", dlq="dlq", max_receive_count=24, visibility_timeout_seconds=3_600)
DEAD = to("sqs", "dlq")

FAILS = {
    "retries take a second too long": Fails(
        inventory(
            queue("orders", dlq="dlq", max_receive_count=1, visibility_timeout_seconds=43_200),
            queue("dlq", retention_seconds=3 * DAY + 43_199),
        ),
        on=(DLQ,),
        observed="259199 s left",
        expected="259200 s",
    ),
    "the source's retention is what they can take at most": Fails(
        inventory(
            queue("orders", dlq="dlq", max_receive_count=1_000, retention_seconds=7_200),
            queue("dlq", retention_seconds=3 * DAY),
        ),
        on=(DLQ,),
        observed="252000 s left",
    ),
    "nothing left": Fails(
        inventory(SLOW, queue("dlq", retention_seconds=3_600)), on=(DLQ,), observed="0 s left"
    ),
    "the slowest source decides": Fails(
        inventory(queue("fast", dlq="dlq"), SLOW, queue("dlq", retention_seconds=3 * DAY + 60)),
        on=(DLQ,),
    ),
    "FIFO, kept too short": Fails(
        inventory(
            queue("orders.fifo", dlq="dlq.fifo"),
            queue("dlq.fifo", retention_seconds=3 * DAY - 1),
        ),
        on=(arn("sqs", "dlq.fifo"),),
        observed="up to 0 s spent",
    ),
    "DLQ of a function": Fails(
        inventory(function(dead_letter=DEAD), queue("dlq", retention_seconds=DAY)), on=(DLQ,)
    ),
    "destination of invocations": Fails(
        inventory(invoke_config(on_failure=DEAD), queue("dlq", retention_seconds=DAY)), on=(DLQ,)
    ),
    "more wanted": Fails(
        inventory(queue("orders", dlq="dlq"), queue("dlq")),
        on=(DLQ,),
        settings={"minimum-window": timedelta(days=4)},
    ),
}
PASSES = {
    "defaults": Passes(inventory(queue("orders", dlq="dlq"), queue("dlq"))),
    "exactly enough": Passes(inventory(SLOW, queue("dlq", retention_seconds=4 * DAY))),
    "FIFO does not count what was spent": Passes(
        inventory(
            queue(
                "orders.fifo",
                dlq="dlq.fifo",
                max_receive_count=48,
                visibility_timeout_seconds=3_600,
            ),
            queue("dlq.fifo", retention_seconds=3 * DAY),
        )
    ),
    "pointers of a stream": Passes(
        inventory(stream_mapping(on_failure=DEAD), queue("dlq", retention_seconds=DAY))
    ),
    "pointers of a pipe": Passes(
        inventory(pipe(dead_letter=DEAD), queue("dlq", retention_seconds=DAY))
    ),
    "not a DLQ": Passes(inventory(queue("orders", retention_seconds=60))),
    "retention of the source does not matter": Passes(
        inventory(queue("orders", dlq="dlq", retention_seconds=UNKNOWN), queue("dlq"))
    ),
}
NOT_JUDGED = {
    "retention": CannotJudge(
        inventory(queue("orders", dlq="dlq"), queue("dlq", retention_seconds=UNKNOWN)), on=(DLQ,)
    ),
    "receive count": CannotJudge(
        inventory(queue("orders", dlq="dlq", max_receive_count=UNKNOWN), queue("dlq")), on=(DLQ,)
    ),
    "retention of the source, which decides": CannotJudge(
        inventory(
            queue("orders", dlq="dlq", max_receive_count=10_000, retention_seconds=UNKNOWN),
            queue("dlq"),
        ),
        on=(DLQ,),
    ),
    "another feed may be there": CannotJudge(
        inventory(queue("orders", dlq="dlq"), queue("dlq"), gaps={Pipe: UNKNOWN}),
        on=(arn("sqs", "orders"), DLQ),
    ),
}
