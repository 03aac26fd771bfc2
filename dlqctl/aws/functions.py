"""Lambda functions by way of boto3: their roles, and synchronous invocations."""

import threading
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dlqctl.aws.errors import NEVER_SENT, NOT_SIGNED_IN, THROTTLED, error_code, explain, http_status
from dlqctl.aws.session import AwsOptions, AwsSession
from dlqctl.streams.invoke import Answered
from dlqctl.streams.replay import NotAccepted, Unconfirmed

# A function runs for 15 minutes at most.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
INVOKE_TIMEOUT_SECONDS = 910

# The function is being changed, or its network is being set up: soon it can be called.
_SOON = frozenset(
    {
        "ResourceConflictException",
        "ResourceNotReadyException",
        "ENINotReadyException",
        "EC2ThrottledException",
        "CodeArtifactUserPendingException",
        "SnapStartNotReadyException",
        "EFSMountConnectivityException",
    }
)


class LambdaFunctions:
    """Functions of one account, each in the Region that its ARN names. Fulfils Functions."""

    def __init__(self, options: AwsOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._clients: dict[tuple[str | None, bool], Any] = {}
        self._roles: dict[str, str | None] = {}
        self.unknown_roles: dict[str, str] = {}

    def role_of(self, function: str) -> str | None:
        """The function's role, asked for once; `unknown_roles` says why where there is none.

        https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
        """
        with self._lock:
            if function not in self._roles:
                self._roles[function] = self._ask_role(function)
            return self._roles[function]

    def role_of_any(self, function: str | None) -> str | None:
        """As `role_of`; None where there is no function."""
        return self.role_of(function) if function else None

    def _ask_role(self, function: str) -> str | None:
        try:
            client = self._client(function, invoking=False)
            answer = client.get_function_configuration(FunctionName=function)
            return str(answer["Role"])
        except (ClientError, BotoCoreError) as error:
            self.unknown_roles[function] = explain(error, service="lambda").message
            return None

    def invoke(self, function: str, event: bytes) -> Answered | NotAccepted | Unconfirmed:
        """Invoke once and wait for the answer, as long as a function may run. Never raises."""
        with self._lock:
            client = self._client(function, invoking=True)
        try:
            answer = client.invoke(
                FunctionName=function, InvocationType="RequestResponse", Payload=event
            )
            return Answered(answer["Payload"].read(), answer.get("FunctionError"))
        except ClientError as error:
            code, said = error_code(error), explain(error, service="lambda").message
            if code in THROTTLED or code in _SOON:
                return NotAccepted(code, said, retryable=True)
            if http_status(error) >= 500 and not code.startswith(("EC2", "EFS", "ENI", "KMS")):
                return Unconfirmed(code, said)
            return NotAccepted(code, said)
        except NOT_SIGNED_IN as error:
            return NotAccepted(type(error).__name__, explain(error, service="lambda").message)
        except NEVER_SENT as error:
            said = explain(error, service="lambda").message
            return NotAccepted(type(error).__name__, said, retryable=True)
        except BotoCoreError as error:
            return Unconfirmed(type(error).__name__, explain(error, service="lambda").message)

    def _client(self, function: str, *, invoking: bool) -> Any:
        """A client in the function's Region. Invocations are made once: botocore repeats none."""
        region = function.split(":")[3] if function.startswith("arn:") else None
        key = region, invoking
        if key not in self._clients:
            options = replace(self._options, region=region) if region else self._options
            self._clients[key] = AwsSession(options).client(
                "lambda",
                retry=not invoking,
                timeout_seconds=INVOKE_TIMEOUT_SECONDS if invoking else 30,
            )
        return self._clients[key]
