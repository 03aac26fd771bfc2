from dlqctl.audit.resources import EventSourceMapping, Schedule
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    function,
    inventory,
    invoke_config,
    mapping,
    schedule,
    stream_mapping,
    subscription,
    target,
    to,
)

WORKER = arn("lambda", "worker")
DLQ = to("sqs", "worker-dlq")
INVOKED_BY_S3 = {
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": WORKER,
    }
}

FAILS = {
    "DeadLetterConfig": Fails(
        inventory(mapping("orders"), function(dead_letter=DLQ)),
        on=(WORKER,),
        observed="DeadLetterConfig",
        expected="RedrivePolicy on the queue",
    ),
    "OnFailure": Fails(
        inventory(stream_mapping(), function(), invoke_config(on_failure=DLQ)),
        on=(WORKER,),
        observed="OnFailure",
    ),
    "another function is invoked": Fails(
        inventory(
            mapping("orders"),
            function(dead_letter=DLQ),
            function("other"),
            target(target=to("lambda", "other")),
        ),
        on=(WORKER,),
    ),
}
PASSES = {
    "a rule invokes it": Passes(inventory(mapping(), function(dead_letter=DLQ), target())),
    "a schedule invokes it": Passes(inventory(mapping(), function(dead_letter=DLQ), schedule())),
    "a topic invokes it": Passes(
        inventory(
            mapping(),
            function(dead_letter=DLQ),
            subscription(protocol="lambda", endpoint=to("lambda", "worker")),
        )
    ),
    "a bucket invokes it": Passes(
        inventory(mapping(), function(dead_letter=DLQ, policy=INVOKED_BY_S3))
    ),
    "not polled": Passes(inventory(function(dead_letter=DLQ))),
    "nothing to be unused": Passes(inventory(mapping(), function(), invoke_config())),
    "nothing to be unused, whoever invokes it": Passes(
        inventory(mapping(), function(), gaps={Schedule: UNKNOWN})
    ),
}
NOT_JUDGED = {
    "who invokes it": CannotJudge(
        inventory(mapping(), function(dead_letter=DLQ), gaps={Schedule: UNKNOWN}), on=(WORKER,)
    ),
    "its policy": CannotJudge(
        inventory(mapping(), function(dead_letter=DLQ, policy=UNKNOWN)), on=(WORKER,)
    ),
    "DeadLetterConfig": CannotJudge(
        inventory(mapping(), function(dead_letter=UNKNOWN)), on=(WORKER,)
    ),
    "who polls it": CannotJudge(
        inventory(function(dead_letter=DLQ), gaps={EventSourceMapping: UNKNOWN}), on=(WORKER,)
    ),
}
