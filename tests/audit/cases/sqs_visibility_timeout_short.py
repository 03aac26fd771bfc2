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
            queue("orders", visibility_timeout_seconds=359),
            function(timeout_seconds=60),
        ),
        on=(ORDERS,),
        observed="359 s",
        expected="at least 360 s: 6 x Timeout 60 s + batching window 0 s",
    ),
    "the window counts": Fails(
        inventory(
            mapping("orders", batching_window_seconds=1),
            queue("orders", visibility_timeout_seconds=360),
            function(timeout_seconds=60),
        ),
        on=(ORDERS,),
        expected="361 s",
    ),
    "more wanted": Fails(
        inventory(
            MAPPING,
            queue("orders", visibility_timeout_seconds=360),
            function(timeout_seconds=60),
        ),
        on=(ORDERS,),
        expected="420 s",
        settings={"timeout-factor": 7},
    ),
}
PASSES = {
    "exactly enough": Passes(
        inventory(
            mapping("orders", batching_window_seconds=5),
            queue("orders", visibility_timeout_seconds=365),
            function(timeout_seconds=60),
        )
    ),
    "defaults": Passes(inventory(MAPPING, queue("orders"), function())),
    "less wanted": Passes(
        inventory(MAPPING, queue("orders"), function(timeout_seconds=30)),
        settings={"timeout-factor": 1},
    ),
    "a missing function is another rule's": Passes(inventory(MAPPING, queue("orders"))),
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
    "window": CannotJudge(
        inventory(mapping("orders", batching_window_seconds=UNKNOWN), queue("orders"), function()),
        on=(MAPPING.ref,),
    ),
    "the function is elsewhere": CannotJudge(
        inventory(MAPPING, queue("orders"), elsewhere=UNKNOWN), on=(MAPPING.ref,)
    ),
}
