"""An asynchronous Lambda invocation that failed, reported by an OnFailure destination.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from dlqctl.by_hand import inner_body, invoke, queue_name
from dlqctl.documents import mapping, moment, number, text
from dlqctl.envelopes import Opened, open_letter
from dlqctl.letters import FailureError, FailureRecord
from dlqctl.origins import Evidence, Origin, Refusal, Route

_BATCHES = ("KinesisBatchInfo", "DDBStreamBatchInfo", "KafkaBatchInfo")


def recognises(opened: Opened) -> Evidence | None:
    """The `requestContext` of a function, and no batch beside it.

    API Gateway's events have a `requestContext` too, without a function and a condition. OnSuccess
    destinations write the same record with the condition `Success`: that one is no failure.
    """
    fields = mapping(opened.document)
    context = mapping(fields, "requestContext")
    if fields is None or context is None or any(batch in fields for batch in _BATCHES):
        return None
    of_function = "functionArn" in context or (
        "condition" in context and ("requestPayload" in fields or "responsePayload" in fields)
    )
    return Evidence.BODY if of_function and context.get("condition") != "Success" else None


def decode(opened: Opened) -> FailureRecord:
    """The function is what failed, with its qualifier. What it answered is optional."""
    document = opened.document
    function_arn = text(document, "requestContext", "functionArn")
    return FailureRecord(
        letter=opened.letter,
        origin=ORIGIN.name,
        source=function_arn,
        target=function_arn,
        error=FailureError(
            type=text(document, "responsePayload", "errorType"),
            message=text(document, "responsePayload", "errorMessage"),
            condition=text(document, "requestContext", "condition"),
            attempts=number(document, "requestContext", "approximateInvokeCount"),
        ),
        failed_at=moment(document, "timestamp"),
        envelope=opened.envelope,
        s3_pointer=opened.s3_pointer,
    )


def route(record: FailureRecord) -> Route:
    """The function is called again with `requestPayload`, never with the whole record."""
    document = mapping(open_letter(record.letter).document)
    if document is None or "requestPayload" not in document:
        return Refusal(
            reason="its event was left out of the record, so there is nothing to send again",
            instead=f"dlqctl peek {queue_name(record.letter)} --id MESSAGE_ID -o json",
        )
    return Refusal(
        reason="it is Lambda's report around an event, and the function reads no queue",
        instead=invoke(record, query=f"{inner_body(record.envelope)}.requestPayload"),
    )


ORIGIN = Origin("lambda-destination", recognises, decode, route)
