"""What boto3 answers and raises, as the collector gets to see it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber

from dlqctl.audit.facts import Matches, Unknown
from dlqctl.aws.account import AwsAccount
from dlqctl.aws.session import AwsOptions, AwsSession
from dlqctl.errors import DlqctlError


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> AwsAccount:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    return AwsAccount(AwsSession(AwsOptions()))


def stubbed(account: AwsAccount, service: str) -> Stubber:
    stub = Stubber(account._client(service))
    stub.activate()
    return stub


def refusal(account: AwsAccount, code: str, *, status: int = 400, message: str = "no") -> Any:
    stub = stubbed(account, "lambda")
    stub.add_client_error("get_policy", code, message, http_status_code=status)
    return account.ask("lambda:GetPolicy", {"FunctionName": "f"})


def test_an_answer(account: AwsAccount) -> None:
    stubbed(account, "lambda").add_response("get_policy", {"Policy": "{}"}, {"FunctionName": "f"})
    answer = account.ask("lambda:GetPolicy", {"FunctionName": "f"})
    assert not isinstance(answer, Unknown)
    assert answer is not None
    assert answer["Policy"] == "{}"


@pytest.mark.parametrize("code", ["AccessDeniedException", "AccessDenied", "AuthorizationError"])
def test_denied_names_the_action(account: AwsAccount, code: str) -> None:
    answer = refusal(account, code, status=403)
    assert answer == Unknown("access denied to lambda:GetPolicy", action="lambda:GetPolicy")


@pytest.mark.parametrize(
    "code",
    [
        "ResourceNotFoundException",
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
        "NotFound",
        "NotFoundException",
        "StateMachineDoesNotExist",
        "ApplicationDoesNotExistException",
    ],
)
def test_what_is_gone_is_none(account: AwsAccount, code: str) -> None:
    assert refusal(account, code) is None


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("UnknownOperationException", 400),
        ("InvalidAction", 400),
        ("NotImplemented", 501),
        ("404", 404),
        ("400", 400),
    ],
)
def test_what_an_emulator_lacks_is_asked_for_once(
    account: AwsAccount, code: str, status: int
) -> None:
    first = refusal(account, code, status=status)
    assert isinstance(first, Unknown)
    assert first.action is None
    assert "not supported here" in first.why
    # A second call would find no stubbed answer.
    assert account.ask("lambda:GetPolicy", {"FunctionName": "g"}) == first
    assert account.pages("lambda:GetPolicy", {}, results=["x"]) == Matches((), first)


def test_throttled_in_the_end_says_so(account: AwsAccount) -> None:
    stub = stubbed(account, "lambda")
    stub.add_client_error("get_policy", "TooManyRequestsException", "slow", http_status_code=429)
    # The stub answers before botocore's retries could.
    answer = account.ask("lambda:GetPolicy", {"FunctionName": "f"})
    assert isinstance(answer, Unknown)
    assert "throttled lambda:GetPolicy" in answer.why


def test_any_other_refusal_is_told(account: AwsAccount) -> None:
    answer = refusal(account, "ServiceException", message="it\nbroke")
    assert isinstance(answer, Unknown)
    assert "ServiceException" in answer.why
    assert "\n" not in answer.why


@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException"])
def test_credentials_that_do_not_work_end_the_audit(account: AwsAccount, code: str) -> None:
    with pytest.raises(DlqctlError):
        refusal(account, code, status=403)


def test_every_page(account: AwsAccount) -> None:
    stub = stubbed(account, "sqs")
    stub.add_response("list_queues", {"QueueUrls": ["a"], "NextToken": "t"}, {"MaxResults": 1000})
    stub.add_response("list_queues", {"QueueUrls": ["b"]}, {"MaxResults": 1000, "NextToken": "t"})
    assert account.pages("sqs:ListQueues", {}, results=["QueueUrls"]) == Matches(("a", "b"))


def test_every_page_where_boto3_has_no_paginator(account: AwsAccount) -> None:
    stub = stubbed(account, "events")
    stub.add_response("list_event_buses", {"EventBuses": [{"Name": "a"}], "NextToken": "t"}, {})
    stub.add_response("list_event_buses", {"EventBuses": [{"Name": "b"}]}, {"NextToken": "t"})
    found = account.pages("events:ListEventBuses", {}, results=["EventBuses"])
    assert [one["Name"] for one in found.seen] == ["a", "b"]


def test_pages_that_were_read_stay_when_a_later_one_fails(account: AwsAccount) -> None:
    stub = stubbed(account, "sqs")
    stub.add_response("list_queues", {"QueueUrls": ["a"], "NextToken": "t"})
    stub.add_client_error("list_queues", "AccessDenied", "no", http_status_code=403)
    found = account.pages("sqs:ListQueues", {}, results=["QueueUrls"])
    assert found.seen == ("a",)
    assert found.gap == Unknown("access denied to sqs:ListQueues", action="sqs:ListQueues")


def test_identity(account: AwsAccount) -> None:
    stubbed(account, "sts").add_response(
        "get_caller_identity",
        {"Account": "111122223333", "Arn": "arn:aws-cn:sts::111122223333:assumed-role/a/b"},
    )
    identity = account.identity()
    assert identity.origin == "111122223333/eu-west-1"
    assert identity.arn("sqs", "q") == "arn:aws-cn:sqs:eu-west-1:111122223333:q"


def test_no_identity_ends_the_audit(account: AwsAccount) -> None:
    stub = stubbed(account, "sts")
    stub.add_client_error("get_caller_identity", "InvalidClientTokenId", "no", http_status_code=403)
    with pytest.raises(DlqctlError, match="does not accept"):
        account.identity()


def test_what_is_no_answer_of_aws_is_unknown(
    account: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def garbled(**_: Any) -> Any:
        raise ResponseParserError("not XML")

    monkeypatch.setattr(account._client("lambda"), "get_policy", garbled)
    answer = account.ask("lambda:GetPolicy", {"FunctionName": "f"})
    assert isinstance(answer, Unknown)
    assert "lambda:GetPolicy" in answer.why
