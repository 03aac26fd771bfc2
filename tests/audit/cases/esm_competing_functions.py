from dlqctl.audit.resources import EventSourceMapping
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    inventory,
    mapping,
    stream_mapping,
)

FIRST = mapping("orders")
SECOND = mapping("orders", function="second")
BOTH = (FIRST.ref, SECOND.ref)

FAILS = {
    "two functions": Fails(
        inventory(FIRST, SECOND),
        on=BOTH,
        observed="function:second",
        expected="one function for each queue",
    ),
    "a third is off": Fails(
        inventory(FIRST, SECOND, mapping("orders", function="third", state="Disabled")), on=BOTH
    ),
    "whatever else there may be": Fails(
        inventory(FIRST, mapping("orders", function="second", state="Updating")), on=BOTH
    ),
}
PASSES = {
    "one": Passes(inventory(FIRST)),
    "the other is off": Passes(
        inventory(FIRST, mapping("orders", function="second", state="Disabled"))
    ),
    "one function twice": Passes(inventory(FIRST, mapping("orders", name="again"))),
    "two queues": Passes(inventory(FIRST, mapping("others", function="second"))),
    "each reader of a stream sees all": Passes(
        inventory(stream_mapping(), stream_mapping(function="second"))
    ),
}
NOT_JUDGED = {
    "the other's state": CannotJudge(
        inventory(FIRST, mapping("orders", function="second", state=UNKNOWN)), on=BOTH
    ),
    "its own state": CannotJudge(inventory(mapping("orders", state=UNKNOWN)), on=(FIRST.ref,)),
    "mappings": CannotJudge(inventory(FIRST, gaps={EventSourceMapping: UNKNOWN}), on=(FIRST.ref,)),
}
