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


def create_function(clients: Clients, name: str, *, dlq_arn: str | None = None) -> None:
    """Make a function that does nothing but fail, with a DeadLetterConfig if `dlq_arn` is given."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("function.py", _SOURCE)
    clients.functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="function.handler",
        Role=f"arn:aws:iam::{ACCOUNT_ID}:role/{name}",
        Code={"ZipFile": package.getvalue()},
        DeadLetterConfig={"TargetArn": dlq_arn} if dlq_arn else {},
    )
