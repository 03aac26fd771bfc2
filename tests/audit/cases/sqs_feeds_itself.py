from dlqctl.audit.resources import EventInvokeConfig
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    function,
    inventory,
    invoke_config,
    mapping,
    queue,
    stream_mapping,
    to,
)

MAPPING = mapping("orders").ref
ORDERS = to("sqs", "orders")

FAILS = {
    "DeadLetterConfig": Fails(
        inventory(mapping("orders"), function(dead_letter=ORDERS)),
        on=(MAPPING,),
        observed="DeadLetterConfig",
        expected="another queue",
    ),
    "OnFailure": Fails(
        inventory(mapping("orders"), function(), invoke_config(on_failure=ORDERS)),
        on=(MAPPING,),
        observed="OnFailure",
    ),
    "OnFailure of an alias, the rest unknown": Fails(
        inventory(
            mapping("orders"),
            function(dead_letter=UNKNOWN),
            invoke_config(qualifier="live", on_failure=ORDERS),
        ),
        on=(MAPPING,),
    ),
}
PASSES = {
    "another queue": Passes(
        inventory(mapping("orders"), function(dead_letter=to("sqs", "worker-dlq")))
    ),
    "another function's": Passes(
        inventory(mapping("orders"), function(), function("other", dead_letter=ORDERS))
    ),
    "off until a redrive": Passes(
        inventory(mapping("orders", state="Disabled"), function(dead_letter=ORDERS))
    ),
    "nothing said": Passes(inventory(mapping("orders"), function(), invoke_config())),
    "its successes": Passes(
        inventory(mapping("orders"), function(), invoke_config(on_success=ORDERS))
    ),
    "pointers of a stream": Passes(
        inventory(mapping("orders"), stream_mapping(on_failure=ORDERS), function())
    ),
    "the queue's own DLQ": Passes(
        inventory(mapping("orders"), function(), queue("orders", dlq="dlq"))
    ),
}
NOT_JUDGED = {
    "DeadLetterConfig": CannotJudge(
        inventory(mapping("orders"), function(dead_letter=UNKNOWN)), on=(MAPPING,)
    ),
    "OnFailure": CannotJudge(
        inventory(mapping("orders"), function(), invoke_config(on_failure=UNKNOWN)), on=(MAPPING,)
    ),
    "invoke configs": CannotJudge(
        inventory(mapping("orders"), function(), gaps={EventInvokeConfig: UNKNOWN}), on=(MAPPING,)
    ),
    "state": CannotJudge(
        inventory(mapping("orders", state=UNKNOWN), function(dead_letter=ORDERS)), on=(MAPPING,)
    ),
}
