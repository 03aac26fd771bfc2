"""The calls that are made for every batch, at less than half of what botocore spends on a call.

Most of botocore's time goes into what is the same in every call of a client: endpoint, user agent,
headers, serializers, hooks. So botocore makes the first call, and its request is learnt from; the
next ones go over the same connections with the same credentials. Whatever is not plain success is
left to botocore, its retries and its errors.
"""

import hashlib
import hmac
import json
import logging
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError, HTTPClientError
from botocore.parsers import create_parser

log = logging.getLogger("dlqctl.aws")

_JSON = "application/x-amz-json-1.0"
_TARGET = "AmazonSQS."
_ALGORITHM = "AWS4-HMAC-SHA256"
# Of one request only; the two of the SDK tell AWS of retries, which there are none of here.
_PER_REQUEST = frozenset(
    {
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "authorization",
        "content-length",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-target",
    }
)

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """What requests are signed for."""

    region: str
    service: str


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What all requests of a client share. Header names are in lower case."""

    url: str
    signed: Mapping[str, str]
    unsigned: Mapping[str, str]
    scope: Scope


class BatchCalls:
    """A boto3 SQS client whose calls for batches are cheap; it does everything else itself.

    `credentials` are those of the client's session. `repeat=False` is for a client that makes
    each call once: an error is raised, not tried again by botocore.
    """

    def __init__(self, client: Any, credentials: Any, *, repeat: bool = True) -> None:
        self._client = client
        self._credentials = credentials
        self._repeat = repeat
        self._learnt: _Learnt | None = None
        # Not public, and absent in a client that is not botocore's: then nothing is learnt.
        endpoint = getattr(client, "_endpoint", None)
        self._connections: Any = getattr(endpoint, "http_session", None)
        if self._connections and credentials:
            client.meta.events.register("before-send.sqs", self._learn)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def receive_message(self, **request: Any) -> Answer:
        """ReceiveMessage."""
        answer = self._call("ReceiveMessage", self._client.receive_message, request)
        for message in answer.get("Messages") or ():
            for attribute in message.get("MessageAttributes", {}).values():
                value = attribute.get("BinaryValue")
                if isinstance(value, str):
                    attribute["BinaryValue"] = b64decode(value)
        return answer

    def send_message_batch(self, **request: Any) -> Answer:
        """SendMessageBatch."""
        return self._call("SendMessageBatch", self._client.send_message_batch, request)

    def delete_message_batch(self, **request: Any) -> Answer:
        """DeleteMessageBatch."""
        return self._call("DeleteMessageBatch", self._client.delete_message_batch, request)

    def change_message_visibility_batch(self, **request: Any) -> Answer:
        """ChangeMessageVisibilityBatch."""
        by_botocore = self._client.change_message_visibility_batch
        return self._call("ChangeMessageVisibilityBatch", by_botocore, request)

    def _call(self, operation: str, by_botocore: Callable[..., Answer], request: Answer) -> Answer:
        if self._learnt is None:
            return by_botocore(**request)
        started = time.monotonic()
        body = json.dumps(request, default=_base64).encode()
        try:
            response = self._connections.send(self._prepared(self._learnt, operation, body))
        except HTTPClientError:
            if not self._repeat:
                raise
            return by_botocore(**request)
        seconds = time.monotonic() - started
        log.info("sqs:%s %s %.0f ms", operation, response.status_code, seconds * 1000)
        if response.status_code != 200:
            if not self._repeat:
                raise self._error(operation, response)
            return by_botocore(**request)
        return _parsed(response.content)

    def _prepared(self, learnt: _Learnt, operation: str, body: bytes) -> Any:
        credentials = self._credentials.get_frozen_credentials()
        headers = {
            **learnt.signed,
            "x-amz-date": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
            "x-amz-target": _TARGET + operation,
        }
        if credentials.token:
            headers["x-amz-security-token"] = credentials.token
        authorization = authorize(learnt.url, headers, body, credentials, learnt.scope)
        headers |= learnt.unsigned
        headers["authorization"] = authorization
        headers["content-length"] = str(len(body))
        prepare: Any = AWSPreparedRequest  # whose stubs ask for a type that botocore does not use
        return prepare("POST", learnt.url, headers, body, stream_output=False)

    def _error(self, operation: str, response: Any) -> ClientError:
        shape = self._client.meta.service_model.operation_model(operation).output_shape
        answer = {
            "status_code": response.status_code,
            "headers": response.headers,
            "body": response.content,
        }
        return ClientError(create_parser("json").parse(answer, shape), operation)

    def _learn(self, request: Any, **_event: object) -> None:
        """Called with a request that botocore is about to send.

        It is learnt from only if signing it here gives the very signature that botocore made.
        """
        if self._learnt:
            return
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        algorithm, _, fields = headers.get("authorization", "").partition(" ")
        given = dict(field.strip().split("=", 1) for field in fields.split(",") if "=" in field)
        if algorithm != _ALGORITHM or headers.get("content-type") != _JSON:
            return
        headers.setdefault("host", urlsplit(request.url).netloc)
        _, _, region, service, _ = given["Credential"].split("/")
        names = given["SignedHeaders"].split(";")
        signed, scope = {name: headers.get(name, "") for name in names}, Scope(region, service)
        credentials = self._credentials.get_frozen_credentials()
        body = request.body or b""
        if authorize(request.url, signed, body, credentials, scope) != headers["authorization"]:
            return
        self._learnt = _Learnt(
            request.url,
            {name: value for name, value in signed.items() if name not in _PER_REQUEST},
            {name: v for name, v in headers.items() if name not in {*signed, *_PER_REQUEST}},
            scope,
        )


def authorize(
    url: str, headers: Mapping[str, str], body: bytes, credentials: Any, scope: Scope
) -> str:
    """The Authorization header for a POST with these headers, all of them signed.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    moment = headers["x-amz-date"]
    in_order = sorted(headers.items())
    names = ";".join(name for name, _ in in_order)
    lines = "".join(f"{name}:{value}\n" for name, value in in_order)
    path = urlsplit(url).path or "/"
    request = f"POST\n{path}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    day = moment[:8]
    place = f"{day}/{scope.region}/{scope.service}/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = _signing_key(credentials.secret_key, day, scope)
    signature = _hmac(key, f"{_ALGORITHM}\n{moment}\n{place}\n{digest}").hex()
    return (
        f"{_ALGORITHM} Credential={credentials.access_key}/{place},"
        f" SignedHeaders={names}, Signature={signature}"
    )


@lru_cache(maxsize=8)
def _signing_key(secret_key: str, day: str, scope: Scope) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _parsed(body: bytes) -> Answer:
    """What was answered; nothing where that is not JSON, so that nothing counts as confirmed."""
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _base64(value: object) -> str:
    """Blobs travel as base64."""
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    raise TypeError(f"no JSON for {type(value)}")


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
