"""The service behind the fake SQS: queues, calls and what each operation does.

Where AWS leaves freedom (order of a standard queue, exactness of counts) it takes the simplest
answer; what hurts careless clients (empty short polls, lost answers, failed entries) is switched
on by the test.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from tests.fakes.clocks import Clock, ManualClock
from tests.fakes.sqs_checks import (
    MAX_BYTES,
    MAX_VISIBILITY_SECONDS,
    check_message,
    check_redrive_allow_policy,
    check_visibility,
    checked_batch,
    parsed_policy,
    size_of,
)
from tests.fakes.sqs_faults import (
    AuditTrail,
    Call,
    ConnectionLostError,
    Fault,
    Faults,
    SqsError,
    invalid_parameter,
)
from tests.fakes.sqs_queue import FifoQueue, Message, Queue, State, md5_of_attributes, md5_of_body

Json: TypeAlias = dict[str, Any]

PURGE_SECONDS = 60
CALLER = "arn:aws:iam::{account}:user/tester"

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
_DEFAULTS = {
    "DelaySeconds": "0",
    "MaximumMessageSize": str(MAX_BYTES),
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}
_FIFO_DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoQueue": "true",
    "FifoThroughputLimit": "perQueue",
}
_RANGES = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1024, MAX_BYTES),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, MAX_VISIBILITY_SECONDS),
}
_SETTABLE = {
    *_DEFAULTS,
    *_RANGES,
    "KmsMasterKeyId",
    "Policy",
    "RedriveAllowPolicy",
    "RedrivePolicy",
}
_READ_ONLY = {
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
}

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


class SqsService:
    """One account's queues in one Region; `tests.fakes.sqs.FakeSqs` says what the options mean."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        region: str = "us-east-1",
        account: str = "123456789012",
        endpoint: str | None = None,
        in_flight_limit: int = 120_000,
        short_poll_miss: float = 0.0,
        rng: random.Random | None = None,
        audit_limit: int | None = None,
    ) -> None:
        self.clock: Clock = clock or ManualClock()
        self.region = region
        self.account = account
        self.endpoint = endpoint
        self.in_flight_limit = in_flight_limit
        self.short_poll_miss = short_poll_miss
        self.faults = Faults()
        self.audit = AuditTrail(audit_limit)
        self.queues: dict[str, Queue] = {}
        self._rng = rng or random.Random(20_261_120)
        self._sequence = 18_849_496_460_467_696_128
        self._lock = threading.RLock()
        self._operations: dict[str, Callable[[Call], Json]] = {
            "ChangeMessageVisibility": self._change_visibility,
            "ChangeMessageVisibilityBatch": self._change_visibility_batch,
            "CreateQueue": self._create_queue,
            "DeleteMessage": self._delete_message,
            "DeleteMessageBatch": self._delete_message_batch,
            "DeleteQueue": self._delete_queue,
            "GetQueueAttributes": self._get_queue_attributes,
            "GetQueueUrl": self._get_queue_url,
            "ListDeadLetterSourceQueues": self._list_dead_letter_source_queues,
            "ListQueueTags": self._list_queue_tags,
            "ListQueues": self._list_queues,
            "PurgeQueue": self._purge_queue,
            "ReceiveMessage": self._receive_message,
            "SendMessage": self._send_message,
            "SendMessageBatch": self._send_message_batch,
            "SetQueueAttributes": self._set_queue_attributes,
            "TagQueue": self._tag_queue,
        }

    # ── a call, step by step; the client and the server differ only in how they wait ──

    def begin(self, operation: str, request: Json) -> Call:
        """Take the call in. Raises SqsError or ConnectionLostError where a fault says so; nothing
        has been applied then."""
        url = request.get("QueueUrl")
        name = url.rsplit("/", 1)[-1] if url else request.get("QueueName")
        call = Call(self.clock.now(), operation, name, request)
        self.audit.record(call)
        call.fault = self.faults.strike(call)
        match call.fault:
            case Fault(effect="error") as fault:
                resource = f"arn:aws:sqs:{self.region}:{self.account}:{name or ''}"
                caller = CALLER.format(account=self.account)
                error = fault.as_error(call, caller=caller, resource=resource)
                call.outcome = error.code
                raise error
            case Fault(effect="drop_connection"):
                call.outcome = "dropped"
                raise ConnectionLostError(applied=False)
        return call

    def apply(self, call: Call) -> Json:
        """Do what the call asks for, once. Raises SqsError."""
        action = self._operations.get(call.operation)
        with self._lock:
            try:
                if action is None:
                    raise SqsError("UnknownOperationException", f"no {call.operation} here")
                return action(call)
            except SqsError as error:
                call.outcome = error.code
                raise

    def finish(self, call: Call, answer: Json) -> Json:
        """The answer for the client. Raises where a fault takes it away from it."""
        call.response = answer
        fault = call.fault
        if fault is not None and fault.effect == "lose_answer":
            call.outcome = "lost"
            if fault.status:
                raise SqsError(fault.code, fault.message, status=fault.status)
            raise ConnectionLostError(applied=True)
        call.outcome = "ok"
        return answer

    def wait_seconds(self, call: Call, answer: Json) -> int:
        """How long a long poll that found nothing goes on waiting; 0 for every other call."""
        if answer or call.operation != "ReceiveMessage":
            return 0
        queue = self._queue(call)
        return self._wait_time(queue, call.request)

    def next_change(self, call: Call) -> float | None:
        """When something hidden on the call's queue shows itself."""
        with self._lock:
            return self._queue(call).next_change()

    # ── for tests to look in ──

    def reset(self) -> None:
        """As new: no queues, faults or calls. The clock goes on."""
        with self._lock:
            self.queues.clear()
            self.faults.clear()
            self.audit.clear()

    def bodies(self, name: str) -> list[str]:
        """Everything on a queue, visible or not, in the order it came."""
        with self._lock:
            queue = self.queues[name]
            queue.settle(self.clock.now())
            return [message.body for message in queue.messages.values()]

    def snapshot(self) -> Json:
        """The whole state as JSON."""
        now = self.clock.now()
        with self._lock:
            for queue in self.queues.values():
                queue.settle(now)
            return {
                "now": now,
                "queues": {name: _queue_snapshot(queue) for name, queue in self.queues.items()},
            }

    # ── queues ──

    def _queue(self, call: Call) -> Queue:
        queue = self.queues.get(call.queue or "")
        if queue is None:
            raise SqsError("QueueDoesNotExist", "The specified queue does not exist.")
        return queue

    def _settled_queue(self, call: Call) -> Queue:
        queue = self._queue(call)
        queue.settle(self.clock.now())
        return queue

    def _url(self, queue: Queue) -> str:
        root = self.endpoint or f"https://sqs.{self.region}.amazonaws.com"
        return f"{root}/{self.account}/{queue.name}"

    def _create_queue(self, call: Call) -> Json:
        name = call.request["QueueName"]
        given = dict(call.request.get("Attributes", {}))
        fifo = name.endswith(".fifo")
        if not _NAME.fullmatch(name.removesuffix(".fifo")) or len(name) > 80:
            raise invalid_parameter(
                "Can only include alphanumeric characters, hyphens, or underscores. "
                "1 to 80 in length"
            )
        if fifo != (given.get("FifoQueue") == "true"):
            raise invalid_parameter("The name of a FIFO queue must end with .fifo and vice versa.")
        given.pop("FifoQueue", None)
        self._check_attributes(given, name=name, fifo=fifo)
        if existing := self.queues.get(name):
            for key, value in given.items():
                if existing.attributes.get(key) != value:
                    raise SqsError(
                        "QueueNameExists",
                        "A queue already exists with the same name and a different value for "
                        f"attribute {key}",
                    )
            return {"QueueUrl": self._url(existing)}
        arn = f"arn:aws:sqs:{self.region}:{self.account}:{name}"
        attributes = {**_DEFAULTS, **(_FIFO_DEFAULTS if fifo else {}), **given}
        queue = (FifoQueue if fifo else Queue)(name, arn, attributes, self.clock.now())
        queue.tags = dict(call.request.get("tags", {}))
        self.queues[name] = queue
        return {"QueueUrl": self._url(queue)}

    def _delete_queue(self, call: Call) -> Json:
        del self.queues[self._queue(call).name]
        return {}

    def _purge_queue(self, call: Call) -> Json:
        queue = self._queue(call)
        now = self.clock.now()
        if queue.purged_at is not None and now - queue.purged_at < PURGE_SECONDS:
            raise SqsError(
                "PurgeQueueInProgress",
                f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds.",
            )
        queue.purged_at = now
        queue.clear()
        return {}

    def _get_queue_url(self, call: Call) -> Json:
        owner = call.request.get("QueueOwnerAWSAccountId", self.account)
        if owner != self.account:
            raise SqsError("QueueDoesNotExist", "The specified queue does not exist.")
        return {"QueueUrl": self._url(self._queue(call))}

    def _list_queues(self, call: Call) -> Json:
        prefix = call.request.get("QueueNamePrefix", "")
        names = sorted(name for name in self.queues if name.startswith(prefix))
        return self._page(call, names, "QueueUrls")

    def _list_dead_letter_source_queues(self, call: Call) -> Json:
        arn = self._queue(call).arn
        names = sorted(
            queue.name
            for queue in self.queues.values()
            if (policy := _redrive_policy(queue)) and policy["deadLetterTargetArn"] == arn
        )
        return self._page(call, names, "queueUrls")

    def _page(self, call: Call, names: list[str], key: str) -> Json:
        """A NextToken comes only to those who set MaxResults; an empty list does not come."""
        size = call.request.get("MaxResults")
        start = int(call.request.get("NextToken", "0"))
        end = start + (size or 1000)
        urls = [self._url(self.queues[name]) for name in names[start:end]]
        answer: Json = {key: urls} if urls else {}
        if size and end < len(names):
            answer["NextToken"] = str(end)
        return answer

    def _list_queue_tags(self, call: Call) -> Json:
        return {"Tags": dict(self._queue(call).tags)}

    def _tag_queue(self, call: Call) -> Json:
        self._queue(call).tags.update(call.request["Tags"])
        return {}

    def _get_queue_attributes(self, call: Call) -> Json:
        queue = self._settled_queue(call)
        values = {
            **queue.attributes,
            "ApproximateNumberOfMessages": str(queue.visible),
            "ApproximateNumberOfMessagesDelayed": str(queue.delayed),
            "ApproximateNumberOfMessagesNotVisible": str(queue.in_flight),
            "CreatedTimestamp": str(int(queue.created_at)),
            "LastModifiedTimestamp": str(int(queue.modified_at)),
            "QueueArn": queue.arn,
        }
        wanted = call.request.get("AttributeNames", [])
        for name in wanted:
            if name not in {"All", *_SETTABLE, *_READ_ONLY, *_FIFO_DEFAULTS}:
                raise SqsError("InvalidAttributeName", f"Unknown Attribute {name}.")
        chosen = {k: v for k, v in values.items() if "All" in wanted or k in wanted}
        return {"Attributes": chosen} if chosen else {}

    def _set_queue_attributes(self, call: Call) -> Json:
        queue = self._queue(call)
        given = dict(call.request["Attributes"])
        if queue.fifo and "FifoQueue" in given:
            raise SqsError(
                "InvalidAttributeValue",
                "Invalid value for the parameter FifoQueue. "
                "Reason: Modifying queue type is not supported.",
            )
        self._check_attributes(given, name=queue.name, fifo=queue.fifo)
        for key, value in given.items():
            if value == "" and key in ("Policy", "RedrivePolicy", "RedriveAllowPolicy"):
                queue.attributes.pop(key, None)
            else:
                queue.attributes[key] = value
        queue.modified_at = self.clock.now()
        return {}

    def _check_attributes(self, given: Mapping[str, str], *, name: str, fifo: bool) -> None:
        for key, value in given.items():
            if key not in _SETTABLE and not (fifo and key in _FIFO_DEFAULTS):
                raise SqsError("InvalidAttributeName", f"Unknown Attribute {key}.")
            if key in _RANGES:
                low, high = _RANGES[key]
                if not value.isdigit() or not low <= int(value) <= high:
                    raise SqsError(
                        "InvalidAttributeValue", f"Invalid value for the parameter {key}."
                    )
        if given.get("RedrivePolicy"):
            self._check_redrive_policy(given["RedrivePolicy"], name=name, fifo=fifo)
        if given.get("RedriveAllowPolicy"):
            check_redrive_allow_policy(given["RedriveAllowPolicy"])

    def _check_redrive_policy(self, text: str, *, name: str, fifo: bool) -> None:
        """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html"""
        refused = f"Value {text} for parameter RedrivePolicy is invalid. Reason: "
        policy = parsed_policy(text, refused)
        if not {"deadLetterTargetArn", "maxReceiveCount"} <= policy.keys():
            raise invalid_parameter(refused + "deadLetterTargetArn and maxReceiveCount are needed.")
        count = str(policy["maxReceiveCount"])
        if not count.isdigit() or not 1 <= int(count) <= 1000:
            raise invalid_parameter(refused + "Invalid value for maxReceiveCount.")
        arn = str(policy["deadLetterTargetArn"])
        if not arn.startswith(f"arn:aws:sqs:{self.region}:{self.account}:"):
            raise invalid_parameter(refused + "Invalid value for deadLetterTargetArn.")
        target = self.queues.get(arn.rsplit(":", 1)[-1])
        if target is None:
            raise invalid_parameter(refused + "Dead letter target does not exist.")
        if target.fifo != fifo:
            raise invalid_parameter(
                refused + "Dead-letter queue must be same type of queue as the source."
            )
        allowed = json.loads(target.attributes.get("RedriveAllowPolicy") or "{}")
        permission = allowed.get("redrivePermission", "allowAll")
        source = f"arn:aws:sqs:{self.region}:{self.account}:{name}"
        if permission == "denyAll" or (
            permission == "byQueue" and source not in allowed["sourceQueueArns"]
        ):
            raise invalid_parameter(
                refused + "Queue does not have permission to use the dead-letter target."
            )

    # ── sending ──

    def _send_message(self, call: Call) -> Json:
        queue = self._settled_queue(call)
        if queue.fifo and not call.request.get("MessageGroupId"):
            raise SqsError(
                "MissingRequiredParameterException",
                "The request must contain the parameter MessageGroupId.",
            )
        self._check_deduplication_id(queue, call.request)
        return self._send(queue, call.request)

    def _send_message_batch(self, call: Call) -> Json:
        queue = self._settled_queue(call)
        entries = checked_batch(call)
        total = sum(size_of(entry) for entry in entries)
        if total > MAX_BYTES:
            raise SqsError(
                "BatchRequestTooLong",
                f"Batch requests cannot be longer than {MAX_BYTES} bytes. "
                f"You have sent {total} bytes.",
            )
        if queue.fifo:
            # Recorded against AWS: these two refuse the whole batch.
            for entry in entries:
                if not entry.get("MessageGroupId"):
                    raise invalid_parameter(
                        "The request must contain the parameter MessageGroupId."
                    )
                self._check_deduplication_id(queue, entry)
        return _each(call, lambda entry: self._send(queue, entry))

    def _check_deduplication_id(self, queue: Queue, entry: Json) -> None:
        if not queue.fifo or entry.get("MessageDeduplicationId"):
            return
        if queue.attributes["ContentBasedDeduplication"] != "true":
            raise invalid_parameter(
                "The queue should either have ContentBasedDeduplication enabled or "
                "MessageDeduplicationId provided explicitly"
            )

    def _send(self, queue: Queue, entry: Json) -> Json:
        check_message(queue, entry)
        now = self.clock.now()
        body, attributes = entry["MessageBody"], entry.get("MessageAttributes") or {}
        answer = {"MessageId": "", "MD5OfMessageBody": md5_of_body(body)}
        if attributes:
            answer["MD5OfMessageAttributes"] = md5_of_attributes(attributes)
        message, duplicate = self._message(queue, entry, now)
        answer["MessageId"] = message.id
        if message.sequence_number:
            answer["SequenceNumber"] = message.sequence_number
        if not duplicate:
            # A FIFO queue takes its delay from the queue alone.
            delay = None if queue.fifo else entry.get("DelaySeconds")
            seconds = int(queue.attributes["DelaySeconds"]) if delay is None else delay
            queue.put(message, visible_at=now + seconds, now=now)
        return answer

    def _message(self, queue: Queue, entry: Json, now: float) -> tuple[Message, bool]:
        """The message this entry becomes, and whether it was sent before: inside the
        deduplication window it is the first one again, even if that was deleted."""
        group = entry.get("MessageGroupId")
        trace = (entry.get("MessageSystemAttributes") or {}).get("AWSTraceHeader")
        message = Message(
            id=str(uuid.UUID(int=self._rng.getrandbits(128), version=4)),
            body=entry["MessageBody"],
            attributes={k: dict(v) for k, v in (entry.get("MessageAttributes") or {}).items()},
            sent_at=now,
            enqueued_at=now,
            sender_id="AIDATESTER0000000000",
            group_id=group,
            trace_header=trace["StringValue"] if trace else None,
        )
        if not isinstance(queue, FifoQueue):
            return message, False
        digest = hashlib.sha256(message.body.encode())
        message.deduplication_id = entry.get("MessageDeduplicationId") or digest.hexdigest()
        key = message.deduplication_id
        if queue.attributes["DeduplicationScope"] == "messageGroup":
            key = f"{group} {key}"
        if earlier := queue.first_sent(key, now):
            return earlier, True
        message.sequence_number = self._next_sequence_number()
        queue.remember(key, message, now)
        return message, False

    def _next_sequence_number(self) -> str:
        self._sequence += 256
        return f"{self._sequence:020d}"

    # ── receiving ──

    def _wait_time(self, queue: Queue, request: Json) -> int:
        given = request.get("WaitTimeSeconds")
        return int(queue.attributes["ReceiveMessageWaitTimeSeconds"] if given is None else given)

    def _receive_message(self, call: Call) -> Json:
        queue = self._settled_queue(call)
        request = call.request
        count = request.get("MaxNumberOfMessages", 1)
        if not 1 <= count <= 10:
            raise invalid_parameter(
                f"Value {count} for parameter MaxNumberOfMessages is invalid. "
                "Reason: Must be between 1 and 10, if provided."
            )
        visibility = request.get("VisibilityTimeout")
        check_visibility(visibility)
        if visibility is None:
            visibility = int(queue.attributes["VisibilityTimeout"])
        wait = self._wait_time(queue, request)
        if not 0 <= wait <= 20:
            raise invalid_parameter(
                f"Value {wait} for parameter WaitTimeSeconds is invalid. "
                "Reason: Must be >= 0 and <= 20, if provided."
            )
        if not wait and not queue.fifo:
            count = self._sampled(count)
        received = self._receive(queue, self._within_flight_limit(queue, count, wait), visibility)
        return {"Messages": [_shown(m, request) for m in received]} if received else {}

    def _sampled(self, count: int) -> int:
        """A short poll asks only some of the servers that hold the queue.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
        """
        if self.short_poll_miss and self._rng.random() < self.short_poll_miss:
            return self._rng.randrange(count)
        return count

    def _within_flight_limit(self, queue: Queue, count: int, wait: int) -> int:
        """At the limit a short poll of a standard queue is refused; a long poll and a FIFO queue
        just find nothing.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
        """
        room = self.in_flight_limit - queue.in_flight
        if room <= 0 and not queue.fifo and not wait:
            raise SqsError("OverLimit", "The maximum number of in flight messages is reached.")
        return min(count, room)

    def _receive(self, queue: Queue, count: int, visibility: int) -> list[Message]:
        if count <= 0:
            return []
        now = self.clock.now()
        policy = _redrive_policy(queue)
        target = (
            self.queues.get(policy["deadLetterTargetArn"].rsplit(":", 1)[-1]) if policy else None
        )
        limit = int(policy["maxReceiveCount"]) if policy and target else None
        drawn, exhausted = queue.draw(count, limit)
        for message in drawn:
            queue.deliver(message, visibility_seconds=visibility, now=now)
        for message in exhausted:
            assert target is not None
            self._move_to_dead_letter_queue(message, queue, target, now)
        return drawn

    def _move_to_dead_letter_queue(
        self, message: Message, source: Queue, target: Queue, now: float
    ) -> None:
        """The same message, counted on. A standard queue keeps the first enqueue time, so the
        retention has been running since; a FIFO queue starts it anew.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
        """
        source.remove(message)
        message.dead_letter_source_arn = source.arn
        message.handle = None
        if target.fifo:
            message.sent_at = message.enqueued_at = now
            message.deduplication_id = message.id
            message.sequence_number = self._next_sequence_number()
        target.put(message, visible_at=now, now=now)

    # ── receipt handles ──

    def _delete_message(self, call: Call) -> Json:
        self._delete(self._settled_queue(call), call.request)
        return {}

    def _delete_message_batch(self, call: Call) -> Json:
        queue = self._settled_queue(call)
        checked_batch(call)
        return _each(call, lambda entry: self._delete(queue, entry))

    def _delete(self, queue: Queue, entry: Json) -> Json:
        """An old handle of a standard queue succeeds and deletes nothing; a FIFO queue refuses a
        handle whose time is up. What is gone already can be deleted again.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
        """
        handle = entry["ReceiptHandle"]
        message = _message_of(queue, handle)
        if message is None:
            return {}
        current = message.handle == handle
        if queue.fifo and not (current and message.state is State.IN_FLIGHT):
            raise _expired(handle)
        if current:
            queue.remove(message)
        return {}

    def _change_visibility(self, call: Call) -> Json:
        self._change(self._settled_queue(call), call.request)
        return {}

    def _change_visibility_batch(self, call: Call) -> Json:
        queue = self._settled_queue(call)
        checked_batch(call)
        return _each(call, lambda entry: self._change(queue, entry))

    def _change(self, queue: Queue, entry: Json) -> Json:
        """The newest handle still works after its visibility timeout on a standard queue.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
        """
        handle, seconds = entry["ReceiptHandle"], entry.get("VisibilityTimeout")
        if seconds is None:
            raise SqsError(
                "MissingRequiredParameterException",
                "The request must contain the parameter VisibilityTimeout.",
            )
        check_visibility(seconds)
        message = _message_of(queue, handle)
        if message is None or message.handle != handle:
            raise invalid_parameter(
                f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not "
                "exist or is not available for visibility timeout change."
            )
        if queue.fifo and message.state is not State.IN_FLIGHT:
            raise _expired(handle)
        now = self.clock.now()
        # A second's grace: both calls may fall into the same second of AWS's clock.
        if now + seconds > message.received_at + MAX_VISIBILITY_SECONDS + 1:
            raise invalid_parameter(
                f"Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Total "
                "VisibilityTimeout for the message is beyond the limit [43200 seconds]"
            )
        if seconds:
            queue.hide(message, now + seconds, State.IN_FLIGHT)
        elif message.state is State.IN_FLIGHT:
            queue.show(message)
        return {}


