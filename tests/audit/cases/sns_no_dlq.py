from tests.audit.build import UNKNOWN, CannotJudge, Fails, Passes, inventory, subscription, to

NEWS = subscription().ref
DEAD = to("sqs", "dlq")

FAILS = {
    protocol: Fails(
        inventory(subscription(protocol=protocol)),
        on=(NEWS,),
        observed="no RedrivePolicy",
        expected="a RedrivePolicy",
    )
    for protocol in ("lambda", "sqs", "http", "https", "firehose")
}
PASSES = {
    "DLQ": Passes(inventory(subscription(dead_letter=DEAD))),
    "people": Passes(
        inventory(
            subscription(protocol="email"),
            subscription(protocol="sms", id="s2"),
            subscription(protocol="email-json", id="s3"),
            subscription(protocol="application", id="s4"),
        )
    ),
    "not confirmed is another rule's": Passes(
        inventory(subscription(protocol="https", pending_confirmation=True))
    ),
}
NOT_JUDGED = {
    "protocol": CannotJudge(inventory(subscription(protocol=UNKNOWN)), on=(NEWS,)),
    "DLQ": CannotJudge(inventory(subscription(dead_letter=UNKNOWN)), on=(NEWS,)),
    "confirmed or not": CannotJudge(
        inventory(subscription(pending_confirmation=UNKNOWN)), on=(NEWS,)
    ),
}
