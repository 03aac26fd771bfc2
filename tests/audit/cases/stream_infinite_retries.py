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

FAILS = {
    "nothing said": Fails(inventory(stream_mapping()), on=(MAPPING,), observed="-1"),
    "said so": Fails(
        inventory(mapping("clicks", "dynamodb", maximum_retry_attempts=-1)),
        on=(MAPPING,),
        expected="0 to 10,000",
    ),
    "an age limit still blocks till then": Fails(
        inventory(stream_mapping(maximum_record_age_seconds=60)), on=(MAPPING,)
    ),
}
PASSES = {
    "none": Passes(inventory(stream_mapping(maximum_retry_attempts=0))),
    "the most there can be": Passes(inventory(stream_mapping(maximum_retry_attempts=10_000))),
    "a queue counts receives": Passes(inventory(mapping("orders"))),
    "Kafka has a rule of its own": Passes(
        inventory(mapping("topic", "kafka", on_failure=to("s3", "failed")))
    ),
}
NOT_JUDGED = {
    "retries": CannotJudge(
        inventory(stream_mapping(maximum_retry_attempts=UNKNOWN)), on=(MAPPING,)
    ),
}
