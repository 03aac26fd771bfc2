"""botocore's errors as one line with what to do about it."""

from __future__ import annotations

import pytest
from botocore import exceptions as boto
from botocore.exceptions import ClientError

from dlqctl.aws.errors import denied_action, explain, explained, one_line
from dlqctl.errors import AccessDeniedError, DlqctlError


def answer(
    code: str, message: str = "no", *, status: int = 400, operation: str = "ReceiveMessage"
) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },  # type: ignore[typeddict-item]
        operation,
    )


@pytest.mark.parametrize(
    ("error", "said", "hint"),
    [
        (answer("AccessDenied", status=403), "access denied to sqs:ReceiveMessage", "allow sqs:R"),
        (answer("Strange", status=403), "access denied to sqs:ReceiveMessage", "allow sqs:R"),
        (answer("ExpiredToken", status=403), "the AWS session has expired", "sign in again"),
        (answer("InvalidClientTokenId", status=403), "AWS does not accept these", "AWS_PROFILE"),
        (answer("AWS.SimpleQueueService.NonExistentQueue"), "no such queue", "--region"),
        (answer("KMS.AccessDeniedException"), "the queue's KMS key refused", "kms:Decrypt"),
        (answer("RequestThrottled"), "AWS throttled sqs:ReceiveMessage", "lower --rate"),
        (answer("RequestThrottled", status=403), "AWS throttled", "lower --rate"),
        (answer("Odd", "what\n happened"), "sqs:ReceiveMessage failed (Odd): what happened", None),
        (boto.NoCredentialsError(), "no AWS credentials found", "AWS_PROFILE"),
        (boto.NoRegionError(), "no AWS Region is set", "--region"),
        (boto.ProfileNotFound(profile="x"), "The config profile (x)", "list-profiles"),
        (boto.EndpointConnectionError(endpoint_url="http://x"), "can't reach AWS", "--endpoint"),
        (boto.ReadTimeoutError(endpoint_url="http://x"), "can't reach AWS", "--endpoint"),
        (boto.UnauthorizedSSOTokenError(), "", "aws sso login"),
        (boto.DataNotFoundError(data_path="x"), "", None),
    ],
)
def test_each_error_is_one_line_with_a_hint(
    error: ClientError | boto.BotoCoreError, said: str, hint: str | None
) -> None:
    told = explain(error)
    assert told.message.startswith(said)
    assert "\n" not in told.message
    if hint is None:
        assert told.hint is None
    else:
        assert told.hint
        assert hint in told.hint


@pytest.mark.parametrize(
    ("operation", "message", "action"),
    [
        ("SendMessageBatch", "", "sqs:SendMessage"),
        ("DeleteMessageBatch", "nothing named", "sqs:DeleteMessage"),
        (
            "SendMessageBatch",
            "User: u is not authorized to perform: sqs:sendmessage on resource: r",
            "sqs:SendMessage",
        ),
        (
            "ReceiveMessage",
            "User: u is not authorized to perform: kms:Decrypt on resource: k",
            "kms:Decrypt",
        ),
        ("GetQueueUrl", "Access to the resource x is denied.", "sqs:GetQueueUrl"),
    ],
)
def test_the_iam_action_is_named_as_policies_write_it(
    operation: str, message: str, action: str
) -> None:
    error = answer("AccessDenied", message, status=403, operation=operation)
    assert denied_action(error, service="sqs") == action
    told = explain(error)
    assert isinstance(told, AccessDeniedError)
    assert told.action == action


def test_the_block_raises_what_a_person_can_act_on() -> None:
    def call() -> None:
        with explained(service="lambda"):
            raise answer("AccessDeniedException", status=403, operation="ListFunctions")

    with pytest.raises(DlqctlError, match="access denied to lambda:ListFunctions"):
        call()


def test_long_messages_are_cut() -> None:
    assert one_line("a\n\tb") == "a b"
    assert len(one_line("x" * 1000)) == 500
    assert one_line("x" * 1000).endswith("…")
