from dlqctl.audit.resources import Stream
from tests.audit.build import (
    DAY,
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    inventory,
    mapping,
    stream,
    stream_mapping,
)

MAPPING = stream_mapping().ref

FAILS = {
    "one second over": Fails(
        inventory(stream_mapping(maximum_record_age_seconds=DAY + 1), stream()),
        on=(MAPPING,),
        observed="86401",
        expected="86400",
    ),
    "DynamoDB, wherever the stream is": Fails(
        inventory(
            mapping("clicks", "dynamodb", maximum_record_age_seconds=2 * DAY),
            gaps={Stream: UNKNOWN},
        ),
        on=(MAPPING,),
    ),
}
PASSES = {
    "as long as the retention": Passes(
        inventory(stream_mapping(maximum_record_age_seconds=DAY), stream())
    ),
    "longer retention": Passes(
        inventory(
            stream_mapping(maximum_record_age_seconds=2 * DAY), stream(retention_seconds=7 * DAY)
        )
    ),
    "infinite age is another rule's": Passes(inventory(stream_mapping(), stream())),
    "infinite age, unknown stream": Passes(
        inventory(stream_mapping(), stream(retention_seconds=UNKNOWN))
    ),
    "a missing stream is another rule's": Passes(
        inventory(stream_mapping(maximum_record_age_seconds=2 * DAY))
    ),
}
NOT_JUDGED = {
    "retention": CannotJudge(
        inventory(stream_mapping(maximum_record_age_seconds=60), stream(retention_seconds=UNKNOWN)),
        on=(MAPPING,),
    ),
    "the stream is elsewhere": CannotJudge(
        inventory(stream_mapping(maximum_record_age_seconds=60), elsewhere=UNKNOWN), on=(MAPPING,)
    ),
    "age": CannotJudge(
        inventory(stream_mapping(maximum_record_age_seconds=UNKNOWN), stream()), on=(MAPPING,)
    ),
}
