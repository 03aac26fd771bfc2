"""The fake SQS over HTTP, in the AWS JSON 1.0 protocol that boto3 speaks.

    python -m tests.fakes.sqs_server --port 0 [--latency-ms 5] [--audit 0]

prints its URL on the first line and serves until SIGTERM. Time is the machine's, and can be
pushed ahead. Tests steer it through `/_fake/…`:

    POST   /_fake/faults   one fault or a list: the fields of `Fault`, or {"kind": "lose_answer", …}
    GET    /_fake/faults   those that can still strike       DELETE /_fake/faults
    POST   /_fake/clock    {"advance": 301}
    POST   /_fake/options  {"in_flight_limit": 20, "short_poll_miss": 0.5, "latency_ms": 5}
    GET    /_fake/state    every queue and message
    GET    /_fake/calls    the audit trail                   DELETE /_fake/calls
    POST   /_fake/reset    no queues, no faults, no calls

One asyncio thread without parsing libraries: what it costs per call must be small beside what a
client costs, since the benchmark measures clients on it.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import signal
import threading
import uuid
from collections.abc import Coroutine, Iterable
from typing import Any

from tests.fakes.clocks import RunningClock
from tests.fakes.sqs import FakeSqs
from tests.fakes.sqs_faults import Call, ConnectionLostError, Fault, SqsError

JSON_TYPE = "application/x-amz-json-1.0"
LOOK_AGAIN_SECONDS = 0.01
REASONS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 500: "Server Error"}


def _response(status: int, body: bytes, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}",
        f"Content-Type: {JSON_TYPE}",
        f"x-amzn-RequestId: {uuid.uuid4()}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
        "\r\n",
    ]
    return "\r\n".join(lines).encode() + body


def _error(error: SqsError) -> bytes:
    body = json.dumps({"__type": error.wire_type, "message": error.message}).encode()
    fault = "Sender" if error.sender_fault else "Receiver"
    return _response(error.status, body, [("x-amzn-query-error", f"{error.code};{fault}")])


def _encoded(value: Any) -> str:
    """Blobs travel as base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"no JSON for {type(value)}")


def _decoded(request: dict[str, Any]) -> dict[str, Any]:
    for entry in request.get("Entries", [request]):
        for value in (entry.get("MessageAttributes") or {}).values():
            if "BinaryValue" in value:
                value["BinaryValue"] = base64.b64decode(value["BinaryValue"])
    return request


class _Connection(asyncio.Protocol):
    """One keep-alive connection: requests are answered one after the other."""

    def __init__(self, server: FakeSqsServer) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._busy: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._server.connections.discard(self)
        if self._busy:
            self._busy.cancel()

    def close(self) -> None:
        if self._transport:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._busy:
            self._serve()

    def _serve(self) -> None:
        while self._transport and not self._busy and (request := self._next_request()):
            method, path, target, body = request
            answer = (
                self._server.control(method, path, body)
                if path.startswith("/_fake/")
                else self._server.answer(target, body)
            )
            if isinstance(answer, bytes):
                self._transport.write(answer)
            else:
                self._busy = asyncio.get_running_loop().create_task(self._later(answer))

    async def _later(self, answer: Coroutine[Any, Any, bytes]) -> None:
        try:
            data = await answer
        except ConnectionLostError:
            self.close()
            return
        self._busy = None
        if self._transport:
            self._transport.write(data)
            self._serve()

    def _next_request(self) -> tuple[str, str, str, bytes] | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        start_line, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = end + 4 + int(headers.get("content-length", "0"))
        if len(self._buffer) < length:
            if headers.get("expect") == "100-continue" and len(self._buffer) == end + 4:
                assert self._transport
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        body = self._buffer[end + 4 : length]
        self._buffer = self._buffer[length:]
        method, path, _ = start_line.split(" ", 2)
        return method, path, headers.get("x-amz-target", ""), body