def _redrive_policy(queue: Queue) -> Json | None:
    text = queue.attributes.get("RedrivePolicy")
    return json.loads(text) if text else None


def _each(call: Call, act: Callable[[Json], Json]) -> Json:
    """Every entry on its own: one that fails does not stop the next. Lists that would be empty
    are not in the answer."""
    fault = call.fault if call.fault and call.fault.effect == "fail_entries" else None
    successful: list[Json] = []
    failed: list[Json] = []
    for position, entry in enumerate(call.request["Entries"]):
        if fault and fault.names(position, entry):
            failed.append(fault.failed_entry(entry))
            continue
        try:
            successful.append({"Id": entry["Id"], **act(entry)})
        except SqsError as error:
            failed.append(
                {
                    "Id": entry["Id"],
                    "SenderFault": error.sender_fault,
                    "Code": error.code,
                    "Message": error.message,
                }
            )
    answer = {"Successful": successful, "Failed": failed}
    return {key: entries for key, entries in answer.items() if entries}


def _message_of(queue: Queue, handle: str) -> Message | None:
    message_id = queue.message_id_of(handle)
    if message_id is None:
        raise SqsError(
            "ReceiptHandleIsInvalid",
            f'The input receipt handle "{handle}" is not a valid receipt handle.',
        )
    return queue.messages.get(message_id)


