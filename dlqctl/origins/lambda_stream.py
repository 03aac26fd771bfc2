"""A batch of a Kinesis or DynamoDB stream that a Lambda function could not process.

The letter is a pointer to the records, written by an event source mapping's on-failure
destination (in an S3 destination's object, with the whole event beside it under `payload`).

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from dlqctl.by_hand import queue_name
from dlqctl.documents import mapping, moment, number, text
from dlqctl.envelopes import Opened
from dlqctl.letters import FailureError, FailureRecord
from dlqctl.origins import Evidence, Origin, Refusal, Route
from dlqctl.pointers import names_stream_batch, stream_pointer


def recognises(opened: Opened) -> Evidence | None:
    """A stream batch beside the `requestContext` of a function (Pipes writes `context`)."""
    fields = mapping(opened.document)
    claimed = (
        fields is not None
        and "requestContext" in fields
        and "KafkaBatchInfo" not in fields
        and names_stream_batch(fields)
    )
    return Evidence.BODY if claimed else None


def decode(opened: Opened) -> FailureRecord:
    """The function is what failed. A batch that grew too old was never answered: no type then."""
    document = opened.document
    function_arn = text(document, "requestContext", "functionArn")
    return FailureRecord(
        letter=opened.letter,
        origin=ORIGIN.name,
        source=function_arn,
        target=function_arn,
        error=FailureError(
            type=text(document, "responseContext", "functionError"),
            condition=text(document, "requestContext", "condition"),
            attempts=number(document, "requestContext", "approximateInvokeCount"),
        ),
        failed_at=moment(document, "timestamp"),
        pointer=stream_pointer(document),
        envelope=opened.envelope,
        s3_pointer=opened.s3_pointer,
    )


def route(record: FailureRecord) -> Route:
    """The records are in their stream: fetched from there, the function is called with them."""
    queue = queue_name(record.letter)
    if record.pointer is None:
        return Refusal(
            reason="it should point to stream records, and the pointer in it cannot be read",
            instead=f"dlqctl peek {queue} --id MESSAGE_ID -o json",
        )
    return Refusal(
        reason="it is a pointer to stream records, not the records themselves",
        instead=f"dlqctl fetch-stream-records {queue} --replay invoke",
    )


ORIGIN = Origin("lambda-stream", recognises, decode, route)
