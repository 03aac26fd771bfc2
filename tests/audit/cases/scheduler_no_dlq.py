from tests.audit.build import UNKNOWN, CannotJudge, Fails, Passes, inventory, schedule, to

NIGHTLY = schedule().ref
DEAD = to("sqs", "dlq")

FAILS = {
    "no DLQ": Fails(
        inventory(schedule()), on=(NIGHTLY,), observed="no DeadLetterConfig", expected="a Dead"
    ),
    "whatever the target is": Fails(inventory(schedule(target=to("sqs", "orders"))), on=(NIGHTLY,)),
}
PASSES = {
    "DLQ": Passes(inventory(schedule(dead_letter=DEAD))),
    "off": Passes(inventory(schedule(enabled=False))),
    "DLQ, on or off": Passes(inventory(schedule(dead_letter=DEAD, enabled=UNKNOWN))),
}
NOT_JUDGED = {
    "DLQ": CannotJudge(inventory(schedule(dead_letter=UNKNOWN)), on=(NIGHTLY,)),
    "on or off": CannotJudge(inventory(schedule(enabled=UNKNOWN)), on=(NIGHTLY,)),
}
