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
    "nothing said": Fails(inventory(stream_mapping()), on=(MAPPING,), observed="empty"),
    "bisecting alone replays": Fails(
        inventory(stream_mapping(bisects_on_error=True, batch_size=2)),
        on=(MAPPING,),
        expected="ReportBatchItemFailures",
    ),
}
PASSES = {
    "reports": Passes(inventory(stream_mapping(reports_batch_item_failures=True))),
    "batches of one": Passes(inventory(stream_mapping(batch_size=1))),
    "a queue has a rule of its own": Passes(inventory(mapping("orders"))),
}
NOT_JUDGED = {
    "response types": CannotJudge(
        inventory(stream_mapping(reports_batch_item_failures=UNKNOWN)), on=(MAPPING,)
    ),
    "batch size": CannotJudge(inventory(stream_mapping(batch_size=UNKNOWN)), on=(MAPPING,)),
}
