from tests.audit.build import UNKNOWN, CannotJudge, Fails, Passes, inventory, subscription

NEWS = subscription().ref

FAILS = {
    "not confirmed": Fails(
        inventory(subscription(protocol="https", pending_confirmation=True)),
        on=(NEWS,),
        observed="PendingConfirmation true",
        expected="confirmed",
    ),
}
PASSES = {
    "confirmed": Passes(inventory(subscription())),
}
NOT_JUDGED = {
    "confirmed or not": CannotJudge(
        inventory(subscription(pending_confirmation=UNKNOWN)), on=(NEWS,)
    ),
}
