"""What SQS refuses before it does anything: sizes, characters, types, malformed batches."""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

from tests.fakes.sqs_faults import Call, SqsError, invalid_parameter
from tests.fakes.sqs_queue import Queue

Json: TypeAlias = dict[str, Any]

MAX_BYTES = 1_048_576
MAX_BATCH_ENTRIES = 10
MAX_ATTRIBUTES = 10
MAX_VISIBILITY_SECONDS = 43_200
_BATCH_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ATTRIBUTE_NAME = re.compile(r"(?!(?i:aws|amazon)\.)(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
_DATA_TYPE = re.compile(r"(String|Number|Binary)(\..+)?")
_TOKEN = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parsed_policy(text: str, refused: str) -> Json:
    try:
        policy = json.loads(text)
    except ValueError:
        policy = None
    if not isinstance(policy, dict):
        raise invalid_parameter(refused + "Redrive policy is not a valid JSON map.")
    return policy


def check_redrive_allow_policy(text: str) -> None:
    refused = f"Value {text} for parameter RedriveAllowPolicy is invalid. Reason: "
    policy = parsed_policy(text, refused)
    permission, arns = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    if permission not in ("allowAll", "denyAll", "byQueue"):
        raise invalid_parameter(refused + "Invalid value for redrivePermission.")
    if (permission == "byQueue") != bool(arns) or len(arns or []) > 10:
        raise invalid_parameter(refused + "Amazon SQS can't create the redrive allow policy.")


def check_visibility(seconds: int | None) -> None:
    if seconds is not None and not 0 <= seconds <= MAX_VISIBILITY_SECONDS:
        raise invalid_parameter(
            f"Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Must be between "
            f"0 and {MAX_VISIBILITY_SECONDS}, if provided."
        )


def size_of(entry: Json) -> int:
    """Bytes that count: body, and every attribute's name, type and value."""
    total = len(entry["MessageBody"].encode("utf-8", "surrogatepass"))
    for name, value in (entry.get("MessageAttributes") or {}).items():
        raw = value.get("BinaryValue", b"") or value.get("StringValue", "").encode()
        total += len(name) + len(value.get("DataType", "")) + len(raw)
    return total


def check_message(queue: Queue, entry: Json) -> None:
    body = entry["MessageBody"]
    if not body:
        raise SqsError(
            "MissingRequiredParameterException",
            "The request must contain the parameter MessageBody.",
        )
    if _FORBIDDEN.search(body):
        raise SqsError("InvalidMessageContents", "The message contains invalid characters.")
    attributes = entry.get("MessageAttributes") or {}
    if len(attributes) > MAX_ATTRIBUTES:
        raise invalid_parameter(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum "
            f"[{MAX_ATTRIBUTES}]."
        )
    for name, value in attributes.items():
        check_attribute(name, value)
    limit = int(queue.attributes["MaximumMessageSize"])
    if size_of(entry) > limit:
        raise invalid_parameter(
            "One or more parameters are invalid. "
            f"Reason: Message must be shorter than {limit} bytes."
        )
    for name in entry.get("MessageSystemAttributes") or {}:
        if name != "AWSTraceHeader":
            raise invalid_parameter(f"Message system attribute name '{name}' is invalid.")
    check_queue_type(queue, entry)


def check_queue_type(queue: Queue, entry: Json) -> None:
    """Parameters that suit only the other kind of queue, or no queue."""
    delay = entry.get("DelaySeconds") or 0
    token = entry.get("MessageDeduplicationId")
    unsuited: tuple[str, Any] | None = None
    if queue.fifo and delay:
        unsuited = ("DelaySeconds", delay)
    if not queue.fifo and token:
        unsuited = ("MessageDeduplicationId", token)
    if unsuited:
        raise invalid_parameter(
            f"Value {unsuited[1]} for parameter {unsuited[0]} is invalid. Reason: The request "
            "include parameter that is not valid for this queue type."
        )
    if not 0 <= delay <= 900:
        raise invalid_parameter(
            f"Value {delay} for parameter DelaySeconds is invalid. "
            "Reason: DelaySeconds must be >= 0 and <= 900."
        )
    for name in ("MessageDeduplicationId", "MessageGroupId"):
        if (value := entry.get(name)) is not None and not _TOKEN.fullmatch(value):
            raise invalid_parameter(
                f"Value {value} for parameter {name} is invalid. Reason: {name} can only include "
                "alphanumeric and punctuation characters. 1 to 128 in length."
            )


def check_attribute(name: str, value: Json) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html"""
    if not _ATTRIBUTE_NAME.fullmatch(name):
        raise invalid_parameter(f"The message attribute name '{name}' is invalid.")
    kind = _DATA_TYPE.fullmatch(value.get("DataType", ""))
    if not kind:
        raise invalid_parameter(
            f"The message attribute '{name}' has an invalid message attribute type, the set of "
            "supported type prefixes is Binary, Number, and String."
        )
    content = value.get("BinaryValue" if kind[1] == "Binary" else "StringValue")
    if not content:
        raise invalid_parameter(
            f"Message (user) attribute '{name}' must contain a non-empty value of type "
            f"'{'Binary' if kind[1] == 'Binary' else 'String'}'."
        )
    if kind[1] == "Binary":
        return
    if _FORBIDDEN.search(content):
        raise SqsError("InvalidMessageContents", "The message contains invalid characters.")
    if kind[1] == "Number":
        try:
            float(content)
        except ValueError:
            raise invalid_parameter(
                f"Can't cast the value of message (user) attribute '{name}' to a number."
            ) from None


def checked_batch(call: Call) -> list[Json]:
    """The entries of a batch that is well-formed as a whole.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
    """
    entries: list[Json] = call.request["Entries"]
    if not entries:
        raise SqsError(
            "EmptyBatchRequest",
            f"There should be at least one {call.operation}RequestEntry in the request.",
        )
    if len(entries) > MAX_BATCH_ENTRIES:
        raise SqsError(
            "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {MAX_BATCH_ENTRIES}. "
            f"You have sent {len(entries)}.",
        )
    seen: set[str] = set()
    for entry in entries:
        if not _BATCH_ID.fullmatch(entry["Id"]):
            raise SqsError(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and "
                "underscores. It can be at most 80 letters long.",
            )
        if entry["Id"] in seen:
            raise SqsError("BatchEntryIdsNotDistinct", f"Id {entry['Id']} repeated.")
        seen.add(entry["Id"])
    return entries
