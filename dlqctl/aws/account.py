"""An account as an audit asks it: every call by way of boto3, every refusal as an Unknown."""

import re
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from dlqctl.audit.facts import Fact, Matches, Unknown
from dlqctl.audit.live.asking import Document, Identity
from dlqctl.aws.errors import (
    BAD_CREDENTIALS,
    EXPIRED,
    THROTTLED,
    error_code,
    explain,
    explained,
    http_status,
    one_line,
)
from dlqctl.errors import AccessDeniedError

if TYPE_CHECKING:
    from dlqctl.aws.session import AwsSession

ATTEMPTS = 6
IDENTITY_ATTEMPTS = 3
TIMEOUT_SECONDS = 20

# The service behind an IAM prefix, where boto3 has another name for it.
_SERVICES = {
    "dynamodb": "dynamodbstreams",
    "states": "stepfunctions",
    "tag": "resourcegroupstaggingapi",
}
# The most that a page of each can hold; the others have one size.
_PAGE_SIZES = {
    "cloudwatch:DescribeAlarms": 100,
    "lambda:ListAliases": 50,
    "lambda:ListEventSourceMappings": 100,
    "lambda:ListFunctionEventInvokeConfigs": 50,
    "lambda:ListFunctions": 50,
    "pipes:ListPipes": 100,
    "scheduler:ListSchedules": 100,
    "sqs:ListDeadLetterSourceQueues": 1000,
    "sqs:ListQueues": 1000,
    "states:ListStateMachines": 1000,
    "tag:GetResources": 100,
}
_GONE = re.compile(
    r"(?:.*\.)?(?:ResourceNotFound|ResourceNotFoundException|NotFound|NotFoundException"
    r"|QueueDoesNotExist|NonExistentQueue|StateMachineDoesNotExist|\w+DoesNotExistException)\Z"
)
_UNSUPPORTED = re.compile(
    r"(?:.*\.)?(?:UnknownOperation|UnknownOperationException|UnsupportedOperation"
    r"|UnsupportedOperationException|NotImplemented|NotImplementedError|InvalidAction"
    r"|UnknownService|ServiceNotSupported|40[045]|501)\Z"
)


class AwsAccount:
    """An account in one Region, for `dlqctl.audit.live`.

    The threads of the collector are the limit on calls at a time. Once AWS throttles, botocore's
    adaptive mode slows every thread of the service down to what AWS accepts: Lambda answers no
    more than 15 such calls a second.
    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    """

    def __init__(self, session: "AwsSession") -> None:
        self._session = session
        self._clients: dict[str, Any] = {}
        self._lock = Lock()
        self._unsupported: dict[str, Unknown] = {}

    def identity(self) -> Identity:
        """The account of the credentials. Raises DlqctlError where nobody can tell."""
        with explained(service="sts"):
            answer = self._client("sts", attempts=IDENTITY_ATTEMPTS).get_caller_identity()
            region = str(self._client("lambda").meta.region_name)
        partition = str(answer.get("Arn", "arn:aws:")).split(":")[1]
        return Identity(str(answer["Account"]), region, partition)

    def ask(self, action: str, arguments: Document) -> Fact[Document | None]:
        """The answer; None when what is asked about does not exist; Unknown when refused."""
        refused = self._unsupported.get(action)
        if refused:
            return refused
        service, _, operation = action.partition(":")
        client = self._client(service)
        try:
            answer: Document = getattr(client, xform_name(operation))(**arguments)
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            return self._refusal(error, action)
        return answer

    def pages(self, action: str, arguments: Document, *, results: Sequence[str]) -> Matches[Any]:
        """The items under `results` of every page; the gap says why there may be more."""
        refused = self._unsupported.get(action)
        if refused:
            return Matches((), refused)
        seen: list[Any] = []
        try:
            for page in self._answers(action, arguments):
                for result in results:
                    seen.extend(page.get(result) or ())
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            return Matches(tuple(seen), self._refusal(error, action))
        return Matches(tuple(seen))

    def _answers(self, action: str, arguments: Document) -> Iterator[Document]:
        service, _, operation = action.partition(":")
        client, method = self._client(service), xform_name(operation)
        if client.can_paginate(method):
            size = _PAGE_SIZES.get(action)
            limits = {"PaginationConfig": {"PageSize": size}} if size else {}
            yield from client.get_paginator(method).paginate(**arguments, **limits)
            return
        token: dict[str, str] = {}
        while True:
            page = getattr(client, method)(**arguments, **token)
            yield page
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def _refusal(
        self, error: ClientError | BotoCoreError | ResponseParserError, action: str
    ) -> Unknown | None:
        """Why there is no answer; None where the thing is gone. Raises DlqctlError for bad keys."""
        if isinstance(error, ResponseParserError):
            return Unknown(f"{action}: what came back is not an answer of AWS")
        if not isinstance(error, ClientError):
            return Unknown(f"{action}: {explain(error).message}")
        code = error_code(error)
        if _GONE.match(code):
            return None
        service = action.partition(":")[0]
        if _UNSUPPORTED.match(code) or http_status(error) in (404, 405, 501):
            refusal = Unknown(f"{action} is not supported here ({one_line(code)})")
            self._unsupported[action] = refusal
            return refusal
        explanation = explain(error, service=service)
        if code in EXPIRED | BAD_CREDENTIALS:
            raise explanation from error
        if isinstance(explanation, AccessDeniedError):
            return Unknown(f"access denied to {action}", action=action)
        if code in THROTTLED:
            return Unknown(f"AWS throttled {action}, {ATTEMPTS} times over: run it again")
        return Unknown(explanation.message)

    def _client(self, service: str, *, attempts: int = ATTEMPTS) -> Any:
        # A session may not make two clients at the same time.
        with self._lock:
            client = self._clients.get(service)
            if client is None:
                client = self._session.client(
                    _SERVICES.get(service, service),
                    attempts=attempts,
                    retry_mode="adaptive",
                    timeout_seconds=TIMEOUT_SECONDS,
                )
                self._clients[service] = client
            return client
