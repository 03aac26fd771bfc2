from dlqctl.audit.resources import EventSourceMapping
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    function,
    inventory,
    mapping,
    stream_mapping,
)

WORKER = arn("lambda", "worker")
ORDERS = mapping("orders", maximum_concurrency=6)
RETURNS = mapping("returns", maximum_concurrency=5)

FAILS = {
    "one mapping": Fails(
        inventory(ORDERS, function(reserved_concurrency=5)),
        on=(WORKER,),
        observed="reserved concurrency 5, MaximumConcurrency 6 in all",
        expected="6",
    ),
    "two together": Fails(
        inventory(ORDERS, RETURNS, function(reserved_concurrency=10)),
        on=(WORKER,),
        observed="11 in all",
    ),
    "too much, whatever else there is": Fails(
        inventory(ORDERS, mapping("unlimited"), stream_mapping(), function(reserved_concurrency=5)),
        on=(WORKER,),
    ),
}
PASSES = {
    "exactly enough": Passes(inventory(ORDERS, RETURNS, function(reserved_concurrency=11))),
    "none reserved": Passes(inventory(ORDERS, RETURNS, function())),
    "one is off": Passes(
        inventory(
            ORDERS,
            mapping("returns", maximum_concurrency=5, state="Disabled"),
            function(reserved_concurrency=6),
        )
    ),
    "no maximum is another rule's": Passes(
        inventory(mapping("orders"), function(reserved_concurrency=1))
    ),
    "no maximum, and the rest does not matter": Passes(
        inventory(mapping("orders"), function(reserved_concurrency=UNKNOWN))
    ),
    "nothing polls for it": Passes(inventory(function(reserved_concurrency=UNKNOWN))),
    "another function's": Passes(inventory(ORDERS, function("other", reserved_concurrency=1))),
}
NOT_JUDGED = {
    "reserved": CannotJudge(
        inventory(ORDERS, function(reserved_concurrency=UNKNOWN)), on=(WORKER,)
    ),
    "a maximum": CannotJudge(
        inventory(mapping("orders", maximum_concurrency=UNKNOWN), function(reserved_concurrency=5)),
        on=(WORKER,),
    ),
    "mappings": CannotJudge(
        inventory(function(reserved_concurrency=5), gaps={EventSourceMapping: UNKNOWN}),
        on=(WORKER,),
    ),
}
