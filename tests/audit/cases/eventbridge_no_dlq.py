from tests.audit.build import UNKNOWN, CannotJudge, Fails, Passes, arn, inventory, target, to

NIGHTLY = arn("events", "nightly")

FAILS = {
    "no DLQ": Fails(
        inventory(target()), on=(NIGHTLY,), observed="no DeadLetterConfig", expected="a Dead"
    ),
    "each target": Fails(
        inventory(target(id="a"), target(id="b"), target(id="c", dead_letter=to("sqs", "dlq"))),
        on=(NIGHTLY, NIGHTLY),
    ),
    "whatever the target is": Fails(inventory(target(target=to("sqs", "orders"))), on=(NIGHTLY,)),
}
PASSES = {
    "DLQ": Passes(inventory(target(dead_letter=to("sqs", "dlq")))),
    "off": Passes(inventory(target(enabled=False))),
    "DLQ, on or off": Passes(inventory(target(dead_letter=to("sqs", "dlq"), enabled=UNKNOWN))),
}
NOT_JUDGED = {
    "DLQ": CannotJudge(inventory(target(dead_letter=UNKNOWN)), on=(NIGHTLY,)),
    "on or off": CannotJudge(inventory(target(enabled=UNKNOWN)), on=(NIGHTLY,)),
}
