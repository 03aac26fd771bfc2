"""What can go wrong with a call to SQS, as data: errors, faults to inject, and the audit trail."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

# Error shape in the JSON protocol → (code that botocore reports, HTTP status).
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
_PREFIX = "AWS.SimpleQueueService."
SHAPES: Mapping[str, tuple[str, int]] = {
    "QueueDoesNotExist": (_PREFIX + "NonExistentQueue", 400),
    "QueueNameExists": ("QueueAlreadyExists", 400),
    "PurgeQueueInProgress": (_PREFIX + "PurgeQueueInProgress", 403),
    "EmptyBatchRequest": (_PREFIX + "EmptyBatchRequest", 400),
    "TooManyEntriesInBatchRequest": (_PREFIX + "TooManyEntriesInBatchRequest", 400),
    "BatchEntryIdsNotDistinct": (_PREFIX + "BatchEntryIdsNotDistinct", 400),
    "InvalidBatchEntryId": (_PREFIX + "InvalidBatchEntryId", 400),
    "BatchRequestTooLong": (_PREFIX + "BatchRequestTooLong", 400),
    "UnsupportedOperation": (_PREFIX + "UnsupportedOperation", 400),
    "ReceiptHandleIsInvalid": ("ReceiptHandleIsInvalid", 404),
    "InvalidAttributeName": ("InvalidAttributeName", 400),
    "InvalidAttributeValue": ("InvalidAttributeValue", 400),
    "InvalidMessageContents": ("InvalidMessageContents", 400),
    "OverLimit": ("OverLimit", 403),
    "RequestThrottled": ("RequestThrottled", 400),
    "KmsAccessDenied": ("KMS.AccessDeniedException", 400),
    "KmsThrottled": ("KMS.ThrottlingException", 400),
    "InvalidParameterValueException": ("InvalidParameterValue", 400),
    "MissingRequiredParameterException": ("MissingParameter", 400),
    "UnknownOperationException": ("InvalidAction", 400),
    "AccessDeniedException": ("AccessDenied", 403),
    "ExpiredTokenException": ("ExpiredToken", 403),
    "InternalFailure": ("InternalFailure", 500),
    "ServiceUnavailable": ("ServiceUnavailable", 503),
}
_CORAL = frozenset(
    shape for shape in SHAPES if shape.endswith(("Exception", "Failure", "Unavailable"))
)
_SHAPE_BY_CODE = {code: shape for shape, (code, _) in SHAPES.items()}

# A batch is allowed by the action of its single form.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
IAM_ACTION = {
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}


class SqsError(Exception):
    """An error answer. `shape` is its name in the service model, `code` what botocore shows."""

    def __init__(self, shape: str, message: str, *, status: int | None = None) -> None:
        shape = _SHAPE_BY_CODE.get(shape, shape)
        code, usual_status = SHAPES.get(shape, (shape, 400))
        self.shape = shape
        self.code = code
        self.message = message
        self.status = status or usual_status
        super().__init__(f"{code}: {message}")

    @property
    def sender_fault(self) -> bool:
        return self.status < 500

    @property
    def wire_type(self) -> str:
        """The `__type` of the JSON answer."""
        namespace = "com.amazon.coral.service" if self.shape in _CORAL else "com.amazonaws.sqs"
        return f"{namespace}#{self.shape}"


class ConnectionLostError(Exception):
    """The client gets no answer. `applied` tells whether SQS did what was asked."""

    def __init__(self, *, applied: bool) -> None:
        self.applied = applied
        super().__init__("applied, answer lost" if applied else "dropped before it was applied")


def invalid_parameter(message: str) -> SqsError:
    return SqsError("InvalidParameterValueException", message)


@dataclass(slots=True)
class Call:
    """One request as it arrived, and what became of it: `ok`, an error code, `lost`, `dropped`."""

    at: float
    operation: str
    queue: str | None
    request: dict[str, Any]
    outcome: str = "pending"
    response: dict[str, Any] | None = None
    fault: Fault | None = None

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The batch's entries; a single call is its own one entry."""
        entries: list[dict[str, Any]] = self.request.get("Entries", [self.request])
        return entries

    def as_json(self) -> dict[str, Any]:
        shown = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "fault"}
        return {**shown, "fault": self.fault.effect if self.fault else None}


