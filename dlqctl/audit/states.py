"""The Task states of a state machine's definition, however deep they are.

JSONPath and JSONata definitions have the same states, so nothing here asks which it is. What a
template leaves open is an `Unknown`, an unresolved intrinsic (a mapping where text belongs) or a
`${placeholder}`; a resolved function may be a `Reference`.
https://states-language.net/spec.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from dlqctl.audit.facts import Reference, Unknown, UnknownFactError, known

V = TypeVar("V")
State = Mapping[str, object]

TOKEN = ".waitForTaskToken"
CATCH_ALLS = frozenset({"States.ALL", "States.TaskFailed"})
DEFAULT_ATTEMPTS = 3
# The default of TimeoutSeconds: over three years.
# https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
NO_TIMEOUT_SECONDS = 99_999_999
_LIMITS = ("HeartbeatSeconds", "HeartbeatSecondsPath", "TimeoutSeconds", "TimeoutSecondsPath")
_INVOKES = re.compile(r"arn:.+:(states:::lambda:invoke(\.waitForTaskToken)?\Z|lambda:.*:function:)")


@dataclass(frozen=True, slots=True)
class Task:
    """A Task state. `path` is its name after those of the Parallel and Map states around it.

    `enclosing` are these states, innermost first: what they retry or catch is handled too. The
    methods raise UnknownFactError where the answer hangs on what is unknown.
    """

    path: str
    definition: State
    enclosing: tuple[State, ...] = ()

    def invokes_lambda(self) -> bool:
        """By the optimized integration `lambda:invoke`, or by a function's ARN as Resource."""
        resource = self.definition.get("Resource")
        if isinstance(resource, Reference):
            return resource.service == "lambda"
        return _INVOKES.match(_resolved(resource)) is not None

    def waits_for_token(self) -> bool:
        """Whether it goes on only when somebody sends its task token back."""
        resource = self.definition.get("Resource")
        if isinstance(resource, str) and resource.endswith(TOKEN):
            return True
        return not isinstance(resource, Reference) and _resolved(resource).endswith(TOKEN)

    def retries(self, error: str) -> bool:
        """Whether this state, or one around it, tries again after `error`."""
        return any(_retries(state, error) for state in (self.definition, *self.enclosing))

    def handles_errors(self) -> bool:
        """Whether this state, or one around it, has a Retry or a Catch."""
        states = (self.definition, *self.enclosing)
        return any(_entries(state, field) for state in states for field in ("Retry", "Catch"))

    def is_limited(self) -> bool:
        """Whether it has a timeout or a heartbeat."""
        return any(sets_limit(self.definition, field) for field in _LIMITS)


def sets_limit(state: State, field: str) -> bool:
    """Whether `field` (TimeoutSeconds …) is there and is a limit."""
    value = state.get(field)
    if isinstance(value, Unknown | Mapping):
        raise UnknownFactError(_why(value, field))
    return value is not None and value != NO_TIMEOUT_SECONDS


def each_task(definition: State, verdict: Callable[[Task], V | None]) -> Iterator[tuple[Task, V]]:
    """What `verdict` says of each task that it says anything of.

    Raises UnknownFactError last, where a task could not be judged or seen: the others still are.
    """
    unknown: Unknown | None = None
    for task in tasks(definition):
        try:
            said = verdict(known(task))
        except UnknownFactError as error:
            unknown = unknown or error.unknown
            continue
        if said is not None and isinstance(task, Task):
            yield task, said
    if unknown:
        raise UnknownFactError(unknown)


def tasks(definition: State) -> Iterator[Task | Unknown]:
    """Every task in the order in which it is written; Unknown for a part that can't be read."""
    yield from _tasks(definition, path="", enclosing=())


def _tasks(machine: object, *, path: str, enclosing: tuple[State, ...]) -> Iterator[Task | Unknown]:
    states = machine.get("States") if isinstance(machine, Mapping) else machine
    if not isinstance(states, Mapping):
        yield _why(states, f"States of {path}" if path else "States")
        return
    for name, state in states.items():
        here = f"{path} / {name}" if path else str(name)
        kind = state.get("Type") if isinstance(state, Mapping) else state
        if not isinstance(kind, str) or not isinstance(state, Mapping):
            yield _why(kind, f"state {here}")
        elif kind == "Task":
            yield Task(here, state, enclosing)
        elif kind == "Parallel":
            branches = state.get("Branches")
            for branch in branches if isinstance(branches, list | tuple) else [branches]:
                yield from _tasks(branch, path=here, enclosing=(state, *enclosing))
        elif kind == "Map":
            inner = state.get("ItemProcessor", state.get("Iterator"))
            yield from _tasks(inner, path=here, enclosing=(state, *enclosing))


def _retries(state: State, error: str) -> bool:
    """The first retrier that names the error counts; MaxAttempts 0 means never."""
    for retrier in _entries(state, "Retry"):
        if not isinstance(retrier, Mapping) or "ErrorEquals" not in retrier:
            raise UnknownFactError(_why(retrier, "Retry"))
        names = _entries(retrier, "ErrorEquals")
        if any(name == error or name in CATCH_ALLS for name in names if isinstance(name, str)):
            attempts = retrier.get("MaxAttempts", DEFAULT_ATTEMPTS)
            if not isinstance(attempts, int):
                raise UnknownFactError(_why(attempts, "MaxAttempts"))
            return attempts > 0
    return False


def _entries(state: State, field: str) -> tuple[object, ...]:
    """A list of the definition. All of it must be known, for the order decides."""
    value = state.get(field, ())
    if not isinstance(value, list | tuple):
        raise UnknownFactError(_why(value, field))
    for entry in value:
        if isinstance(entry, Unknown):
            raise UnknownFactError(entry)
    return tuple(value)


def _resolved(resource: object) -> str:
    if isinstance(resource, str) and not resource.startswith("${"):
        return resource
    raise UnknownFactError(_why(resource, "Resource"))


def _why(value: object, what: str) -> Unknown:
    if isinstance(value, Unknown):
        return value
    return Unknown(f"{what} in the definition can't be read")
