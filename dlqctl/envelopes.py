"""Peeling what carriers wrap around a letter: SNS notifications, S3 payload pointers."""

import re
from dataclasses import dataclass

from dlqctl.documents import mapping, parse_json, text
from dlqctl.letters import DeadLetter, S3Pointer

MAX_ENVELOPES = 2

# The SQS Extended Client's class name, and the one it had before payload offloading was split out.
_S3_POINTER_CLASSES = frozenset(
    {
        "software.amazon.payloadoffloading.PayloadS3Pointer",
        "com.amazon.sqs.javamessaging.MessageS3Pointer",
    }
)
_LOOKS_LIKE_JSON = re.compile(r"\s*[\[{]")


@dataclass(frozen=True, slots=True)
class Opened:
    """A letter with its envelopes peeled, outermost first in `envelope`.

    `document` is the innermost JSON value (None where it isn't an object or a list), `notification`
    the outermost SNS notification. An S3 pointer is named but not followed: its payload is
    elsewhere.
    """

    letter: DeadLetter
    document: object | None
    envelope: tuple[str, ...] = ()
    notification: object | None = None
    s3_pointer: S3Pointer | None = None


def open_letter(letter: DeadLetter) -> Opened:
    """Peel at most MAX_ENVELOPES envelopes off `letter`; never fails."""
    document = _parse(letter.body)
    envelope: list[str] = []
    notification: object | None = None
    pointer: S3Pointer | None = None
    while len(envelope) < MAX_ENVELOPES and pointer is None:
        if is_notification(document):
            envelope.append("sns")
            notification = notification or document
            document = _parse(text(document, "Message") or "")
        elif pointer := _s3_pointer(document):
            envelope.append("s3")
        else:
            break
    return Opened(letter, document, tuple(envelope), notification, pointer)


def is_notification(document: object) -> bool:
    """Whether `document` is what SNS delivers without raw message delivery.

    https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
    """
    fields = mapping(document)
    return (
        fields is not None
        and fields.get("Type") == "Notification"
        and isinstance(fields.get("Message"), str)
        and isinstance(fields.get("TopicArn"), str)
    )


def _parse(body: str) -> object | None:
    return parse_json(body) if _LOOKS_LIKE_JSON.match(body) else None


def _s3_pointer(document: object) -> S3Pointer | None:
    match document:
        case [str(name), {"s3BucketName": str(bucket), "s3Key": str(key)}]:
            return S3Pointer(bucket, key) if name in _S3_POINTER_CLASSES else None
        case _:
            return None
