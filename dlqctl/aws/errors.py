"""botocore's errors as DlqctlError: one line, and what to do about it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from dlqctl.errors import AccessDeniedError, DlqctlError

ACCESS_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "UnauthorizedOperation",
        "AWS.SimpleQueueService.AccessDenied",
    }
)
EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)
BAD_CREDENTIALS = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
    }
)
NO_SUCH_QUEUE = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
        "NonExistentQueue",
    }
)
OVER_LIMIT = frozenset({"OverLimit", "AWS.SimpleQueueService.OverLimit"})
THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
        "SlowDown",
        "KmsThrottled",
        "KMS.ThrottlingException",
        "PriorRequestNotComplete",
    }
)

# Errors that botocore raises before any byte of the request is on its way.
NEVER_SENT = (boto.ConnectTimeoutError, boto.EndpointConnectionError)
NOT_SIGNED_IN = (
    boto.CredentialRetrievalError,
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.SSOError,
    boto.TokenRetrievalError,
)

_IAM_ACTION = re.compile(
    r"(?:to perform:?|not authorized to perform|access to)\s+\W*([\w-]+:[\w*]+)", re.I
)


def error_code(error: ClientError) -> str:
    """The service's error code, such as `AccessDenied`."""
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def http_status(error: ClientError) -> int:
    """The HTTP status of the answer, 0 where there is none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def denied_action(error: ClientError, *, service: str) -> str:
    """The IAM action that was denied: named in AWS's message, else made from the operation.

    SQS names it in lower case (`sqs:sendmessage`), which no policy editor completes.
    """
    called = f"{service}:{error.operation_name.removesuffix('Batch')}"
    named = _IAM_ACTION.search(str(error.response.get("Error", {}).get("Message", "")))
    if named is None or named.group(1).lower() == called.lower():
        return called
    return named.group(1)


def explain(error: ClientError | BotoCoreError, *, service: str = "sqs") -> DlqctlError:
    """`error` as something a person can act on. `service` is its IAM prefix."""
    if isinstance(error, ClientError):
        return _explain_answer(error, service=service)
    for kind, make in _LOCAL_ERRORS:
        if isinstance(error, kind):
            return make(error)
    return DlqctlError(one_line(str(error)))


@contextmanager
def explained(*, service: str = "sqs") -> Iterator[None]:
    """Raise botocore's errors in the block as DlqctlError."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise explain(error, service=service) from error


def one_line(text: str) -> str:
    """`text` with white space folded, at most 500 characters."""
    folded = " ".join(text.split())
    return folded if len(folded) <= 500 else folded[:499] + "…"


def _explain_answer(error: ClientError, *, service: str) -> DlqctlError:
    code = error_code(error)
    said = one_line(str(error.response.get("Error", {}).get("Message", "")) or code)
    operation = f"{service}:{error.operation_name}"
    if code in ACCESS_DENIED or (
        http_status(error) == 403 and code not in EXPIRED | BAD_CREDENTIALS | THROTTLED | OVER_LIMIT
    ):
        action = denied_action(error, service=service)
        return AccessDeniedError(
            f"access denied to {action}: {said}",
            action=action,
            hint=f"allow {action} for this identity (or use --profile / --role-arn)",
        )
    if code in EXPIRED:
        return DlqctlError(
            f"the AWS session has expired ({code}): {said}",
            hint="sign in again (for example: aws sso login) and run the same command",
        )
    if code in BAD_CREDENTIALS:
        return DlqctlError(
            f"AWS does not accept these credentials ({code}): {said}",
            hint="check AWS_PROFILE / --profile, the access key and the clock of this machine",
        )
    if code in NO_SUCH_QUEUE:
        return DlqctlError(
            f"no such queue: {said}",
            hint="check the name, the account and --region; `dlqctl list` shows what is there",
        )
    if code.startswith(("KMS", "Kms")) or "kms:" in said:
        what = "queue" if service == "sqs" else "stream" if service == "kinesis" else "resource"
        return DlqctlError(
            f"the {what}'s KMS key refused ({code}): {said}",
            hint=f"allow kms:Decrypt and kms:GenerateDataKey on the {what}'s key",
        )
    if code in THROTTLED:
        return DlqctlError(
            f"AWS throttled {operation}: {said}", hint="try again with a lower --rate"
        )
    return DlqctlError(f"{operation} failed ({code}): {said}")


def _no_credentials(_: BotoCoreError) -> DlqctlError:
    return DlqctlError(
        "no AWS credentials found",
        hint="set AWS_PROFILE or --profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    )


def _no_region(_: BotoCoreError) -> DlqctlError:
    return DlqctlError("no AWS Region is set", hint="give --region or set AWS_REGION")


def _unreachable(error: BotoCoreError) -> DlqctlError:
    return DlqctlError(
        f"can't reach AWS: {one_line(str(error))}",
        hint="check the network, --region and --endpoint-url",
    )


def _no_profile(error: BotoCoreError) -> DlqctlError:
    return DlqctlError(
        one_line(str(error)), hint="`aws configure list-profiles` shows the profiles"
    )


def _sign_in_again(error: BotoCoreError) -> DlqctlError:
    return DlqctlError(one_line(str(error)), hint="sign in again: aws sso login")


_LOCAL_ERRORS: tuple[tuple[type[BotoCoreError], Callable[[BotoCoreError], DlqctlError]], ...] = (
    (boto.NoCredentialsError, _no_credentials),
    (boto.PartialCredentialsError, _no_credentials),
    (boto.CredentialRetrievalError, _no_credentials),
    (boto.NoRegionError, _no_region),
    (boto.ProfileNotFound, _no_profile),
    (boto.UnauthorizedSSOTokenError, _sign_in_again),
    (boto.SSOTokenLoadError, _sign_in_again),
    (boto.TokenRetrievalError, _sign_in_again),
    (boto.EndpointConnectionError, _unreachable),
    (boto.HTTPClientError, _unreachable),
)
