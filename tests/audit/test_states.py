from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlqctl.audit.facts import Unknown, UnknownFactError
from dlqctl.audit.states import Task, each_task, tasks
from tests.audit.build import UNKNOWN, arn, to

INVOKE = "arn:aws:states:::lambda:invoke"
SEND = "arn:aws:states:::sqs:sendMessage"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just("Task"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "States",
                    "Type",
                    "Resource",
                    "Retry",
                    "Catch",
                    "ErrorEquals",
                    "MaxAttempts",
                    "TimeoutSeconds",
                    "Branches",
                    "Iterator",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
)


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states), ""), "States": states}


def task(resource: Any = INVOKE, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def only(definition: dict[str, Any]) -> Task:
    (found,) = tasks(definition)
    assert isinstance(found, Task)
    return found


def test_tasks_of_every_depth_in_the_order_written() -> None:
    definition = machine(
        First=task(),
        Pause={"Type": "Wait", "Seconds": 1},
        Both={"Type": "Parallel", "Branches": [machine(Left=task()), machine(Right=task())]},
        Each={
            "Type": "Map",
            "ItemProcessor": machine(
                Inner={"Type": "Map", "Iterator": machine(Old=task())},
            ),
        },
        Last=task(),
    )
    found = [one for one in tasks(definition) if isinstance(one, Task)]
    assert [one.path for one in found] == [
        "First",
        "Both / Left",
        "Both / Right",
        "Each / Inner / Old",
        "Last",
    ]
    assert [state["Type"] for state in found[3].enclosing] == ["Map", "Map"]
    assert found[3].enclosing[0] == definition["States"]["Each"]["ItemProcessor"]["States"]["Inner"]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (INVOKE, True),
        (f"{INVOKE}.waitForTaskToken", True),
        ("arn:aws-cn:states:::lambda:invoke", True),
        ("arn:${AWS::Partition}:states:::lambda:invoke", True),
        (arn("lambda", "worker"), True),
        (f"{arn('lambda', 'worker')}:live", True),
        ("arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:worker", True),
        (to("lambda", "worker"), True),
        (to("states", "other"), False),
        (SEND, False),
        ("arn:aws:states:::aws-sdk:lambda:listFunctions", False),
        ("arn:aws:states:eu-west-1:111122223333:activity:lambda", False),
    ],
)
def test_which_tasks_invoke_lambda(resource: Any, expected: bool) -> None:
    assert only(machine(A=task(resource))).invokes_lambda() is expected


@pytest.mark.parametrize("resource", [UNKNOWN, "${WorkerArn}", {"Fn::ImportValue": "x"}, None])
def test_a_resource_that_is_not_resolved_is_unknown(resource: Any) -> None:
    one = only(machine(A=task(resource)))
    with pytest.raises(UnknownFactError):
        one.invokes_lambda()
    with pytest.raises(UnknownFactError):
        one.waits_for_token()


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (f"{SEND}.waitForTaskToken", True),
        ("${Integration}.waitForTaskToken", True),
        (SEND, False),
        (f"{INVOKE}.sync", False),
        (to("lambda", "worker"), False),
    ],
)
def test_which_tasks_wait_for_a_token(resource: Any, expected: bool) -> None:
    assert only(machine(A=task(resource))).waits_for_token() is expected


