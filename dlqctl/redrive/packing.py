"""Batches for SendMessageBatch, packed by count and by bytes; one of a message group at a time."""

from collections.abc import Iterator, Sequence

from dlqctl.letters import DeadLetter
from dlqctl.queues import MAX_BATCH_BYTES, MAX_BATCH_ENTRIES, Outgoing


def message_bytes(letter: DeadLetter) -> int:
    """What SQS counts of a message: body, attribute names, types and values, in bytes.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
    """
    size = len(letter.body.encode("utf-8", errors="surrogatepass"))
    for name, attribute in letter.attributes.items():
        value = attribute.value
        size += len(name.encode()) + len(attribute.data_type.encode())
        size += len(value) if isinstance(value, bytes) else len(value.encode())
    return size


def pack(
    outgoing: Sequence[Outgoing],
    *,
    max_entries: int = MAX_BATCH_ENTRIES,
    max_bytes: int = MAX_BATCH_BYTES,
) -> Iterator[list[Outgoing]]:
    """Batches in the order given. A message too large for any batch goes alone: SQS will say so."""
    batch: list[Outgoing] = []
    size = 0
    for message in outgoing:
        more = message_bytes(message.letter)
        if batch and (len(batch) == max_entries or size + more > max_bytes):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += more
    if batch:
        yield batch


def rounds(outgoing: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    """Rounds of which each holds at most one message of a group, in the group's order.

    Were two of a group in one batch, the first could fail and the second still be sent: the
    order within the group would be gone.
    """
    left = list(outgoing)
    while left:
        groups: set[str | None] = set()
        this_round: list[Outgoing] = []
        later: list[Outgoing] = []
        for message in left:
            (later if message.group_id in groups else this_round).append(message)
            groups.add(message.group_id)
        yield this_round
        left = later
