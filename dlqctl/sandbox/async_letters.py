"""Letters of asynchronous Lambda invocations: on-failure destination and DeadLetterConfig.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from dlqctl.sandbox.functions import create_function, function_arn
from dlqctl.sandbox.queues import Message, Text, create_dlq, queue_arn, send
from dlqctl.sandbox.stream_letters import Document, milliseconds

if TYPE_CHECKING:
    from dlqctl.sandbox.clients import Clients

ASYNC_FAILURES_QUEUE = "async-failures"
THUMBNAILS_FUNCTION = "make-thumbnails"
INVOICES_FUNCTION = "mail-invoices"


def seed_async(clients: Clients) -> None:
    """Two functions that leave their failures on one queue: one by destination, one by DLQ."""
    queue = queue_arn(ASYNC_FAILURES_QUEUE)
    url = create_dlq(clients.sqs, ASYNC_FAILURES_QUEUE)
    create_function(clients, THUMBNAILS_FUNCTION)
    create_function(clients, INVOICES_FUNCTION, dlq_arn=queue)
    clients.functions.put_function_event_invoke_config(
        FunctionName=THUMBNAILS_FUNCTION,
        MaximumRetryAttempts=2,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )
    # Written here rather than produced by invoking: ministack's own records lack version,
    # timestamp and the qualifier, and its DeadLetterConfig sends a destination's record.
    send(clients.sqs, url, [*_destination_letters(), *_dlq_letters()])


def _destination_letters() -> list[Message]:
    now = datetime.now(UTC)
    failures = [
        ("UnidentifiedImageError", "cannot identify image file 'upload-31.heic'", "upload-31.heic"),
        ("UnidentifiedImageError", "cannot identify image file 'upload-32.heic'", "upload-32.heic"),
        ("MemoryError", "", "upload-40.tiff"),
    ]
    documents = [
        _destination_record(now - timedelta(hours=number), *failure)
        for number, failure in enumerate(failures, start=1)
    ]
    return [Message(json.dumps(document), {}) for document in [*documents, _expired(now)]]


def _destination_record(moment: datetime, error_type: str, message: str, key: str) -> Document:
    return {
        "version": "1.0",
        "timestamp": milliseconds(moment),
        "requestContext": {
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "functionArn": f"{function_arn(THUMBNAILS_FUNCTION)}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"bucket": "uploads", "key": key},
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": {
            "errorMessage": message,
            "errorType": error_type,
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "stackTrace": ['  File "/var/task/function.py", line 12, in handler\n'],
        },
    }


def _expired(now: datetime) -> Document:
    """The event grew too old before a try succeeded; there is no answer to show."""
    record = _destination_record(now - timedelta(hours=7), "", "", "upload-12.png")
    del record["responseContext"], record["responsePayload"]
    record["requestContext"] = {
        "requestId": "0ac1a9f0-9d2a-xmpl-9c1e-2a7a5b9f6d11",
        "functionArn": f"{function_arn(THUMBNAILS_FUNCTION)}:$LATEST",
        "condition": "EventAgeExceeded",
        "approximateInvokeCount": 2,
    }
    return record


def _dlq_letters() -> list[Message]:
    """DeadLetterConfig: the event as it was, and what went wrong in three attributes."""
    errors = [
        (71, "SMTP server refused recipient"),
        (72, "SMTP server refused recipient"),
        (80, "2026-11-20T08:00:00Z 9d2f Task timed out after 3.00 seconds"),
    ]
    return [
        Message(
            json.dumps({"invoice": f"I-{number}", "order_id": f"A-10{number % 40:02}"}),
            {
                "RequestID": Text(f"8f507cfc-xmpl-4697-b07a-ac58fc91{number:04}"),
                "ErrorCode": Text("200", "Number"),
                "ErrorMessage": Text(message),
            },
        )
        for number, message in errors
    ]
