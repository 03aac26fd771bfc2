from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    inventory,
    mapping,
    stream_mapping,
    to,
)

MAPPING = stream_mapping().ref
DLQ = to("sqs", "clicks-dlq")

FAILS = {
    "queue": Fails(
        inventory(stream_mapping(on_failure=DLQ)),
        on=(MAPPING,),
        observed="clicks-dlq",
        expected="S3",
    ),
    "topic": Fails(inventory(stream_mapping(on_failure=to("sns", "failed"))), on=(MAPPING,)),
}
PASSES = {
    "bucket": Passes(inventory(stream_mapping(on_failure=to("s3", "failed")))),
    "none is another rule's": Passes(inventory(stream_mapping())),
    "not a stream": Passes(inventory(mapping("topic", "kafka", on_failure=DLQ))),
}
NOT_JUDGED = {
    "destination": CannotJudge(inventory(stream_mapping(on_failure=UNKNOWN)), on=(MAPPING,)),
}