class FakeSqsServer:
    """Serves a FakeSqs on 127.0.0.1; `with FakeSqsServer() as server:` runs it in a thread."""

    def __init__(
        self, sqs: FakeSqs | None = None, *, port: int = 0, latency_seconds: float = 0.0
    ) -> None:
        self.sqs = sqs or FakeSqs(clock=RunningClock())
        self.latency_seconds = latency_seconds
        self.connections: set[_Connection] = set()
        self.url = ""
        self._port = port
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping: asyncio.Event | None = None

    # ── calls ──

    def answer(self, target: str, body: bytes) -> bytes | Coroutine[Any, Any, bytes]:
        """The answer, or a coroutine where it has to wait or breaks the connection."""
        try:
            request = _decoded(json.loads(body))
            call = self.sqs.begin(target.removeprefix("AmazonSQS."), request)
            answer = self.sqs.apply(call)
            wait = self.sqs.wait_seconds(call, answer)
            if wait or call.fault or self.latency_seconds:
                return self._slowly(call, answer, wait)
            return self._ok(self.sqs.finish(call, answer))
        except SqsError as error:
            return self._late(_error(error)) if self.latency_seconds else _error(error)
        except ConnectionLostError as lost:
            return _raising(lost)

    def _ok(self, answer: dict[str, Any]) -> bytes:
        return _response(200, json.dumps(answer, default=_encoded).encode())

    async def _late(self, data: bytes) -> bytes:
        await asyncio.sleep(self.latency_seconds)
        return data

    async def _slowly(self, call: Call, answer: dict[str, Any], wait: float) -> bytes:
        """A long poll, a fault or the network's latency between two points of the call."""
        clock = self.sqs.clock
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        try:
            while not answer and clock.now() < call.at + wait:
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
                answer = self.sqs.apply(call)
            if call.fault and call.fault.effect == "delay_answer":
                await asyncio.sleep(call.fault.seconds)
            return self._ok(self.sqs.finish(call, answer))
        except SqsError as error:
            return _error(error)

    # ── control ──

    def control(self, method: str, path: str, body: bytes) -> bytes:
        given = json.loads(body) if body else {}
        match method, path.removeprefix("/_fake/"):
            case "POST", "faults":
                faults = given if isinstance(given, list) else [given]
                self.sqs.faults.add(*map(Fault.from_json, faults))
                answer: Any = {"pending": len(self.sqs.faults.pending())}
            case "GET", "faults":
                pending = self.sqs.faults.pending()
                answer = [{"operation": f.operation, "effect": f.effect} for f in pending]
            case "DELETE", "faults":
                self.sqs.faults.clear()
                answer = {}
            case "POST", "clock":
                assert isinstance(self.sqs.clock, RunningClock)
                answer = {"now": self.sqs.clock.advance(given["advance"])}
            case "POST", "options":
                answer = self._set_options(**given)
            case "GET", "state":
                answer = self.sqs.snapshot()
            case "GET", "calls":
                answer = [call.as_json() for call in self.sqs.audit.calls()]
            case "DELETE", "calls":
                self.sqs.audit.clear()
                answer = {}
            case "POST", "reset":
                self.sqs.reset()
                answer = {}
            case _:
                return _response(404, b'{"message": "no such control"}')
        return self._ok(answer)

    def _set_options(self, **given: float) -> dict[str, float]:
        self.sqs.in_flight_limit = int(given.get("in_flight_limit", self.sqs.in_flight_limit))
        self.sqs.short_poll_miss = given.get("short_poll_miss", self.sqs.short_poll_miss)
        self.latency_seconds = given.get("latency_ms", self.latency_seconds * 1000) / 1000
        return {
            "in_flight_limit": self.sqs.in_flight_limit,
            "short_poll_miss": self.sqs.short_poll_miss,
            "latency_ms": self.latency_seconds * 1000,
        }

    # ── life ──

    async def listen(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._server = await self._loop.create_server(
            lambda: _Connection(self), "127.0.0.1", self._port, backlog=512
        )
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.sqs.endpoint = self.sqs.endpoint or self.url

    async def close(self) -> None:
        if self._server:
            self._server.close()
        for connection in list(self.connections):
            connection.close()
        await asyncio.sleep(0)

    def __enter__(self) -> FakeSqsServer:
        listening = threading.Event()

        async def serve() -> None:
            self._stopping = asyncio.Event()
            await self.listen()
            listening.set()
            await self._stopping.wait()
            await self.close()

        self._thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
        self._thread.start()
        if not listening.wait(timeout=30):
            raise RuntimeError("the fake SQS did not start")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop
        assert self._thread
        assert self._stopping
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(timeout=30)


async def _raising(error: Exception) -> bytes:
    raise error


async def _serve_until_terminated(server: FakeSqsServer) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await server.listen()
    print(server.url, flush=True)  # noqa: T201
    await stop.wait()
    await server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="a fake Amazon SQS")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--audit", type=int, default=10_000, help="calls to remember; 0: none")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--queue-url-root", help="in queue URLs, in place of the server's own")
    parser.add_argument("--in-flight-limit", type=int, default=120_000)
    given = parser.parse_args()
    sqs = FakeSqs(
        clock=RunningClock(),
        region=given.region,
        endpoint=given.queue_url_root,
        audit_limit=given.audit,
        in_flight_limit=given.in_flight_limit,
    )
    server = FakeSqsServer(sqs, port=given.port, latency_seconds=given.latency_ms / 1000)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve_until_terminated(server))


if __name__ == "__main__":
    main()
