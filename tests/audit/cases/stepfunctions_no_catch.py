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
RETRY = [{"ErrorEquals": ["Boom"]}]
CATCH = [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}]


def task(**fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", **fields}


def flow(**states: Any) -> StateMachine:
    return state_machine({"StartAt": next(iter(states)), "States": states})


FAILS = {
    "neither": Fails(
        inventory(flow(Send=task())),
        on=(FLOW,),
        observed="neither Retry nor Catch",
        expected="a Retry or a Catch",
    ),
    "empty ones": Fails(inventory(flow(Send=task(Retry=[], Catch=[]))), on=(FLOW,)),
    "each of them": Fails(
        inventory(flow(Send=task(), Again=task(), Good=task(Catch=CATCH))),
        on=(FLOW, FLOW),
    ),
    "in a branch": Fails(
        inventory(flow(Both={"Type": "Parallel", "Branches": [{"States": {"Send": task()}}]})),
        on=(FLOW,),
    ),
}
PASSES = {
    "retries": Passes(inventory(flow(Send=task(Retry=RETRY)))),
    "catches": Passes(inventory(flow(Send=task(Catch=CATCH)))),
    "the Parallel around it catches": Passes(
        inventory(
            flow(
                Both={
                    "Type": "Parallel",
                    "Branches": [{"States": {"Send": task()}}],
                    "Catch": CATCH,
                }
            )
        )
    ),
    "no task": Passes(inventory(flow(Done={"Type": "Succeed"}))),
    "whatever the resource is": Passes(
        inventory(flow(Send=task(Resource="${Anything}", Retry=RETRY)))
    ),
}
NOT_JUDGED = {
    "definition": CannotJudge(inventory(state_machine(UNKNOWN)), on=(FLOW,)),
    "retry": CannotJudge(inventory(flow(Send=task(Retry=UNKNOWN))), on=(FLOW,)),
    "a branch": CannotJudge(
        inventory(flow(Both={"Type": "Parallel", "Branches": [UNKNOWN]})), on=(FLOW,)
    ),
}
