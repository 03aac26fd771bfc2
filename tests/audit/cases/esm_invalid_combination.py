from dataclasses import replace

from dlqctl.audit.facts import Reference
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
FIFO = mapping("orders.fifo").ref

FAILS = {
    "destination": Fails(
        inventory(mapping("orders", on_failure=to("sqs", "dlq"))),
        on=(MAPPING,),
        observed="DestinationConfig",
    ),
    "concurrency and pollers": Fails(
        inventory(mapping("orders", maximum_concurrency=2, provisioned_pollers=True)),
        on=(MAPPING,),
        observed="MaximumConcurrency with ProvisionedPollerConfig",
    ),
    "no window": Fails(
        inventory(mapping("orders", batch_size=11), queue("orders")),
        on=(MAPPING,),
        observed="BatchSize is 11, MaximumBatchingWindowInSeconds is 0",
        expected="1 to 10",
    ),
    "no window, whatever the queue is": Fails(
        inventory(mapping("orders", batch_size=11), elsewhere=UNKNOWN), on=(MAPPING,)
    ),
    "FIFO": Fails(
        inventory(
            mapping("orders.fifo", batch_size=11, batching_window_seconds=1), queue("orders.fifo")
        ),
        on=(FIFO,),
        observed="FIFO",
    ),
    "all at once": Fails(
        inventory(
            mapping(
                "orders",
                on_failure=to("sqs", "dlq"),
                maximum_concurrency=2,
                provisioned_pollers=True,
                batch_size=11,
            )
        ),
        on=(MAPPING, MAPPING, MAPPING),
    ),
}
PASSES = {
    "ten need no window": Passes(inventory(mapping("orders", batch_size=10))),
    "ten on a FIFO queue": Passes(
        inventory(mapping("orders.fifo", batch_size=10), queue("orders.fifo"))
    ),
    "with a window": Passes(
        inventory(mapping("orders", batch_size=10_000, batching_window_seconds=1), queue("orders"))
    ),
    "concurrency alone": Passes(inventory(mapping("orders", maximum_concurrency=2))),
    "pollers alone": Passes(inventory(mapping("orders", provisioned_pollers=True))),
    "streams need no window": Passes(inventory(stream_mapping(batch_size=100))),
    "streams have destinations": Passes(inventory(stream_mapping(on_failure=to("sqs", "dlq")))),
}
NOT_JUDGED = {
    "batch size": CannotJudge(inventory(mapping("orders", batch_size=UNKNOWN)), on=(MAPPING,)),
    "destination": CannotJudge(inventory(mapping("orders", on_failure=UNKNOWN)), on=(MAPPING,)),
    "FIFO or not": CannotJudge(
        inventory(
            replace(
                mapping("orders", batch_size=11, batching_window_seconds=1),
                source=Reference("Orders", "sqs"),
            ),
            elsewhere=UNKNOWN,
        ),
        on=(MAPPING,),
    ),
    "window": CannotJudge(
        inventory(mapping("orders", batch_size=11, batching_window_seconds=UNKNOWN)), on=(MAPPING,)
    ),
}
