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
    "gone": Fails(inventory(mapping("orders")), on=(MAPPING,), observed="does not exist"),
    "failed": Fails(
        inventory(mapping("orders"), function(state="Failed")),
        on=(MAPPING,),
        observed="Failed",
        expected="Active",
    ),
    "may not run": Fails(
        inventory(stream_mapping(), function(reserved_concurrency=0)),
        on=(stream_mapping().ref,),
        observed="ReservedConcurrentExecutions is 0",
        expected="1 or more",
    ),
    "both": Fails(
        inventory(mapping("orders"), function(state="Failed", reserved_concurrency=0)),
        on=(MAPPING, MAPPING),
    ),
}
PASSES = {
    "there": Passes(inventory(mapping("orders"), function())),
    "idle": Passes(inventory(mapping("orders"), function(state="Inactive"))),
    "one at a time": Passes(inventory(mapping("orders"), function(reserved_concurrency=1))),
    "a template": Passes(inventory(mapping("orders"), live=False)),
}
NOT_JUDGED = {
    "functions": CannotJudge(inventory(mapping("orders"), gaps={Function: UNKNOWN}), on=(MAPPING,)),
    "state": CannotJudge(inventory(mapping("orders"), function(state=UNKNOWN)), on=(MAPPING,)),
    "concurrency": CannotJudge(
        inventory(mapping("orders"), function(reserved_concurrency=UNKNOWN)), on=(MAPPING,)
    ),
}