def _expired(handle: str) -> SqsError:
    return invalid_parameter(
        f"Value {handle} for parameter ReceiptHandle is invalid. "
        "Reason: The receipt handle has expired."
    )


def _shown(message: Message, request: Json) -> Json:
    """The message as one receive asked to see it."""
    shown: Json = {
        "MessageId": message.id,
        "ReceiptHandle": message.handle,
        "MD5OfBody": md5_of_body(message.body),
        "Body": message.body,
    }
    names = [*request.get("AttributeNames", ()), *request.get("MessageSystemAttributeNames", ())]
    if names:
        values = message.system_attributes()
        if "All" not in names:
            values = {name: value for name, value in values.items() if name in names}
        if values:
            shown["Attributes"] = values
    asked = request.get("MessageAttributeNames", ())
    if asked and message.attributes:
        chosen = {k: dict(v) for k, v in message.attributes.items() if _asked_for(k, asked)}
        if chosen:
            shown["MessageAttributes"] = chosen
            shown["MD5OfMessageAttributes"] = md5_of_attributes(chosen)
    return shown


def _asked_for(name: str, patterns: list[str]) -> bool:
    return any(
        pattern in ("All", name) or (pattern.endswith(".*") and name.startswith(pattern[:-2]))
        for pattern in patterns
    )


def _queue_snapshot(queue: Queue) -> Json:
    return {
        "arn": queue.arn,
        "attributes": dict(queue.attributes),
        "visible": queue.visible,
        "in_flight": queue.in_flight,
        "delayed": queue.delayed,
        "messages": [
            {
                "message_id": message.id,
                "body": message.body,
                "attributes": message.attributes,
                "system_attributes": message.system_attributes(),
                "state": message.state.value,
                "hidden_until": message.hidden_until,
            }
            for message in queue.messages.values()
        ],
    }
