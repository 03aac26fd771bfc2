from tests.audit.build import UNKNOWN, CannotJudge, Fails, Passes, inventory, mapping

MAPPING = mapping("orders").ref

FAILS = {
    "problem": Fails(
        inventory(mapping("orders", last_processing_result="PROBLEM: Function call failed")),
        on=(MAPPING,),
        observed="PROBLEM: Function call failed",
        expected="OK",
    ),
}
PASSES = {
    "fine": Passes(inventory(mapping("orders", last_processing_result="OK"))),
    "nothing to do": Passes(
        inventory(mapping("orders", last_processing_result="No records processed"))
    ),
    "never polled": Passes(inventory(mapping("orders", last_processing_result=None))),
    "a problem only by the way": Passes(
        inventory(mapping("orders", last_processing_result="OK, no PROBLEM"))
    ),
    "a template": Passes(
        inventory(mapping("orders", last_processing_result="PROBLEM"), live=False)
    ),
}
NOT_JUDGED = {
    "result": CannotJudge(
        inventory(mapping("orders", last_processing_result=UNKNOWN)), on=(MAPPING,)
    ),
}
