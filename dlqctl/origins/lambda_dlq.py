"""The event of an asynchronous Lambda invocation that failed, kept by a DeadLetterConfig.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
"""

from dlqctl.by_hand import invoke
from dlqctl.documents import mapping, text, whole_number
from dlqctl.envelopes import Opened
from dlqctl.letters import FailureError, FailureRecord
from dlqctl.origins import Evidence, Origin, Refusal, Route


def recognises(opened: Opened) -> Evidence | None:
    """`RequestID` and a numeric `ErrorCode`, on the message or on the SNS notification in it."""
    claimed = (
        _attribute(opened, "RequestID") is not None
        and whole_number(_attribute(opened, "ErrorCode")) is not None
    )
    return Evidence.ATTRIBUTES if claimed else None


def decode(opened: Opened) -> FailureRecord:
    """The letter does not name the function: its account knows who dead-letters to this queue."""
    return FailureRecord(
        letter=opened.letter,
        origin=ORIGIN.name,
        error=FailureError(
            type=_attribute(opened, "ErrorCode"),
            message=_attribute(opened, "ErrorMessage"),
        ),
        envelope=opened.envelope,
        s3_pointer=opened.s3_pointer,
    )


def route(record: FailureRecord) -> Route:
    """The function is called again with the body, which is the event."""
    # An event may itself be a notification: SNS carried it only if SNS carries the attributes too.
    carried = record.letter.text_attribute("RequestID") is None
    return Refusal(
        reason="it is the event of a function that was called directly and reads no queue",
        instead=invoke(record, query="body.Message" if carried else None),
    )


def _attribute(opened: Opened, name: str) -> str | None:
    """The message attribute; SNS carries it inside the notification unless delivery is raw."""
    if (value := opened.letter.text_attribute(name)) is not None:
        return value
    if opened.notification is None:
        return None
    return text(mapping(opened.notification, "MessageAttributes", name), "Value")


ORIGIN = Origin("lambda-dlq", recognises, decode, route)
