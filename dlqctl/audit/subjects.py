"""Which resources a rule is about: for `Rule.where`."""

from dlqctl.audit.facts import known
from dlqctl.audit.graph import FailurePath
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import (
    STREAMS,
    EventSource,
    EventSourceMapping,
    Function,
    Queue,
)

# https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
RUNNING = frozenset({"Creating", "Enabling", "Enabled", "Updating"})
# What lands there names records that are elsewhere.
POINTERS = frozenset({FailurePath.MAPPING, FailurePath.PIPE})
_DESTINATIONS = frozenset({FailurePath.MAPPING, FailurePath.INVOCATION})


def reads_stream(mapping: EventSourceMapping, _: Inventory) -> bool:
    """A mapping from Kinesis or DynamoDB Streams."""
    return known(mapping.event_source) in STREAMS


def reads_queue(mapping: EventSourceMapping, _: Inventory) -> bool:
    """A mapping from SQS."""
    return known(mapping.event_source) is EventSource.SQS


def reads_kafka(mapping: EventSourceMapping, _: Inventory) -> bool:
    """A mapping from Kafka, Amazon's or one's own."""
    return known(mapping.event_source) is EventSource.KAFKA


def is_running(mapping: EventSourceMapping) -> bool:
    """A mapping that polls, or is about to."""
    return known(mapping.state) in RUNNING


def is_polled(function: Function, inventory: Inventory) -> bool:
    """A function that an event source mapping invokes, enabled or not."""
    return known(inventory.graph.mappings_to(function.ref).exists)


def is_consumed(queue: Queue, inventory: Inventory) -> bool:
    """A queue that an event source mapping reads, enabled or not."""
    return known(inventory.graph.mappings_from(queue.ref).exists)


def running_readers(queue: Queue, inventory: Inventory) -> tuple[EventSourceMapping, ...]:
    """The mappings that read the queue and are on: those seen, where some may be missing."""
    mappings = inventory.graph.mappings_from(queue.ref)
    running = tuple(one for one in mappings.seen if one.state in RUNNING)
    if not running:
        for mapping in known(mappings.all):
            known(mapping.state)
    return running


def takes_failures(queue: Queue, inventory: Inventory) -> bool:
    """A dead-letter queue, or an on-failure destination."""
    return known(inventory.graph.feeds(queue.ref).exists)


def is_dead_letter_queue(queue: Queue, inventory: Inventory) -> bool:
    """A queue that a redrive policy of another queue names."""
    return known(inventory.graph.sources_of(queue.ref).exists)


def takes_dead_letters(queue: Queue, inventory: Inventory) -> bool:
    """What AWS calls a dead-letter queue, of whatever: not an on-failure destination."""
    feeds = inventory.graph.feeds(queue.ref)
    return known(feeds.where(lambda feed: feed.path not in _DESTINATIONS).exists)
