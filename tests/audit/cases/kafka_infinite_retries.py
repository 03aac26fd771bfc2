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
        inventory(mapping("topic", "kafka")),
        on=(MAPPING,),
        observed="-1",
        expected="on-failure destination",
    ),
}
PASSES = {
    "none": Passes(inventory(mapping("topic", "kafka", maximum_retry_attempts=0))),
    "Lambda caps them with a destination": Passes(
        inventory(mapping("topic", "kafka", on_failure=to("s3", "failed")))
    ),
    "share group": Passes(inventory(mapping("topic", "kafka", share_group=True))),
    "not Kafka": Passes(inventory(stream_mapping())),
    "limited, and the rest does not matter": Passes(
        inventory(mapping("topic", "kafka", maximum_retry_attempts=3, on_failure=UNKNOWN))
    ),
}
NOT_JUDGED = {
    "retries": CannotJudge(
        inventory(mapping("topic", "kafka", maximum_retry_attempts=UNKNOWN)), on=(MAPPING,)
    ),
    "destination": CannotJudge(
        inventory(mapping("topic", "kafka", on_failure=UNKNOWN)), on=(MAPPING,)
    ),
    "share group": CannotJudge(
        inventory(mapping("topic", "kafka", share_group=UNKNOWN)), on=(MAPPING,)
    ),
}
