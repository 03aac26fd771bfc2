"""The fake streams, and functions to replay to, over HTTP: one endpoint for a whole account.

`with StreamsServer(streams) as server:` serves on 127.0.0.1 in threads. It also answers STS'
GetCallerIdentity, and nothing else.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from tests.fakes.functions import ROLE, FakeFunctions
from tests.fakes.streams import ACCOUNT, FakeStreams, StreamsError

_TARGETS = {"Kinesis_20131202": "kinesis", "DynamoDBStreams_20120810": "dynamodbstreams"}
_FUNCTION = re.compile(r"/2015-03-31/functions/(?P<name>[^/]+)/(?P<what>configuration|invocations)")
_IDENTITY = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/x</Arn><UserId>x</UserId>
<Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""


class StreamsServer:
    """Serves FakeStreams and FakeFunctions. `on_call` is told each operation before it is made."""

    def __init__(
        self,
        streams: FakeStreams,
        functions: FakeFunctions | None = None,
        *,
        on_call: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.streams = streams
        self.functions = functions or FakeFunctions()
        self.on_call = on_call
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> StreamsServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler_of(server: StreamsServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.answer(b"")

        def do_POST(self) -> None:
            self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def answer(self, body: bytes) -> None:
            target = self.headers.get("X-Amz-Target", "")
            if function := _FUNCTION.fullmatch(self.path.partition("?")[0]):
                self._function(unquote(function["name"]), function["what"], body)
            elif target:
                self._call(target, body)
            elif b"Action=GetCallerIdentity" in body:
                self._send(200, _IDENTITY.encode(), content_type="text/xml")
            else:
                self._error(400, "UnknownOperationException", self.path)

        def _call(self, target: str, body: bytes) -> None:
            prefix, _, operation = target.partition(".")
            server.on_call(operation)
            try:
                request = _with_bytes(json.loads(body))
                answer = server.streams.call(_TARGETS[prefix], operation, request)
            except StreamsError as error:
                self._error(error.status, error.code, error.message)
            else:
                self._send(200, json.dumps(answer, default=_encoded).encode())

        def _function(self, name: str, what: str, body: bytes) -> None:
            server.on_call("Invoke" if what == "invocations" else "GetFunctionConfiguration")
            functions = server.functions
            if name not in functions.code:
                self._error(404, "ResourceNotFoundException", f"Function not found: {name}")
            elif what == "configuration":
                self._send(200, json.dumps({"FunctionName": name, "Role": ROLE}).encode())
            elif functions.throttle_next:
                functions.throttle_next -= 1
                self._error(429, "TooManyRequestsException", "Rate Exceeded.")
            else:
                payload, failed = functions.run(name, body)
                if functions.lose_next:
                    functions.lose_next -= 1
                    self.close_connection = True
                    return
                headers = {"X-Amz-Function-Error": failed} if failed else {}
                self._send(200, payload, **headers)

        def _error(self, status: int, code: str, message: str) -> None:
            body = json.dumps({"__type": code, "message": message, "Message": message})
            self._send(status, body.encode(), **{"x-amzn-ErrorType": code})

        def _send(
            self,
            status: int,
            body: bytes,
            *,
            content_type: str = "application/x-amz-json-1.1",
            **headers: str,
        ) -> None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                for header, value in headers.items():
                    self.send_header(header, value)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _with_bytes(request: dict[str, Any]) -> dict[str, Any]:
    for entry in request.get("Records", []):
        entry["Data"] = base64.b64decode(entry["Data"])
    return request


def _encoded(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"no JSON for {type(value)}")
