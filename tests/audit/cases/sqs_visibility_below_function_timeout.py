from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    function,
    inventory,
    mapping,
    queue,
    stream_mapping,
)

ORDERS = arn("sqs", "orders")
MAPPING = mapping("orders")

FAILS = {
    "one second short": Fails(
        inventory(
            MAPPING,
            queue("orders", visibility_timeout_seconds=59),
            function(timeout_seconds=60),
        ),
        on=(ORDERS,),
        observed="VisibilityTimeout is 59 s, the function's Timeout 60 s",
        expected="60 s",
    ),
    "the default of 30 seconds": Fails(
        inventory(MAPPING, queue("orders"), function(timeout_seconds=31)), on=(ORDERS,)
    ),
    "for each function": Fails(
        inventory(
            MAPPING,
            mapping("orders", function="second"),
            queue("orders"),
            function(timeout_seconds=31),
            function("second", timeout_seconds=900),
        ),
        on=(ORDERS, ORDERS),
    ),
}
PASSES = {
    "as long": Passes(inventory(MAPPING, queue("orders"), function(timeout_seconds=30))),
    "defaults": Passes(inventory(MAPPING, queue("orders"), function())),
    "missing ends are other rules'": Passes(inventory(MAPPING, queue("orders"))),
    "a missing queue is another rule's": Passes(inventory(MAPPING, function())),
    "not a queue": Passes(inventory(stream_mapping(), function(timeout_seconds=900))),
}
NOT_JUDGED = {
    "visibility": CannotJudge(
        inventory(MAPPING, queue("orders", visibility_timeout_seconds=UNKNOWN), function()),
        on=(MAPPING.ref,),
    ),
    "timeout": CannotJudge(
        inventory(MAPPING, queue("orders"), function(timeout_seconds=UNKNOWN)), on=(MAPPING.ref,)
    ),
    "the queue is elsewhere": CannotJudge(
        inventory(MAPPING, function(), elsewhere=UNKNOWN), on=(MAPPING.ref,)
    ),
}
