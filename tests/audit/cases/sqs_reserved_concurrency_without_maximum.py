from dlqctl.audit.resources import Function
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    function,
    inventory,
    mapping,
    stream_mapping,
)

MAPPING = mapping("orders").ref

FAILS = {
    "reserved": Fails(
        inventory(mapping("orders"), function(reserved_concurrency=5)),
        on=(MAPPING,),
        severity="warning",
        observed="reserved concurrency 5, no MaximumConcurrency",
        expected="MaximumConcurrency 2 to 5",
    ),
    "less than the first poll takes": Fails(
        inventory(mapping("orders"), function(reserved_concurrency=4)),
        on=(MAPPING,),
        severity="error",
        expected="2 to 4",
    ),
    "less than the lowest maximum": Fails(
        inventory(mapping("orders"), function(reserved_concurrency=1)),
        on=(MAPPING,),
        severity="error",
        expected="2 to 2",
    ),
}
PASSES = {
    "maximum": Passes(
        inventory(mapping("orders", maximum_concurrency=5), function(reserved_concurrency=5))
    ),
    "none reserved": Passes(inventory(mapping("orders"), function())),
    "provisioned pollers are limited": Passes(
        inventory(mapping("orders", provisioned_pollers=True), function(reserved_concurrency=5))
    ),
    "streams scale by shards": Passes(
        inventory(stream_mapping(), function(reserved_concurrency=5))
    ),
    "a missing function is another rule's": Passes(inventory(mapping("orders"))),
    "maximum, and the rest does not matter": Passes(
        inventory(mapping("orders", maximum_concurrency=5), function(reserved_concurrency=UNKNOWN))
    ),
}
NOT_JUDGED = {
    "reserved": CannotJudge(
        inventory(mapping("orders"), function(reserved_concurrency=UNKNOWN)), on=(MAPPING,)
    ),
    "maximum": CannotJudge(
        inventory(mapping("orders", maximum_concurrency=UNKNOWN)), on=(MAPPING,)
    ),
    "functions": CannotJudge(inventory(mapping("orders"), gaps={Function: UNKNOWN}), on=(MAPPING,)),
}
