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

MAPPING = mapping("topic", "kafka").ref

FAILS = {
    "nothing said": Fails(
        inventory(mapping("topic", "kafka")), on=(MAPPING,), observed="no DestinationConfig"
    ),
    "limits alone drop records": Fails(
        inventory(mapping("topic", "kafka", maximum_retry_attempts=3)), on=(MAPPING,)
    ),
    "share group": Fails(inventory(mapping("topic", "kafka", share_group=True)), on=(MAPPING,)),
}
PASSES = {
    "bucket": Passes(inventory(mapping("topic", "kafka", on_failure=to("s3", "failed")))),
    "not Kafka": Passes(inventory(stream_mapping(), mapping("orders"))),
}
NOT_JUDGED = {
    "destination": CannotJudge(
        inventory(mapping("topic", "kafka", on_failure=UNKNOWN)), on=(MAPPING,)
    ),
}
