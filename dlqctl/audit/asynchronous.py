"""Asynchronous invocations of a function: what becomes of those that fail."""

from dlqctl.audit.facts import Fact, Unknown
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import Function


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
    if function.dead_letter is not None and not isinstance(function.dead_letter, Unknown):
        return True
    destination = has_on_failure(function, inventory)
    if destination is True or function.dead_letter is None:
        return destination
    return function.dead_letter