Effect = Literal["fail_entries", "error", "lose_answer", "delay_answer", "drop_connection"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something that goes wrong with matching calls; see the constructors below for the kinds.

    It matches by `operation` (`*` for any), `queue` (a name) and `when` (in process only), lets
    the first `skip` matching calls through and then strikes `times` times (None: for ever).
    """

    operation: str
    effect: Effect
    queue: str | None = None
    times: int | None = 1
    skip: int = 0
    code: str = "InternalFailure"
    message: str = "We encountered an internal error. Please try again."
    status: int | None = None
    sender_fault: bool = False
    ids: tuple[str, ...] | None = None
    positions: tuple[int, ...] | None = None
    body_contains: str | None = None
    seconds: float = 0.0
    when: Callable[[Call], bool] | None = None

    @classmethod
    def fail_entries(cls, operation: str, **more: Any) -> Fault:
        """A batch answers 200 and names entries in `Failed`, chosen by `ids`, `positions` or
        `body_contains`; none given: all of them."""
        return cls(operation=operation, effect="fail_entries", **more)

    @classmethod
    def error(cls, operation: str, *, code: str, message: str = "no", **more: Any) -> Fault:
        """An error answer before anything is applied."""
        return cls(operation=operation, effect="error", code=code, message=message, **more)

    @classmethod
    def lose_answer(cls, operation: str, **more: Any) -> Fault:
        """Applied, and the connection breaks; with `status=500`, applied and answered with it."""
        return cls(operation=operation, effect="lose_answer", **more)

    @classmethod
    def delay_answer(cls, operation: str, *, seconds: float, **more: Any) -> Fault:
        """Applied at once, answered after `seconds`."""
        return cls(operation=operation, effect="delay_answer", seconds=seconds, **more)

    @classmethod
    def drop_connection(cls, operation: str, **more: Any) -> Fault:
        """The connection breaks before anything is applied."""
        return cls(operation=operation, effect="drop_connection", **more)

    @classmethod
    def access_denied(cls, operation: str, **more: Any) -> Fault:
        """IAM says no, to a single call and its batch form alike, for ever unless `times` says
        otherwise; the message names the action."""
        more = {"times": None, **more}
        return cls(operation=operation, effect="error", code="AccessDenied", message="", **more)

    @classmethod
    def expired_token(cls, operation: str = "*", **more: Any) -> Fault:
        """The session's credentials have run out."""
        text = "The security token included in the request is expired"
        more = {"times": None, **more}
        return cls(operation=operation, effect="error", code="ExpiredToken", message=text, **more)

    @classmethod
    def throttled(cls, operation: str, **more: Any) -> Fault:
        """The queue's request rate was exceeded."""
        text = "Rate exceeded"
        return cls(
            operation=operation, effect="error", code="RequestThrottled", message=text, **more
        )

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Fault:
        """From the control endpoint: the fields of this class, lists for tuples, or
        `{"kind": "access_denied", …}` for one of the constructors."""
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in given.items()
        }
        kind = values.pop("kind", None)
        if kind is None:
            return cls(**values)
        kinds: dict[str, Callable[..., Fault]] = {
            "fail_entries": cls.fail_entries,
            "error": cls.error,
            "lose_answer": cls.lose_answer,
            "delay_answer": cls.delay_answer,
            "drop_connection": cls.drop_connection,
            "access_denied": cls.access_denied,
            "expired_token": cls.expired_token,
            "throttled": cls.throttled,
        }
        return kinds[kind](**values)

    def matches(self, call: Call) -> bool:
        return (
            self._means(call.operation)
            and (self.queue is None or self.queue == call.queue)
            and (self.body_contains is None or any(self.names(n, e) for n, e in _numbered(call)))
            and (self.when is None or self.when(call))
        )

    def _means(self, operation: str) -> bool:
        if self.code == "AccessDenied":
            operation = IAM_ACTION.get(operation, operation)
            return (
                self.operation == "*" or IAM_ACTION.get(self.operation, self.operation) == operation
            )
        return self.operation in ("*", operation)

    def names(self, position: int, entry: Mapping[str, Any]) -> bool:
        """Whether this entry of a batch is one that fails."""
        return (
            (self.ids is None or entry.get("Id") in self.ids)
            and (self.positions is None or position in self.positions)
            and (self.body_contains is None or self.body_contains in entry.get("MessageBody", ""))
        )

    def failed_entry(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """One member of a batch answer's `Failed` list."""
        return {
            "Id": entry["Id"],
            "SenderFault": self.sender_fault,
            "Code": self.code,
            "Message": self.message,
        }

    def as_error(self, call: Call, *, caller: str, resource: str) -> SqsError:
        """The error answer this fault gives to that call."""
        message = self.message
        if self.code == "AccessDenied" and not message:
            # Real SQS writes the action in lower case.
            action = f"sqs:{IAM_ACTION.get(call.operation, call.operation)}".lower()
            message = (
                f"User: {caller} is not authorized to perform: {action} on resource: {resource} "
                f"because no identity-based policy allows the {action} action"
            )
        return SqsError(self.code, message, status=self.status)


def _numbered(call: Call) -> Iterable[tuple[int, dict[str, Any]]]:
    return enumerate(call.entries)


@dataclass(slots=True)
class _Armed:
    fault: Fault
    skip: int
    left: int | None


@dataclass(slots=True)
class Faults:
    """The faults that wait for their calls. Of several that match, the first added strikes."""

    _armed: list[_Armed] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._armed += [_Armed(fault, fault.skip, fault.times) for fault in faults]

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def pending(self) -> list[Fault]:
        """Those that can still strike."""
        return [armed.fault for armed in self._armed]

    def strike(self, call: Call) -> Fault | None:
        """The fault for this call, used up by one; None when the call goes well."""
        if not self._armed:
            return None
        with self._lock:
            for armed in self._armed:
                if not armed.fault.matches(call):
                    continue
                if armed.skip:
                    armed.skip -= 1
                    continue
                if armed.left is not None:
                    armed.left -= 1
                    if armed.left <= 0:
                        self._armed.remove(armed)
                return armed.fault
        return None


class AuditTrail:
    """The calls in the order they arrived; the newest `limit` of them (None: all, 0: none)."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._calls: deque[Call] = deque(maxlen=limit)

    def record(self, call: Call) -> None:
        if self.limit != 0:
            self._calls.append(call)

    def calls(self, operation: str | None = None, queue: str | None = None) -> list[Call]:
        return [
            call
            for call in list(self._calls)
            if operation in (None, call.operation) and queue in (None, call.queue)
        ]

    def clear(self) -> None:
        self._calls.clear()
