from tests.audit.build import UNKNOWN, CannotJudge, Fails, Passes, inventory, pipe, to

PUMP = pipe().ref
DEAD = to("sqs", "dlq")

FAILS = {
    "neither DLQ nor limits": Fails(inventory(pipe()), on=(PUMP, PUMP)),
    "no DLQ": Fails(
        inventory(pipe(maximum_retry_attempts=5)),
        on=(PUMP,),
        observed="no DeadLetterConfig",
        expected="a DeadLetterConfig",
    ),
    "no limits": Fails(
        inventory(pipe(dead_letter=DEAD)),
        on=(PUMP,),
        observed="MaximumRetryAttempts -1",
        expected="a limit",
    ),
    "DynamoDB": Fails(
        inventory(pipe(source=to("dynamodb", "clicks"), maximum_record_age_seconds=60)),
        on=(PUMP,),
    ),
}
PASSES = {
    "DLQ and retries": Passes(inventory(pipe(dead_letter=DEAD, maximum_retry_attempts=0))),
    "DLQ and age": Passes(inventory(pipe(dead_letter=DEAD, maximum_record_age_seconds=60))),
    "one limit is enough": Passes(
        inventory(
            pipe(dead_letter=DEAD, maximum_retry_attempts=5, maximum_record_age_seconds=UNKNOWN)
        )
    ),
    "from a queue": Passes(inventory(pipe(source=to("sqs", "orders")))),
    "from a broker": Passes(inventory(pipe(source=None))),
    "stopped": Passes(inventory(pipe(running=False))),
}
NOT_JUDGED = {
    "source": CannotJudge(inventory(pipe(source=UNKNOWN)), on=(PUMP,)),
    "DLQ": CannotJudge(inventory(pipe(dead_letter=UNKNOWN)), on=(PUMP,)),
    "age": CannotJudge(
        inventory(pipe(dead_letter=DEAD, maximum_record_age_seconds=UNKNOWN)), on=(PUMP,)
    ),
    "running": CannotJudge(inventory(pipe(running=UNKNOWN)), on=(PUMP,)),
}
