from dlqctl.audit.facts import Reference
from dlqctl.audit.resources import Queue
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    inventory,
    mapping,
    queue,
    stream_mapping,
    to,
)

DLQ = to("sqs", "clicks-dlq")
POINTING = stream_mapping(on_failure=DLQ)
MAPPING = POINTING.ref
ELSEWHERE = Reference("arn:aws:sqs:eu-west-1:444455556666:clicks-dlq", "sqs")

FAILS = {
    "gone": Fails(inventory(POINTING), on=(MAPPING,), observed="does not exist"),
    "FIFO": Fails(
        inventory(
            stream_mapping(on_failure=to("sqs", "clicks-dlq.fifo")), queue("clicks-dlq.fifo")
        ),
        on=(MAPPING,),
        observed="is FIFO",
        expected="standard",
    ),
    "FIFO topic": Fails(
        inventory(stream_mapping(on_failure=to("sns", "failed.fifo"))), on=(MAPPING,)
    ),
    "a bucket that was looked for": Fails(
        inventory(
            stream_mapping(on_failure=to("s3", "failed")), missing=frozenset({arn("s3", "failed")})
        ),
        on=(MAPPING,),
    ),
    "FIFO in another account": Fails(
        inventory(stream_mapping(on_failure=Reference(f"{ELSEWHERE.ref}.fifo", "sqs"))),
        on=(MAPPING,),
    ),
    "gone, though others could not be listed": Fails(
        inventory(POINTING, gaps={}, missing=frozenset({DLQ.ref}), elsewhere=UNKNOWN),
        on=(MAPPING,),
    ),
}
PASSES = {
    "standard queue": Passes(inventory(POINTING, queue("clicks-dlq"))),
    "topic": Passes(inventory(stream_mapping(on_failure=to("sns", "failed")))),
    "bucket": Passes(inventory(stream_mapping(on_failure=to("s3", "failed")))),
    "no destination": Passes(inventory(stream_mapping())),
    "not a stream": Passes(inventory(mapping("topic", "kafka", on_failure=DLQ))),
    "a template": Passes(inventory(POINTING, live=False)),
}
NOT_JUDGED = {
    "queues": CannotJudge(inventory(POINTING, gaps={Queue: UNKNOWN}), on=(MAPPING,)),
    "another account": CannotJudge(inventory(stream_mapping(on_failure=ELSEWHERE)), on=(MAPPING,)),
}
