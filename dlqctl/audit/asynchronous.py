"""Asynchronous invocations of a function: what becomes of those that fail."""

from collections.abc import Iterator

from dlqctl.audit.facts import Fact, Reference, Unknown
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import Function
from dlqctl.audit.rule import setting

ON_FAILURE_FIX = setting(
    "DestinationConfig.OnFailure.Destination",
    "the ARN of a queue, topic or bucket",
    also="SAM: EventInvokeConfig",
    terraform="aws_lambda_function_event_invoke_config destination_config.on_failure.destination",
)


def has_on_failure(function: Function, inventory: Inventory) -> Fact[bool]:
    """Whether an EventInvokeConfig of the function, under any qualifier, has OnFailure."""
    configs = inventory.graph.invoke_configs_of(function.ref)
    undecided = configs.gap
    for config in configs.seen:
        if isinstance(config.on_failure, Unknown):
            undecided = undecided or config.on_failure
        elif config.on_failure is not None:
            return True
    return undecided or False


def keeps_failures(function: Function, inventory: Inventory) -> Fact[bool]:
    """Whether failed invocations go anywhere: OnFailure of any qualifier, or DeadLetterConfig."""
    if isinstance(function.dead_letter, Reference):
        return True
    destination = has_on_failure(function, inventory)
    if destination is True or function.dead_letter is None:
        return destination
    return function.dead_letter


def leads_back(function: Function, inventory: Inventory) -> Fact[bool]:
    """Whether destinations lead from the function to itself, by other functions or by topics."""
    reached: set[str] = set()
    pending = [function.ref]
    undecided: Unknown | None = None
    while pending:
        for to in _functions_after(pending.pop(), inventory):
            if isinstance(to, Unknown):
                undecided = undecided or to
            elif to == function.ref:
                return True
            elif to not in reached:
                reached.add(to)
                pending.append(to)
    return undecided or False


def _functions_after(ref: str, inventory: Inventory) -> Iterator[str | Unknown]:
    configs = inventory.graph.invoke_configs_of(ref)
    function = inventory.find(Function, Reference(ref, "lambda"))
    ends = [end for config in configs.seen for end in (config.on_failure, config.on_success)]
    if isinstance(function, Function):
        ends.append(function.dead_letter)
    for end in (*ends, configs.gap, function if isinstance(function, Unknown) else None):
        if isinstance(end, Unknown):
            yield end
        elif end is not None and end.service == "lambda":
            yield end.ref
        elif end is not None and end.service == "sns":
            yield from _subscribed_functions(end, inventory)


def _subscribed_functions(topic: Reference, inventory: Inventory) -> Iterator[str | Unknown]:
    subscriptions = inventory.graph.subscriptions_of(topic.ref)
    for subscription in subscriptions.seen:
        endpoint = subscription.endpoint
        if isinstance(endpoint, Unknown):
            yield endpoint
        elif endpoint is not None and endpoint.service == "lambda":
            yield endpoint.ref
    if subscriptions.gap:
        yield subscriptions.gap
