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
    "nothing said": Fails(inventory(stream_mapping()), on=(MAPPING,), observed="false"),
    "DynamoDB": Fails(
        inventory(mapping("clicks", "dynamodb", batch_size=2)), on=(MAPPING,), expected="true"
    ),
}
PASSES = {
    "bisects": Passes(inventory(stream_mapping(bisects_on_error=True))),
    "batches of one": Passes(inventory(stream_mapping(batch_size=1))),
    "a queue has no bisecting": Passes(inventory(mapping("orders"))),
    "bisects, and the rest does not matter": Passes(
        inventory(stream_mapping(bisects_on_error=True, batch_size=UNKNOWN))
    ),
}
NOT_JUDGED = {
    "batch size": CannotJudge(inventory(stream_mapping(batch_size=UNKNOWN)), on=(MAPPING,)),
    "bisect": CannotJudge(inventory(stream_mapping(bisects_on_error=UNKNOWN)), on=(MAPPING,)),
}
