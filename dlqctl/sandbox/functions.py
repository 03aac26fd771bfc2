"""Lambda functions of the sandbox. Most only stand there to be pointed at: they never succeed."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from dlqctl.sandbox.server import ACCOUNT_ID, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dlqctl.sandbox.clients import Clients

_SOURCE = "def handler(event, context):\n    raise RuntimeError('not in this sandbox')\n"


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}"


def create_function(
    clients: Clients,
    name: str,
    *,
    dlq_arn: str | None = None,
    source: str = _SOURCE,
    variables: Mapping[str, str] | None = None,
) -> None:
    """Make a function of this source (one that does nothing but fail), in one module.

    It gets a DeadLetterConfig if `dlq_arn` is given.
    """
    clients.functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="function.handler",
        Role=f"arn:aws:iam::{ACCOUNT_ID}:role/{name}",
        Code={"ZipFile": zipped(source)},
        DeadLetterConfig={"TargetArn": dlq_arn} if dlq_arn else {},
        Environment={"Variables": dict(variables or {})},
    )


def zipped(source: str = _SOURCE) -> bytes:
    """The deployment package of a function that is one module."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("function.py", source)
    return package.getvalue()
