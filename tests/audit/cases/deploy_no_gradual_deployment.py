from dlqctl.audit.resources import Alias
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    alias,
    function,
    inventory,
    mapping,
    stream_mapping,
)

MAPPING = mapping("orders").ref
LIVE = mapping("orders", qualifier="live")

FAILS = {
    "no alias": Fails(
        inventory(mapping("orders")),
        on=(MAPPING,),
        observed="the mapping invokes $LATEST",
        expected="an alias",
    ),
    "$LATEST by name": Fails(inventory(mapping("orders", qualifier="$LATEST")), on=(MAPPING,)),
    "a version": Fails(
        inventory(mapping("orders", qualifier="7")), on=(MAPPING,), observed="invokes 7"
    ),
    "an alias that is switched at once": Fails(
        inventory(LIVE, alias("live"), alias("next", gradual=True)),
        on=(MAPPING,),
        observed="alias live is switched at once",
    ),
    "a stream": Fails(inventory(stream_mapping()), on=(stream_mapping().ref,)),
    "no alias, whatever there is": Fails(
        inventory(mapping("orders"), gaps={Alias: UNKNOWN}), on=(MAPPING,)
    ),
}
PASSES = {
    "gradual": Passes(inventory(LIVE, alias("live", gradual=True))),
    "a missing alias is another matter": Passes(inventory(LIVE, alias("other"))),
    "nothing is consumed": Passes(inventory(function(), alias("live"))),
}
NOT_JUDGED = {
    "gradual or not": CannotJudge(inventory(LIVE, alias("live", gradual=UNKNOWN)), on=(MAPPING,)),
    "aliases": CannotJudge(inventory(LIVE, gaps={Alias: UNKNOWN}), on=(MAPPING,)),
    "the alias is elsewhere": CannotJudge(inventory(LIVE, elsewhere=UNKNOWN), on=(MAPPING,)),
    "what is invoked": CannotJudge(
        inventory(mapping("orders", qualifier="live"), alias("live", function=UNKNOWN)),
        on=(MAPPING,),
    ),
}
