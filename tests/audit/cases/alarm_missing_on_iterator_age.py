from dataclasses import replace

from dlqctl.audit.resources import Alarm, Metric
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    alarm,
    function,
    inventory,
    mapping,
    stream,
    stream_mapping,
)

MAPPING = stream_mapping()
TABLE = mapping("clicks", "dynamodb")
AGE = alarm("IteratorAge", namespace="AWS/Lambda", FunctionName="worker")
OF_STREAM = "GetRecords.IteratorAgeMilliseconds"
INPUTS = (
    Metric("AWS/Lambda", "IteratorAge", {"FunctionName": "worker"}),
    Metric("AWS/Lambda", "Errors", {"FunctionName": "worker"}),
)

FAILS = {
    "none": Fails(
        inventory(MAPPING, function()),
        on=(MAPPING.ref,),
        observed="no alarm on AWS/Lambda IteratorAge",
        expected="well below",
    ),
    "of another function": Fails(
        inventory(MAPPING, alarm("IteratorAge", namespace="AWS/Lambda", FunctionName="other")),
        on=(MAPPING.ref,),
    ),
    "of another stream": Fails(
        inventory(MAPPING, alarm(OF_STREAM, namespace="AWS/Kinesis", StreamName="other")),
        on=(MAPPING.ref,),
    ),
    "the streams of tables have no such metric": Fails(
        inventory(
            TABLE,
            alarm(OF_STREAM, namespace="AWS/Kinesis", StreamName="05.678"),
        ),
        on=(TABLE.ref,),
    ),
    "another metric": Fails(
        inventory(MAPPING, alarm("Errors", namespace="AWS/Lambda", FunctionName="worker")),
        on=(MAPPING.ref,),
    ),
}
PASSES = {
    "of the function": Passes(inventory(MAPPING, function(), AGE)),
    "of the function, which was not found": Passes(inventory(MAPPING, AGE, elsewhere=UNKNOWN)),
    "of an alias of the function": Passes(
        inventory(
            MAPPING,
            alarm(
                "IteratorAge",
                namespace="AWS/Lambda",
                FunctionName="worker",
                Resource="worker:live",
            ),
        )
    ),
    "of all functions": Passes(inventory(MAPPING, alarm("IteratorAge", namespace="AWS/Lambda"))),
    "of the stream": Passes(
        inventory(MAPPING, stream(), alarm(OF_STREAM, namespace="AWS/Kinesis", StreamName="clicks"))
    ),
    "of the stream's consumer": Passes(
        inventory(
            MAPPING,
            alarm(
                "SubscribeToShardEvent.MillisBehindLatest",
                namespace="AWS/Kinesis",
                StreamName="clicks",
                ConsumerName="app",
            ),
        )
    ),
    "an input of metric math": Passes(
        inventory(MAPPING, alarm("", facts={"metrics": INPUTS, "is_math": True}))
    ),
    "of a table's function": Passes(inventory(TABLE, AGE)),
    "not a stream": Passes(inventory(mapping("orders"))),
}
NOT_JUDGED = {
    "alarms": CannotJudge(inventory(MAPPING, gaps={Alarm: UNKNOWN}), on=(MAPPING.ref,)),
    "function": CannotJudge(inventory(replace(MAPPING, function=UNKNOWN)), on=(MAPPING.ref,)),
    "a query may cover it": CannotJudge(
        inventory(MAPPING, alarm("", facts={"queries": ("SELECT MAX(IteratorAge) FROM x",)})),
        on=(MAPPING.ref,),
    ),
}
