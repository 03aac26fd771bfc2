from dlqctl.audit.resources import EventInvokeConfig, Subscription
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
    queue,
    subscription,
    to,
)

WORKER = arn("lambda", "worker")
SELF = to("lambda", "worker")
BY_TOPIC = subscription("news", protocol="lambda", endpoint=SELF)

FAILS = {
    "itself": Fails(
        inventory(function(), invoke_config(on_failure=SELF)), on=(WORKER,), observed="leads back"
    ),
    "itself, when it succeeds": Fails(
        inventory(function(), invoke_config(on_success=to("lambda", "worker", "live"))),
        on=(WORKER,),
    ),
    "by another, which is in it too": Fails(
        inventory(
            function(),
            function("b"),
            invoke_config(on_failure=to("lambda", "b")),
            invoke_config("b", on_failure=SELF),
        ),
        on=(WORKER, arn("lambda", "b")),
    ),
    "by a topic": Fails(
        inventory(function(), invoke_config(on_failure=to("sns", "news")), BY_TOPIC), on=(WORKER,)
    ),
    "its DLQ is such a topic": Fails(
        inventory(function(dead_letter=to("sns", "news")), BY_TOPIC), on=(WORKER,)
    ),
    "nobody stops it": Fails(
        inventory(function(recursive_loop="Allow")),
        on=(WORKER,),
        observed="RecursiveLoop Allow",
        expected="Terminate",
    ),
    "both": Fails(
        inventory(function(recursive_loop="Allow"), invoke_config(on_failure=SELF)),
        on=(WORKER, WORKER),
    ),
}
PASSES = {
    "another function": Passes(
        inventory(function(), function("b"), invoke_config(on_failure=to("lambda", "b")))
    ),
    "into the circle of others": Passes(
        inventory(
            function(),
            invoke_config(on_failure=to("lambda", "b")),
            invoke_config("b", on_failure=to("lambda", "b")),
        )
    ),
    "a topic for others": Passes(
        inventory(
            function(),
            invoke_config(on_failure=to("sns", "failed")),
            BY_TOPIC,
            subscription("failed", id="s2"),
        )
    ),
    "a queue is another rule's": Passes(
        inventory(function(), invoke_config(on_failure=to("sqs", "q")), queue("q"), mapping("q"))
    ),
}
NOT_JUDGED = {
    "destinations": CannotJudge(
        inventory(function(), gaps={EventInvokeConfig: UNKNOWN}), on=(WORKER,)
    ),
    "recursion": CannotJudge(inventory(function(recursive_loop=UNKNOWN)), on=(WORKER,)),
    "subscriptions": CannotJudge(
        inventory(
            function(), invoke_config(on_failure=to("sns", "news")), gaps={Subscription: UNKNOWN}
        ),
        on=(WORKER,),
    ),
    "endpoint": CannotJudge(
        inventory(
            function(dead_letter=to("sns", "news")),
            subscription("news", protocol="lambda", endpoint=UNKNOWN),
        ),
        on=(WORKER,),
    ),
    "a function on the way": CannotJudge(
        inventory(
            function(),
            function("b", dead_letter=UNKNOWN),
            invoke_config(on_failure=to("lambda", "b")),
        ),
        on=(WORKER, arn("lambda", "b")),
    ),
}
