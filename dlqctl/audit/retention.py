"""How long a stream keeps what a mapping reads."""

from dlqctl.audit.facts import known
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import EventSource, EventSourceMapping, Stream

DYNAMODB_RETENTION_SECONDS = 86_400


def stream_retention_seconds(mapping: EventSourceMapping, inventory: Inventory) -> int | None:
    """The retention of the mapping's stream, None where the stream does not exist.

    DynamoDB Streams keep records for 24 hours, and nobody can change that:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
    """
    if known(mapping.event_source) is EventSource.DYNAMODB:
        return DYNAMODB_RETENTION_SECONDS
    source = known(mapping.source)
    stream = known(inventory.find(Stream, source)) if source else None
    return known(stream.retention_seconds) if stream else None
