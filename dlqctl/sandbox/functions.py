"""Lambda functions of the sandbox that only stand there to be pointed at: they never succeed."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from dlqctl.sandbox.server import ACCOUNT_ID, REGION

if TYPE_CHECKING:
    from dlqctl.sandbox.clients import Clients

_SOURCE = "def handler(event, context):\n    raise RuntimeError('not in this sandbox')\n"


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}"


def package() -> bytes:
    """A deployment package of a function that only fails: `function.handler`."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("function.py", _SOURCE)
    return written.getvalue()


def create_function(clients: Clients, name: str, *, dlq_arn: str | None = None) -> None:
    """Make a function that does nothing but fail, with a DeadLetterConfig if `dlq_arn` is given."""
    clients.functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="function.handler",
        Role=f"arn:aws:iam::{ACCOUNT_ID}:role/{name}",
        Code={"ZipFile": package()},
        DeadLetterConfig={"TargetArn": dlq_arn} if dlq_arn else {},
    )