@pytest.mark.parametrize(
    ("retry", "expected"),
    [
        (None, False),
        ([], False),
        ([{"ErrorEquals": ["Boom"]}], True),
        ([{"ErrorEquals": ["Bang"]}], False),
        ([{"ErrorEquals": ["Bang", "Boom"], "MaxAttempts": 1}], True),
        ([{"ErrorEquals": ["States.ALL"]}], True),
        ([{"ErrorEquals": ["States.TaskFailed"]}], True),
        ([{"ErrorEquals": ["States.Timeout"]}], False),
        ([{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}], False),
        ([{"ErrorEquals": ["Boom"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"]}], False),
        ([{"ErrorEquals": ["Bang"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"]}], True),
    ],
)
def test_the_first_retrier_that_names_the_error_counts(retry: Any, expected: bool) -> None:
    fields = {} if retry is None else {"Retry": retry}
    assert only(machine(A=task(**fields))).retries("Boom") is expected


@pytest.mark.parametrize(
    "retry",
    [
        UNKNOWN,
        {"Fn::If": ["Production", [], []]},
        [UNKNOWN],
        [{"Fn::If": ["Production", {}, {}]}],
        [{"ErrorEquals": UNKNOWN}],
        [{"ErrorEquals": [UNKNOWN, "Boom"]}],
        [{"ErrorEquals": ["Boom"], "MaxAttempts": UNKNOWN}],
        [{"ErrorEquals": ["Boom"], "MaxAttempts": "${Attempts}"}],
    ],
)
def test_a_retry_that_is_not_known(retry: Any) -> None:
    with pytest.raises(UnknownFactError):
        only(machine(A=task(Retry=retry))).retries("Boom")


def test_states_around_a_task_handle_its_errors() -> None:
    every = [{"ErrorEquals": ["States.ALL"]}]
    inner = machine(A=task())
    plain = only(machine(Each={"Type": "Map", "ItemProcessor": inner}))
    assert not plain.retries("Boom")
    assert not plain.handles_errors()
    retried = only(machine(Each={"Type": "Map", "ItemProcessor": inner, "Retry": every}))
    assert retried.retries("Boom")
    assert retried.handles_errors()
    caught = only(machine(Both={"Type": "Parallel", "Branches": [inner], "Catch": every}))
    assert not caught.retries("Boom")
    assert caught.handles_errors()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, False),
        ({"TimeoutSeconds": 60}, True),
        ({"TimeoutSeconds": 99_999_999}, False),
        ({"TimeoutSecondsPath": "$.timeout"}, True),
        ({"HeartbeatSeconds": "{% $states.input.heartbeat %}"}, True),
        ({"HeartbeatSecondsPath": "$.heartbeat"}, True),
    ],
)
def test_limits(fields: dict[str, Any], expected: bool) -> None:
    assert only(machine(A=task(**fields))).is_limited() is expected


@pytest.mark.parametrize("value", [UNKNOWN, {"Ref": "Timeout"}])
def test_a_limit_that_is_not_known(value: Any) -> None:
    with pytest.raises(UnknownFactError):
        only(machine(A=task(TimeoutSeconds=value))).is_limited()


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"States": UNKNOWN},
        {"States": []},
        machine(A=UNKNOWN),
        machine(A={"Fn::If": []}),
        machine(A={"Type": "Map"}),
        machine(A={"Type": "Parallel", "Branches": UNKNOWN}),
    ],
)
def test_what_can_not_be_read_is_unknown(definition: dict[str, Any]) -> None:
    (found,) = tasks(definition)
    assert isinstance(found, Unknown)


def test_one_unknown_task_does_not_hide_the_others() -> None:
    definition = machine(A=task(UNKNOWN), B=task(), C=UNKNOWN, D=task(SEND), E=task())
    said = each_task(definition, lambda one: one.invokes_lambda() or None)
    assert [next(said)[0].path for _ in range(2)] == ["B", "E"]
    with pytest.raises(UnknownFactError):
        next(said)


@given(states=st.dictionaries(st.text(max_size=3), JSON, max_size=3), retry=JSON)
def test_no_definition_ends_in_anything_but_unknown(states: Any, retry: Any) -> None:
    definition = {"States": {**states, "A": task(Retry=retry)}}
    for verdict in (
        Task.invokes_lambda,
        Task.waits_for_token,
        Task.handles_errors,
        Task.is_limited,
        lambda one: one.retries("Boom"),
    ):
        with suppress(UnknownFactError):
            list(each_task(definition, verdict))
