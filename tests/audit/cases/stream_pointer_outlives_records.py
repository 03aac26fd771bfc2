from dlqctl.audit.resources import Queue
from tests.audit.build import (
    DAY,
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    inventory,
    mapping,
    queue,
    stream,
    stream_mapping,
    to,
)

DLQ = to("sqs", "clicks-dlq")
POINTING = stream_mapping(on_failure=DLQ)
MAPPING = POINTING.ref

FAILS = {
    "one second longer": Fails(
        inventory(POINTING, queue("clicks-dlq", retention_seconds=DAY + 1), stream()),
        on=(MAPPING,),
        observed="86401 s, the stream keeps records 86400 s",
        expected="86401 s",
    ),
    "DynamoDB": Fails(
        inventory(mapping("clicks", "dynamodb", on_failure=DLQ), queue("clicks-dlq")),
        on=(MAPPING,),
    ),
}
PASSES = {
    "as long": Passes(inventory(POINTING, queue("clicks-dlq", retention_seconds=DAY), stream())),
    "longer stream": Passes(
        inventory(POINTING, queue("clicks-dlq"), stream(retention_seconds=14 * DAY))
    ),
    "S3 keeps the records": Passes(
        inventory(stream_mapping(on_failure=to("s3", "failed")), stream())
    ),
    "a topic keeps nothing": Passes(
        inventory(stream_mapping(on_failure=to("sns", "failed")), stream())
    ),
    "a missing queue is another rule's": Passes(inventory(POINTING, stream())),
    "no destination": Passes(inventory(stream_mapping(), stream())),
}
NOT_JUDGED = {
    "the queue's retention": CannotJudge(
        inventory(POINTING, queue("clicks-dlq", retention_seconds=UNKNOWN), stream()),
        on=(MAPPING,),
    ),
    "the stream's retention": CannotJudge(
        inventory(POINTING, queue("clicks-dlq"), stream(retention_seconds=UNKNOWN)), on=(MAPPING,)
    ),
    "queues": CannotJudge(inventory(POINTING, stream(), gaps={Queue: UNKNOWN}), on=(MAPPING,)),
    "destination": CannotJudge(inventory(stream_mapping(on_failure=UNKNOWN)), on=(MAPPING,)),
}
