"""Amazon SQS as its documentation describes it: a state machine with an injected clock.

`FakeSqs` is the service, `FakeSqsClient` speaks to it like a boto3 client in the same process,
`tests.fakes.sqs_server` serves the same state over HTTP.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, TypeAlias

import botocore.session
from botocore.errorfactory import ClientExceptionsFactory
from botocore.exceptions import ConnectionClosedError, ParamValidationError
from botocore.validate import ParamValidator

from tests.fakes.clocks import ManualClock, RunningClock
from tests.fakes.sqs_faults import Call, ConnectionLostError, Fault, SqsError
from tests.fakes.sqs_service import SqsService

__all__ = [
    "Call",
    "ConnectionLostError",
    "FakeSqs",
    "FakeSqsClient",
    "Fault",
    "ManualClock",
    "RunningClock",
    "SqsError",
]

Json: TypeAlias = dict[str, Any]


class FakeSqs(SqsService):
    """One account's queues in one Region.

    `clock` needs `now()` and `sleep()`; the default stands still until advanced. `endpoint` is
    the root of the queue URLs it hands out; without it they are AWS's, or those of the server
    that serves it. `in_flight_limit` is AWS's 120,000, smaller for tests. `short_poll_miss` is
    the chance (0 to 1, drawn from `rng`) that a short poll of a standard queue misses messages.
    `audit_limit` caps `audit`: None keeps all calls, 0 none.
    """

    def client(self) -> FakeSqsClient:
        """A client like boto3's, in this process."""
        return FakeSqsClient(self)


class _Paginator:
    def __init__(self, call: Callable[..., Json]) -> None:
        self._call = call

    def paginate(self, *, PaginationConfig: Json | None = None, **request: Any) -> Iterator[Json]:  # noqa: N803
        size = (PaginationConfig or {}).get("PageSize")
        if size:
            request["MaxResults"] = size
        while True:
            page = self._call(**request)
            yield page
            if "NextToken" not in page:
                return
            request["NextToken"] = page["NextToken"]


class FakeSqsClient:
    """`boto3.client("sqs")` without the network: the same methods, answers and exceptions.

    Parameters are checked against botocore's own service model. A long poll that finds nothing
    lets the fake's clock run to the next message or the end of the wait. A lost or dropped
    connection is ConnectionClosedError, as botocore raises it when it does not retry.
    """

    _model = None
    _exceptions: Any = None

    def __init__(self, sqs: SqsService) -> None:
        if FakeSqsClient._model is None:
            model = botocore.session.get_session().get_service_model("sqs")
            FakeSqsClient._model = model
            FakeSqsClient._exceptions = ClientExceptionsFactory().create_client_exceptions(model)
        self.sqs = sqs
        self.exceptions = FakeSqsClient._exceptions
        self.meta = SimpleNamespace(
            region_name=sqs.region,
            endpoint_url=sqs.endpoint or f"https://sqs.{sqs.region}.amazonaws.com",
            service_model=self._model,
        )

    def can_paginate(self, operation: str) -> bool:
        return operation in ("list_queues", "list_dead_letter_source_queues")

    def get_paginator(self, operation: str) -> _Paginator:
        return _Paginator(getattr(self, operation))

    def close(self) -> None:
        """Nothing to close."""

    def change_message_visibility(self, **request: Any) -> Json:
        return self._call("ChangeMessageVisibility", request)

    def change_message_visibility_batch(self, **request: Any) -> Json:
        return self._call("ChangeMessageVisibilityBatch", request)

    def create_queue(self, **request: Any) -> Json:
        return self._call("CreateQueue", request)

    def delete_message(self, **request: Any) -> Json:
        return self._call("DeleteMessage", request)

    def delete_message_batch(self, **request: Any) -> Json:
        return self._call("DeleteMessageBatch", request)

    def delete_queue(self, **request: Any) -> Json:
        return self._call("DeleteQueue", request)

    def get_queue_attributes(self, **request: Any) -> Json:
        return self._call("GetQueueAttributes", request)

    def get_queue_url(self, **request: Any) -> Json:
        return self._call("GetQueueUrl", request)

    def list_dead_letter_source_queues(self, **request: Any) -> Json:
        return self._call("ListDeadLetterSourceQueues", request)

    def list_queue_tags(self, **request: Any) -> Json:
        return self._call("ListQueueTags", request)

    def list_queues(self, **request: Any) -> Json:
        return self._call("ListQueues", request)

    def purge_queue(self, **request: Any) -> Json:
        return self._call("PurgeQueue", request)

    def receive_message(self, **request: Any) -> Json:
        return self._call("ReceiveMessage", request)

    def send_message(self, **request: Any) -> Json:
        return self._call("SendMessage", request)

    def send_message_batch(self, **request: Any) -> Json:
        return self._call("SendMessageBatch", request)

    def set_queue_attributes(self, **request: Any) -> Json:
        return self._call("SetQueueAttributes", request)

    def tag_queue(self, **request: Any) -> Json:
        return self._call("TagQueue", request)

    def _call(self, operation: str, request: Json) -> Json:
        assert self._model is not None
        shape = self._model.operation_model(operation).input_shape
        assert shape is not None
        report = ParamValidator().validate(request, shape)
        if report.has_errors():
            raise ParamValidationError(report=report.generate_report())
        try:
            answer = self._answer(operation, copy.deepcopy(request))
        except SqsError as error:
            raise self._client_error(error, operation) from None
        except ConnectionLostError:
            raise ConnectionClosedError(endpoint_url=self.meta.endpoint_url) from None
        return {**answer, "ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}

    def _answer(self, operation: str, request: Json) -> Json:
        sqs = self.sqs
        call = sqs.begin(operation, request)
        answer = sqs.apply(call)
        if seconds := sqs.wait_seconds(call, answer):
            deadline = call.at + seconds
            while not answer and (now := sqs.clock.now()) < deadline:
                sqs.clock.sleep(self._until_worth_a_look(call, deadline, now))
                answer = sqs.apply(call)
        if call.fault and call.fault.effect == "delay_answer":
            sqs.clock.sleep(call.fault.seconds)
        return sqs.finish(call, answer)

    def _until_worth_a_look(self, call: Call, deadline: float, now: float) -> float:
        if not getattr(self.sqs.clock, "virtual", True):
            return min(0.02, deadline - now)
        change = self.sqs.next_change(call)
        return (deadline if change is None else min(change, deadline)) - now

    def _client_error(self, error: SqsError, operation: str) -> Exception:
        fault = "Sender" if error.sender_fault else "Receiver"
        parsed = {
            "Error": {
                "Code": error.code,
                "QueryErrorCode": error.shape,
                "Message": error.message,
                "Type": fault,
            },
            "ResponseMetadata": {"HTTPStatusCode": error.status, "RetryAttempts": 0},
        }
        raised: Exception = self.exceptions.from_code(error.shape)(parsed, operation)
        return raised
