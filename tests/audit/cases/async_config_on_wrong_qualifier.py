from dlqctl.audit.resources import EventTarget
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    function,
    inventory,
    invoke_config,
    schedule,
    target,
    to,
)

LATEST = invoke_config()
LIVE = invoke_config(qualifier="live")
TO_LIVE = target(target=to("lambda", "worker", "live"))

FAILS = {
    "settings on $LATEST, alias invoked": Fails(
        inventory(function(), LATEST, TO_LIVE),
        on=(LATEST.ref,),
        observed="Qualifier $LATEST; invoked live",
        expected="Qualifier live",
    ),
    "settings on an alias, $LATEST invoked": Fails(
        inventory(function(), LIVE, target()), on=(LIVE.ref,), expected="$LATEST"
    ),
    "one of those invoked has its own": Fails(
        inventory(function(), invoke_config(qualifier="old"), LIVE, TO_LIVE, schedule()),
        on=(invoke_config(qualifier="old").ref,),
        observed="Qualifier old; invoked $LATEST",
    ),
}
PASSES = {
    "the same alias": Passes(inventory(function(), LIVE, TO_LIVE)),
    "$LATEST unsaid": Passes(inventory(function(), LATEST, target())),
    "$LATEST said": Passes(
        inventory(function(), LATEST, target(target=to("lambda", "worker", "$LATEST")))
    ),
    "left over beside the one that counts": Passes(inventory(function(), LATEST, LIVE, TO_LIVE)),
    "no trigger known": Passes(inventory(function(), LIVE)),
    "invoked, whatever else is unknown": Passes(inventory(function(policy=UNKNOWN), LIVE, TO_LIVE)),
    "the version that is invoked": Passes(
        inventory(
            function(), invoke_config(qualifier="7"), target(target=to("lambda", "worker", "7"))
        )
    ),
}
NOT_JUDGED = {
    "qualifier": CannotJudge(
        inventory(function(), invoke_config(qualifier=UNKNOWN), target()),
        on=(invoke_config(qualifier=UNKNOWN).ref,),
    ),
    "a rule may invoke it": CannotJudge(
        inventory(function(), LIVE, target(), gaps={EventTarget: UNKNOWN}), on=(LIVE.ref,)
    ),
    "a version, which an alias may point at": CannotJudge(
        inventory(function(), invoke_config(qualifier="7"), TO_LIVE),
        on=(invoke_config(qualifier="7").ref,),
    ),
}
