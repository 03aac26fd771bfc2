from dlqctl.audit.facts import Fact
from dlqctl.audit.resources import Function, Stream
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    function,
    inventory,
    mapping,
    stream,
    stream_mapping,
    table_stream,
)

MAPPING = stream_mapping().ref


def reserved(executions: Fact[int | None]) -> Function:
    return function("worker", reserved_concurrency=executions)


FAILS = {
    "one short": Fails(
        inventory(stream_mapping(), stream(open_shards=4), reserved(3)),
        on=(MAPPING,),
        observed="3",
        expected="at least 4",
    ),
    "each shard several times": Fails(
        inventory(stream_mapping(parallelization_factor=10), stream(), reserved(9)),
        on=(MAPPING,),
        expected="at least 10: 1 open shards x 10",
    ),
    "DynamoDB": Fails(
        inventory(mapping("clicks", "dynamodb"), table_stream(open_shards=2), reserved(1)),
        on=(MAPPING,),
    ),
}
PASSES = {
    "exactly enough": Passes(inventory(stream_mapping(), stream(open_shards=4), reserved(4))),
    "none reserved": Passes(
        inventory(stream_mapping(), stream(open_shards=UNKNOWN), reserved(None))
    ),
    "switched off": Passes(
        inventory(stream_mapping(state="Disabled"), stream(open_shards=4), reserved(3))
    ),
    "a missing function is another rule's": Passes(inventory(stream_mapping(), stream())),
    "a missing stream is another rule's": Passes(inventory(stream_mapping(), reserved(1))),
    "a template": Passes(
        inventory(stream_mapping(), stream(open_shards=4), reserved(3), live=False)
    ),
}
NOT_JUDGED = {
    "shards": CannotJudge(
        inventory(stream_mapping(), stream(open_shards=UNKNOWN), reserved(3)), on=(MAPPING,)
    ),
    "concurrency": CannotJudge(
        inventory(stream_mapping(), stream(), reserved(UNKNOWN)), on=(MAPPING,)
    ),
    "streams": CannotJudge(
        inventory(stream_mapping(), reserved(3), gaps={Stream: UNKNOWN}), on=(MAPPING,)
    ),
    "factor": CannotJudge(
        inventory(stream_mapping(parallelization_factor=UNKNOWN), stream(), reserved(3)),
        on=(MAPPING,),
    ),
}
