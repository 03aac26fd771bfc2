"""An account of functions, queues and mappings behind a slow wire; counts what it is asked.

    python -m tests.bench.tools.audit_server --port 8000 --size 300 --latency-ms 20

`GET /_bench/requests` gives the number of requests so far by what was asked. With
`--lambda-per-second N` Lambda answers no more than N calls a second and throttles the rest, as
AWS does at 15.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

ACCOUNT, REGION = "111122223333", "eu-west-1"
FUNCTION_PAGE, MAPPING_PAGE = 50, 100

_ONE_FUNCTION = re.compile(r"/[\d-]+/functions/([\w-]+)/([\w-]+)")


@dataclass
class Shop:
    """`size` functions, as many queues (half of them DLQs of the others), as many mappings."""

    size: int
    lambda_per_second: float | None = None
    requests: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    _tokens: float = 0.0
    _filled: float = field(default_factory=time.monotonic)

    def takes(self) -> bool:
        """Whether Lambda answers now; it keeps one second's worth of calls in hand."""
        if self.lambda_per_second is None:
            return True
        now = time.monotonic()
        gained = (now - self._filled) * self.lambda_per_second
        self._tokens = min(self._tokens + gained, self.lambda_per_second)
        self._filled = now
        if self._tokens < 1:
            self.throttled += 1
            return False
        self._tokens -= 1
        return True

    def queue_attributes(self, number: int) -> dict[str, str]:
        attributes = {
            "QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q{number}",
            "VisibilityTimeout": "60",
            "MessageRetentionPeriod": "345600",
            "ApproximateNumberOfMessages": "0",
        }
        if number < self.size // 2:
            dead = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q{number + self.size // 2}"
            policy = {"deadLetterTargetArn": dead, "maxReceiveCount": 5}
            attributes["RedrivePolicy"] = json.dumps(policy)
        return attributes

    def function(self, number: int) -> dict[str, object]:
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f{number}"
        return {"FunctionName": f"f{number}", "FunctionArn": arn, "Timeout": 10}

    def mapping(self, number: int) -> dict[str, object]:
        source = number % max(self.size // 2, 1)
        return {
            "UUID": f"u{number}",
            "EventSourceArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q{source}",
            "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f{number}",
            "State": "Enabled",
            "BatchSize": 10,
        }


@dataclass(frozen=True)
class Answer:
    body: bytes
    kind: str = "application/json"
    status: int = 200
    extra: str = ""


def _json(document: object, *, status: int = 200, extra: str = "") -> Answer:
    return Answer(json.dumps(document).encode(), status=status, extra=extra)


def _page(shop: Shop, key: str, make: Callable[[int], object], url: str, size: int) -> Answer:
    start = int(parse_qs(urlsplit(url).query).get("Marker", ["0"])[0])
    end = min(start + size, shop.size)
    more = {"NextMarker": str(end)} if end < shop.size else {}
    return _json({key: [make(number) for number in range(start, end)], **more})


def _lambda(shop: Shop, url: str) -> Answer:
    path = urlsplit(url).path
    one = _ONE_FUNCTION.match(path)
    shop.requests[f"lambda {one[2] if one else path.rstrip('/').rpartition('/')[2]}"] += 1
    if not shop.takes():
        extra = "x-amzn-errortype: TooManyRequestsException\r\n"
        return _json({"message": "Rate Exceeded"}, status=429, extra=extra)
    if path.startswith("/2015-03-31/event-source-mappings"):
        return _page(shop, "EventSourceMappings", shop.mapping, url, MAPPING_PAGE)
    if one is None:
        return _page(shop, "Functions", shop.function, url, FUNCTION_PAGE)
    match one[2]:
        case "policy":
            extra = "x-amzn-errortype: ResourceNotFoundException\r\n"
            return _json({"message": "none"}, status=404, extra=extra)
        case "configuration":
            return _json({**shop.function(int(one[1][1:])), "State": "Active"})
        case "recursion-config":
            return _json({"RecursiveLoop": "Terminate"})
        case "event-invoke-config":
            return _json({"FunctionEventInvokeConfigs": []})
        case "aliases":
            return _json({"Aliases": []})
    return _json({})


def _target(shop: Shop, operation: str, body: bytes) -> Answer:
    match operation:
        case "ListQueues":
            url = f"http://queue/{ACCOUNT}"
            return _json({"QueueUrls": [f"{url}/q{number}" for number in range(shop.size)]})
        case "GetQueueAttributes":
            number = int(json.loads(body)["QueueUrl"].rpartition("/q")[2])
            return _json({"Attributes": shop.queue_attributes(number)})
        case "ListEventBuses":
            return _json({"EventBuses": [{"Name": "default"}]})
        case "ListStateMachines":
            return _json({"stateMachines": []})
    return _json({})


def _xml(operation: str, inside: str) -> Answer:
    result = f"<{operation}Result>{inside}</{operation}Result>"
    text = f"<{operation}Response>{result}</{operation}Response>"
    return Answer(text.encode(), kind="text/xml")


def answer(shop: Shop, url: str, headers: dict[str, str], body: bytes) -> Answer:
    if url == "/_bench/requests":
        return _json({**shop.requests, "throttled": shop.throttled})
    if "/functions" in url or "/event-source-mappings" in url:
        return _lambda(shop, url)
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    if not operation and b"Action=" in body:
        operation = parse_qs(body.decode())["Action"][0]
    shop.requests[operation or urlsplit(url).path] += 1
    if operation == "GetCallerIdentity":
        inside = f"<Arn>arn:aws:iam::{ACCOUNT}:user/b</Arn><Account>{ACCOUNT}</Account>"
        return _xml(operation, inside)
    if operation == "ListSubscriptions":
        return _xml(operation, "<Subscriptions/>")
    if "/operation/" in url:
        return Answer(b"\xa0", kind="application/cbor", extra="smithy-protocol: rpc-v2-cbor\r\n")
    return _target(shop, operation, body)


async def serve(shop: Shop, port: int, latency_seconds: float) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            first, *lines = head.decode("latin-1").split("\r\n")
            pairs = (line.partition(":") for line in lines)
            headers = {name.lower(): value.strip() for name, _, value in pairs if name}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            await asyncio.sleep(latency_seconds)
            said = answer(shop, first.split(" ")[1], headers, body)
            writer.write(
                f"HTTP/1.1 {said.status} -\r\ncontent-type: {said.kind}\r\n{said.extra}"
                f"content-length: {len(said.body)}\r\n\r\n".encode()
                + said.body
            )
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", port)
    await server.serve_forever()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--size", type=int, default=300)
    parser.add_argument("--latency-ms", type=float, default=20)
    parser.add_argument("--lambda-per-second", type=float)
    given = parser.parse_args()
    shop = Shop(given.size, given.lambda_per_second)
    asyncio.run(serve(shop, given.port, given.latency_ms / 1_000))


if __name__ == "__main__":
    main()
