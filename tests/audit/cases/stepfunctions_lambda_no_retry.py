from typing import Any

from dlqctl.audit.resources import StateMachine
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    inventory,
    state_machine,
)

FLOW = arn("states", "flow")
INVOKE = "arn:aws:states:::lambda:invoke"
ERRORS = ["Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"]
GOOD = [{"ErrorEquals": ERRORS, "MaxAttempts": 6}]
ALL = [{"ErrorEquals": ["States.ALL"]}]


def task(resource: Any = INVOKE, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def flow(**states: Any) -> StateMachine:
    return state_machine({"StartAt": next(iter(states)), "States": states})


FAILS = {
    "nothing said": Fails(
        inventory(flow(Charge=task())),
        on=(FLOW,),
        observed=", ".join(ERRORS),
        expected="a Retry for",
    ),
    "a function as Resource": Fails(
        inventory(flow(Charge=task(arn("lambda", "worker")))), on=(FLOW,)
    ),
    "one of three is missing": Fails(
        inventory(flow(Charge=task(Retry=[{"ErrorEquals": ERRORS[:2]}]))),
        on=(FLOW,),
        observed="no Retry for Lambda.SdkClientException",
    ),
    "never is no retry": Fails(
        inventory(flow(Charge=task(Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}]))),
        on=(FLOW,),
    ),
    "catching is not retrying": Fails(
        inventory(flow(Charge=task(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "End"}]))),
        on=(FLOW,),
    ),
    "JSONata": Fails(
        inventory(
            state_machine(
                {
                    "QueryLanguage": "JSONata",
                    "StartAt": "Charge",
                    "States": {"Charge": task(Arguments={"FunctionName": "{% $fn %}"})},
                }
            )
        ),
        on=(FLOW,),
    ),
    "each task, however deep": Fails(
        inventory(
            flow(
                First=task(),
                Each={
                    "Type": "Map",
                    "ItemProcessor": {
                        "States": {
                            "Both": {
                                "Type": "Parallel",
                                "Branches": [
                                    {"States": {"Left": task()}},
                                    {"States": {"Right": task(Retry=GOOD)}},
                                ],
                            }
                        }
                    },
                },
            )
        ),
        on=(FLOW, FLOW),
    ),
}
PASSES = {
    "all three": Passes(inventory(flow(Charge=task(Retry=GOOD)))),
    "in several retriers": Passes(
        inventory(flow(Charge=task(Retry=[{"ErrorEquals": [error]} for error in ERRORS])))
    ),
    "States.ALL": Passes(inventory(flow(Charge=task(Retry=ALL)))),
    "States.TaskFailed": Passes(
        inventory(flow(Charge=task(Retry=[{"ErrorEquals": ["States.TaskFailed"]}])))
    ),
    "around it": Passes(
        inventory(
            flow(
                Each={"Type": "Map", "Iterator": {"States": {"Charge": task()}}, "Retry": ALL},
            )
        )
    ),
    "no function": Passes(
        inventory(flow(Send=task("arn:aws:states:::sqs:sendMessage"), Wait={"Type": "Wait"}))
    ),
}
NOT_JUDGED = {
    "definition": CannotJudge(inventory(state_machine(UNKNOWN)), on=(FLOW,)),
    "resource": CannotJudge(inventory(flow(Charge=task("${Worker}"))), on=(FLOW,)),
    "retry": CannotJudge(inventory(flow(Charge=task(Retry=UNKNOWN))), on=(FLOW,)),
}
