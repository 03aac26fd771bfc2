from tests.audit.build import UNKNOWN, CannotJudge, Fails, Passes, arn, inventory, target, to

NIGHTLY = arn("events", "nightly")
DEAD = to("sqs", "dlq")

FAILS = {
    "one try": Fails(
        inventory(target(maximum_retry_attempts=0)),
        on=(NIGHTLY,),
        observed="MaximumRetryAttempts 0",
        expected="a DeadLetterConfig",
    ),
}
PASSES = {
    "nothing said": Passes(inventory(target())),
    "one retry": Passes(inventory(target(maximum_retry_attempts=1))),
    "DLQ": Passes(inventory(target(maximum_retry_attempts=0, dead_letter=DEAD))),
    "off": Passes(inventory(target(maximum_retry_attempts=0, enabled=False))),
}
NOT_JUDGED = {
    "retries": CannotJudge(inventory(target(maximum_retry_attempts=UNKNOWN)), on=(NIGHTLY,)),
    "DLQ": CannotJudge(
        inventory(target(maximum_retry_attempts=0, dead_letter=UNKNOWN)), on=(NIGHTLY,)
    ),
}
