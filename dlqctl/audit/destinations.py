"""The far end of a reference: does it exist, what kind is it, is it near enough."""

from collections.abc import Mapping
from dataclasses import replace

from dlqctl.audit.facts import Fact, Reference, Unknown, known, parse_arn
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import Alias, Function, Queue, Resource

_COLLECTED: Mapping[str, type[Resource]] = {"sqs": Queue, "lambda": Function}


def is_missing(to: Reference, inventory: Inventory) -> Fact[bool]:
    """Whether nothing is there. Topics, buckets and buses are not collected: False for them."""
    kind = _COLLECTED.get(to.service)
    if kind is None:
        return to.ref in inventory.missing
    found = inventory.find(kind, to)
    return found if isinstance(found, Unknown) else found is None


def is_fifo(to: Reference, inventory: Inventory) -> Fact[bool]:
    """Whether a queue or topic is FIFO: an ARN says so itself. False for what is missing."""
    if to.service not in ("sqs", "sns"):
        return False
    if parse_arn(to.ref) is not None:
        return to.ref.endswith(".fifo")
    if to.service == "sns":
        return Unknown(f"whether topic {to.ref} is FIFO can't be told")
    queue = inventory.find(Queue, to)
    if isinstance(queue, Unknown):
        return queue
    return queue.fifo if queue is not None else False


def invoked_by(to: Reference, inventory: Inventory) -> Function | Alias | None:
    """What `to` invokes, with the policy that counts: an alias has its own. None if missing."""
    if to.qualifier is None or to.qualifier == "$LATEST" or to.qualifier.isdecimal():
        function = known(inventory.find(Function, to))
        if function is None or to.qualifier is None:
            return function
        return replace(function, policy=Unknown(f"the policy of {to.qualifier} is not read"))
    aliases = inventory.graph.aliases_of(to.ref).where(lambda alias: alias.name == to.qualifier)
    return aliases.seen[0] if known(aliases.exists) else None


def watched(to: Reference, inventory: Inventory, kind: type[Resource]) -> Resource:
    """What alarms are asked about: what `to` points at, or else just its name."""
    found = inventory.find(kind, to)
    if isinstance(found, kind):
        return found
    return Resource(ref=to.ref, name=resource_name(to.ref))


def account_and_region(ref: str) -> tuple[str, str] | None:
    """Where an ARN is, None for what is not an ARN."""
    arn = parse_arn(ref)
    return (arn.account_id, arn.region) if arn else None


def resource_name(ref: str) -> str:
    """What dimensions call it: the last part of an ARN, else the ref itself."""
    arn = parse_arn(ref)
    return arn.resource.replace("/", ":").rpartition(":")[2] if arn else ref
