"""A server that refuses some services and passes the rest on: IAM for emulators that have none."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Iterator, Set
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/[^/]+/([\w-]+)/aws4_request")
_BY_THE_HOP = frozenset({"connection", "content-length", "transfer-encoding", "date", "server"})


@contextmanager
def denying(upstream: str, *services: str) -> Iterator[str]:
    """The URL of a server before `upstream` that denies `services` (as requests are signed)."""

    class Handler(_Handler):
        denied = frozenset(services)
        target = urlsplit(upstream).netloc

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    denied: Set[str]
    target: str

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        signed = _SIGNED_FOR.search(self.headers.get("Authorization") or "")
        if signed and signed[1] in self.denied:
            message = {"__type": "AccessDeniedException", "message": "not authorized"}
            self._answer(403, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(message))
            return
        upstream = http.client.HTTPConnection(self.target, timeout=30)
        try:
            upstream.request(self.command, self.path, body, dict(self.headers.items()))
            answer = upstream.getresponse()
            self._answer(answer.status, answer.getheaders(), answer.read())
        finally:
            upstream.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: str | bytes) -> None:
        sent = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _BY_THE_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing."""
