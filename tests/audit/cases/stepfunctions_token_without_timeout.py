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
SEND = "arn:aws:states:::sqs:sendMessage"


def approve(resource: str = f"{SEND}.waitForTaskToken", **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def flow(state: Any, **fields: Any) -> StateMachine:
    return state_machine({"StartAt": "Approve", "States": {"Approve": state}, **fields})


FAILS = {
    "nothing said": Fails(
        inventory(flow(approve())),
        on=(FLOW,),
        observed="neither HeartbeatSeconds nor TimeoutSeconds",
        expected="one of them",
    ),
    "by a function": Fails(
        inventory(flow(approve("arn:aws:states:::lambda:invoke.waitForTaskToken"))), on=(FLOW,)
    ),
    "the default said aloud": Fails(
        inventory(flow(approve(TimeoutSeconds=99_999_999))), on=(FLOW,)
    ),
    "in a Map": Fails(
        inventory(flow({"Type": "Map", "ItemProcessor": {"States": {"One": approve()}}})),
        on=(FLOW,),
    ),
    "retrying does not help": Fails(
        inventory(flow(approve(Retry=[{"ErrorEquals": ["States.ALL"]}]))), on=(FLOW,)
    ),
}
PASSES = {
    "heartbeat": Passes(inventory(flow(approve(HeartbeatSeconds=60)))),
    "timeout": Passes(inventory(flow(approve(TimeoutSeconds=60)))),
    "by a path": Passes(inventory(flow(approve(TimeoutSecondsPath="$.timeout")))),
    "JSONata": Passes(inventory(flow(approve(HeartbeatSeconds="{% $states.input.beat %}")))),
    "the whole machine has a timeout": Passes(inventory(flow(approve(), TimeoutSeconds=86_400))),
    "does not wait": Passes(inventory(flow(approve(SEND)))),
    "waits for a job": Passes(
        inventory(flow(approve("arn:aws:states:::states:startExecution.sync:2")))
    ),
}
NOT_JUDGED = {
    "definition": CannotJudge(inventory(state_machine(UNKNOWN)), on=(FLOW,)),
    "resource": CannotJudge(inventory(flow(approve("${Integration}"))), on=(FLOW,)),
    "timeout": CannotJudge(inventory(flow(approve(TimeoutSeconds=UNKNOWN))), on=(FLOW,)),
    "the machine's timeout": CannotJudge(
        inventory(flow(approve(), TimeoutSeconds=UNKNOWN)), on=(FLOW,)
    ),
}
