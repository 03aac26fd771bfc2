from dlqctl.audit.facts import Reference
from dlqctl.audit.resources import EventInvokeConfig, Queue
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    function,
    inventory,
    invoke_config,
    queue,
    to,
)

WORKER = arn("lambda", "worker")
CONFIG = invoke_config().ref
GONE = to("sqs", "gone")
FOREIGN = Reference("arn:aws:sqs:eu-west-1:999999999999:failed", "sqs")

FAILS = {
    "queue is gone": Fails(
        inventory(function(), invoke_config(on_failure=GONE)),
        on=(CONFIG,),
        observed="gone does not exist",
        expected="exists",
    ),
    "function is gone": Fails(
        inventory(function(), invoke_config(on_failure=to("lambda", "gone"))), on=(CONFIG,)
    ),
    "FIFO queue": Fails(
        inventory(function(), invoke_config(on_failure=to("sqs", "q.fifo")), queue("q.fifo")),
        on=(CONFIG,),
        observed="q.fifo is FIFO",
        expected="no FIFO",
    ),
    "FIFO topic": Fails(
        inventory(function(), invoke_config(on_failure=to("sns", "news.fifo"))), on=(CONFIG,)
    ),
    "DeadLetterConfig": Fails(
        inventory(function(dead_letter=GONE)), on=(WORKER,), observed="DeadLetterConfig.TargetArn"
    ),
    "both, and another qualifier": Fails(
        inventory(
            function(dead_letter=GONE),
            invoke_config(on_failure=GONE),
            invoke_config(qualifier="live", on_failure=GONE),
        ),
        on=(WORKER, CONFIG, f"{WORKER}:live"),
    ),
}
PASSES = {
    "there": Passes(inventory(function(), invoke_config(on_failure=GONE), queue("gone"))),
    "a topic is not looked for": Passes(
        inventory(function(), invoke_config(on_failure=to("sns", "news")))
    ),
    "a bucket is not looked for": Passes(
        inventory(function(), invoke_config(on_failure=to("s3", "failed")))
    ),
    "nothing said": Passes(inventory(function(), invoke_config())),
}
NOT_JUDGED = {
    "queues": CannotJudge(
        inventory(function(dead_letter=GONE), gaps={Queue: UNKNOWN}), on=(WORKER,)
    ),
    "another account": CannotJudge(inventory(function(dead_letter=FOREIGN)), on=(WORKER,)),
    "destination": CannotJudge(
        inventory(function(), invoke_config(on_failure=UNKNOWN)), on=(WORKER,)
    ),
    "destinations": CannotJudge(
        inventory(function(), gaps={EventInvokeConfig: UNKNOWN}), on=(WORKER,)
    ),
}
