from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    inventory,
    mapping,
    stream_mapping,
)

MAPPING = stream_mapping().ref

FAILS = {
    "nothing said": Fails(
        inventory(stream_mapping()), on=(MAPPING,), observed="-1", expected="60 to 604,800"
    ),
    "a retry limit does not count throttles": Fails(
        inventory(stream_mapping(maximum_retry_attempts=3)), on=(MAPPING,)
    ),
    "DynamoDB": Fails(inventory(mapping("clicks", "dynamodb")), on=(MAPPING,)),
}
PASSES = {
    "shortest": Passes(inventory(stream_mapping(maximum_record_age_seconds=60))),
    "longest": Passes(inventory(stream_mapping(maximum_record_age_seconds=604_800))),
    "a queue has its own retention": Passes(inventory(mapping("orders"))),
}
NOT_JUDGED = {
    "age": CannotJudge(
        inventory(stream_mapping(maximum_record_age_seconds=UNKNOWN)), on=(MAPPING,)
    ),
}
