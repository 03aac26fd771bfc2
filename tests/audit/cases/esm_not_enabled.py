from dlqctl.audit.resources import Pipe
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    inventory,
    mapping,
    queue,
    stream_mapping,
    to,
)

MAPPING = mapping("orders").ref

FAILS = {
    "off": Fails(
        inventory(mapping("orders", state="Disabled")),
        on=(MAPPING,),
        observed="Disabled",
        expected="Enabled",
    ),
    "why": Fails(
        inventory(
            stream_mapping(state="Disabled", state_transition_reason="User initiated"),
        ),
        on=(stream_mapping().ref,),
        observed="User initiated",
    ),
    "being switched off": Fails(inventory(mapping("orders", state="Disabling")), on=(MAPPING,)),
    "being deleted": Fails(inventory(mapping("orders", state="Deleting")), on=(MAPPING,)),
    "a queue that has a DLQ is none": Fails(
        inventory(queue("orders", dlq="dlq"), mapping("orders", state="Disabled")), on=(MAPPING,)
    ),
    "not a queue, whatever feeds what": Fails(
        inventory(stream_mapping(state="Disabled"), gaps={Pipe: UNKNOWN}),
        on=(stream_mapping().ref,),
    ),
}
PASSES = {
    "on": Passes(inventory(mapping("orders"))),
    "being created": Passes(inventory(mapping("orders", state="Creating"))),
    "being switched on": Passes(inventory(mapping("orders", state="Enabling"))),
    "being changed": Passes(inventory(mapping("orders", state="Updating"))),
    "a redrive function waits": Passes(
        inventory(queue("inbox", dlq="orders"), mapping("orders", state="Disabled"))
    ),
    "a redrive function waits for what a stream could not": Passes(
        inventory(
            stream_mapping(on_failure=to("sqs", "orders")), mapping("orders", state="Disabled")
        )
    ),
    "a template": Passes(inventory(mapping("orders", state="Disabled"), live=False)),
}
NOT_JUDGED = {
    "state": CannotJudge(inventory(mapping("orders", state=UNKNOWN)), on=(MAPPING,)),
    "off, and perhaps a DLQ": CannotJudge(
        inventory(mapping("orders", state="Disabled"), gaps={Pipe: UNKNOWN}), on=(MAPPING,)
    ),
}
