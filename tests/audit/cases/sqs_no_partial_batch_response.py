from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    inventory,
    mapping,
    stream_mapping,
)

MAPPING = mapping("orders").ref

FAILS = {
    "nothing said": Fails(
        inventory(mapping("orders")),
        on=(MAPPING,),
        observed="empty",
        expected="ReportBatchItemFailures",
    ),
    "batches of two": Fails(inventory(mapping("orders", batch_size=2)), on=(MAPPING,)),
}
PASSES = {
    "reports": Passes(inventory(mapping("orders", reports_batch_item_failures=True))),
    "batches of one": Passes(inventory(mapping("orders", batch_size=1))),
    "a stream has a rule of its own": Passes(inventory(stream_mapping())),
}
NOT_JUDGED = {
    "response types": CannotJudge(
        inventory(mapping("orders", reports_batch_item_failures=UNKNOWN)), on=(MAPPING,)
    ),
    "batch size": CannotJudge(inventory(mapping("orders", batch_size=UNKNOWN)), on=(MAPPING,)),
}
