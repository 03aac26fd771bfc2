from datetime import timedelta

from dlqctl.audit.facts import Fact
from dlqctl.audit.resources import EventSourceMapping, Stream
from tests.audit.build import (
    DAY,
    HOUR,
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    inventory,
    mapping,
    stream,
    stream_mapping,
    table_stream,
    to,
)

MAPPING = stream_mapping().ref
DLQ = to("sqs", "clicks-dlq")


def pointing(age_seconds: Fact[int]) -> EventSourceMapping:
    return stream_mapping(on_failure=DLQ, maximum_record_age_seconds=age_seconds)


FAILS = {
    "one second short": Fails(
        inventory(pointing(12 * HOUR + 1), stream(retention_seconds=DAY)),
        on=(MAPPING,),
        observed="43199 s left",
        expected="43200 s",
    ),
    "a topic is no better": Fails(
        inventory(
            stream_mapping(on_failure=to("sns", "failed"), maximum_record_age_seconds=DAY),
            stream(),
        ),
        on=(MAPPING,),
    ),
    "DynamoDB keeps 24 hours": Fails(
        inventory(
            mapping("clicks", "dynamodb", on_failure=DLQ, maximum_record_age_seconds=20 * HOUR),
            table_stream(),
        ),
        on=(MAPPING,),
    ),
    "DynamoDB keeps 24 hours, wherever the stream is": Fails(
        inventory(
            mapping("clicks", "dynamodb", on_failure=DLQ, maximum_record_age_seconds=20 * HOUR),
            gaps={Stream: UNKNOWN},
        ),
        on=(mapping("clicks", "dynamodb").ref,),
    ),
    "wider window wanted": Fails(
        inventory(pointing(12 * HOUR), stream()),
        on=(MAPPING,),
        expected="86400 s",
        settings={"minimum-window": timedelta(days=1)},
    ),
}
PASSES = {
    "exactly enough": Passes(inventory(pointing(12 * HOUR), stream(retention_seconds=DAY))),
    "infinite age is another rule's": Passes(inventory(stream_mapping(on_failure=DLQ), stream())),
    "no destination": Passes(inventory(stream_mapping(maximum_record_age_seconds=DAY), stream())),
    "S3 keeps the records": Passes(
        inventory(
            stream_mapping(on_failure=to("s3", "failed"), maximum_record_age_seconds=DAY), stream()
        )
    ),
}
NOT_JUDGED = {
    "retention": CannotJudge(
        inventory(pointing(HOUR), stream(retention_seconds=UNKNOWN)), on=(MAPPING,)
    ),
    "streams": CannotJudge(inventory(pointing(HOUR), gaps={Stream: UNKNOWN}), on=(MAPPING,)),
    "age": CannotJudge(inventory(pointing(UNKNOWN), stream()), on=(MAPPING,)),
}
