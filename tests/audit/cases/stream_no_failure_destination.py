from tests.audit.build import (
    HOUR,
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

FAILS = {
    "all defaults: expires in the stream": Fails(
        inventory(stream_mapping()),
        on=(MAPPING,),
        severity="warning",
        observed="no DestinationConfig",
    ),
    "finite retries drop": Fails(
        inventory(stream_mapping(maximum_retry_attempts=0)), on=(MAPPING,), severity="error"
    ),
    "finite age drops": Fails(
        inventory(stream_mapping(maximum_record_age_seconds=HOUR)), on=(MAPPING,), severity="error"
    ),
    "one finite limit is enough": Fails(
        inventory(stream_mapping(maximum_retry_attempts=UNKNOWN, maximum_record_age_seconds=HOUR)),
        on=(MAPPING,),
        severity="error",
    ),
    "DynamoDB": Fails(inventory(mapping("clicks", "dynamodb")), on=(MAPPING,), severity="warning"),
}
PASSES = {
    "queue": Passes(inventory(stream_mapping(on_failure=to("sqs", "clicks-dlq")))),
    "bucket": Passes(inventory(stream_mapping(on_failure=to("s3", "failed")))),
    "SQS has no such destination": Passes(inventory(mapping("orders"))),
    "Kafka has a rule of its own": Passes(inventory(mapping("topic", "kafka"))),
}
NOT_JUDGED = {
    "destination": CannotJudge(inventory(stream_mapping(on_failure=UNKNOWN)), on=(MAPPING,)),
    "how bad it is": CannotJudge(
        inventory(stream_mapping(maximum_retry_attempts=UNKNOWN)), on=(MAPPING,)
    ),
    "what it reads": CannotJudge(inventory(stream_mapping(event_source=UNKNOWN)), on=(MAPPING,)),
}
