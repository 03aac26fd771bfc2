from dlqctl.audit.resources import Queue
from tests.audit.build import UNKNOWN, CannotJudge, Fails, Passes, arn, inventory, queue

FAILS = {
    "two": Fails(
        inventory(queue("a", dlq="b"), queue("b", dlq="a")),
        on=(arn("sqs", "a"),),
        observed="a → b → a",
        expected="ends",
    ),
    "itself": Fails(inventory(queue("a", dlq="a")), on=(arn("sqs", "a"),), observed="a → a"),
    "three, and one that leads into them": Fails(
        inventory(
            queue("0", dlq="b"), queue("a", dlq="b"), queue("b", dlq="c"), queue("c", dlq="a")
        ),
        on=(arn("sqs", "a"),),
        observed="a → b → c → a",
    ),
    "two circles": Fails(
        inventory(queue("a", dlq="a"), queue("x", dlq="y"), queue("y", dlq="x")),
        on=(arn("sqs", "a"), arn("sqs", "x")),
    ),
}
PASSES = {
    "a chain": Passes(inventory(queue("a", dlq="b"), queue("b", dlq="c"), queue("c"))),
    "two into one": Passes(inventory(queue("a", dlq="c"), queue("b", dlq="c"), queue("c"))),
    "the end is missing": Passes(inventory(queue("a", dlq="gone"))),
}
NOT_JUDGED = {
    "a redrive policy on the way": CannotJudge(
        inventory(queue("a", dlq="b"), queue("b", dlq=UNKNOWN)),
        on=(arn("sqs", "a"), arn("sqs", "b")),
    ),
    "queues": CannotJudge(
        inventory(queue("a", dlq="b"), gaps={Queue: UNKNOWN}), on=(arn("sqs", "a"),)
    ),
}
