"""A batch of a Kinesis or DynamoDB stream that an EventBridge pipe could not deliver: a pointer.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html
"""

from dlqctl.by_hand import queue_name
from dlqctl.documents import mapping, moment, text
from dlqctl.envelopes import Opened
from dlqctl.letters import FailureError, FailureRecord
from dlqctl.origins import Evidence, Origin, Refusal, Route
from dlqctl.pointers import names_stream_batch, stream_pointer


def recognises(opened: Opened) -> Evidence | None:
    """A stream batch beside the `context` of a pipe, where Lambda writes `requestContext`."""
    fields = mapping(opened.document)
    claimed = (
        fields is not None
        and "context" in fields
        and "requestContext" not in fields
        and names_stream_batch(fields)
    )
    return Evidence.BODY if claimed else None


def decode(opened: Opened) -> FailureRecord:
    """The pipe is what failed. It says why it gave up, not what went wrong."""
    document = opened.document
    return FailureRecord(
        letter=opened.letter,
        origin=ORIGIN.name,
        source=text(document, "context", "partnerResourceArn"),
        error=FailureError(condition=text(document, "context", "condition")),
        failed_at=moment(document, "timestamp"),
        pointer=stream_pointer(document),
        envelope=opened.envelope,
        s3_pointer=opened.s3_pointer,
    )


def route(record: FailureRecord) -> Route:
    """A pipe cannot be called: its records are fetched, for whoever is to have them."""
    queue = queue_name(record.letter)
    if record.pointer is None:
        return Refusal(
            reason="it should point to stream records, and the pointer in it cannot be read",
            instead=f"dlqctl peek {queue} --id MESSAGE_ID -o json",
        )
    return Refusal(
        reason="it is a pointer to stream records, and its pipe reads the stream, not a queue",
        instead=f"dlqctl fetch-stream-records {queue} --origin {ORIGIN.name} --out FILE",
    )


ORIGIN = Origin("pipes", recognises, decode, route)
