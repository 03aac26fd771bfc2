"""Lambda functions whose code is a Python callable of the test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ROLE = "arn:aws:iam::111122223333:role/orders"


class FunctionFailed(Exception):  # noqa: N818  it is what a function raises
    """The function raises: an answer with `X-Amz-Function-Error`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass
class FakeFunctions:
    """Functions by name, ARN qualifiers included; `events` are the ones they were given."""

    code: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    throttle_next: int = 0
    lose_next: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def given(self, name: str) -> list[dict[str, Any]]:
        """The events that this function has received, in order."""
        return [event for called, event in self.events if called == name]

    def run(self, name: str, payload: bytes) -> tuple[bytes, str | None]:
        """What the function returns, and its function error. KeyError: no such function."""
        event = json.loads(payload)
        code = self.code[name]
        with self.lock:
            self.events.append((name, event))
        try:
            return json.dumps(code(event)).encode(), None
        except FunctionFailed as failure:
            said = {"errorType": failure.kind, "errorMessage": failure.message}
            return json.dumps(said).encode(), "Unhandled"
