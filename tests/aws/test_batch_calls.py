"""The cheap calls: signed as botocore signs, answered as botocore answers, no braver than it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionClosedError
from hypothesis import given
from hypothesis import strategies as st

from dlqctl.aws.batch_calls import BatchCalls, Scope, authorize
from dlqctl.aws.session import AwsOptions, AwsSession
from tests.fakes.sqs import Fault
from tests.fakes.sqs_server import FakeSqsServer

ENTRY = {
    "Id": "0",
    "MessageBody": 'caf\u00e9 \U0001f600 {"order": 1}',
    "MessageAttributes": {
        "kind": {"DataType": "String.enum", "StringValue": "retry"},
        "attempt": {"DataType": "Number", "StringValue": "3"},
        "seal": {"DataType": "Binary.gzip", "BinaryValue": b"\x00\xff\x10"},
    },
}


@pytest.fixture
def session(fake_sqs: FakeSqsServer, monkeypatch: pytest.MonkeyPatch) -> AwsSession:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret/of+theirs")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-token")
    return AwsSession(AwsOptions(region="us-east-1", endpoint_url=fake_sqs.url))


@pytest.fixture
def url(session: AwsSession) -> str:
    found: str = session.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
    return found


class Requests:
    """What a client has sent: by botocore, and past it."""

    def __init__(self, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.all: list[Any] = []
        self.by_botocore: list[Any] = []
        connections = client._endpoint.http_session
        send = connections.send

        def noted(request: Any) -> Any:
            self.all.append(request)
            return send(request)

        monkeypatch.setattr(connections, "send", noted)
        client.meta.events.register("before-send.sqs", self._note)

    def _note(self, request: Any, **_event: object) -> None:
        self.by_botocore.append(request)


@pytest.fixture
def calls(session: AwsSession) -> BatchCalls:
    return BatchCalls(session.client("sqs"), session.credentials)


@pytest.fixture
def once(session: AwsSession, url: str) -> Iterator[BatchCalls]:
    """Calls are made once; the first one, which botocore makes, lies behind."""
    client = BatchCalls(session.client("sqs", retry=False), session.credentials, repeat=False)
    client.send_message_batch(QueueUrl=url, Entries=[{"Id": "0", "MessageBody": "first"}])
    return client


# ── the signature ──

HEADER_TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)


@given(
    body=st.binary(max_size=200),
    token=st.none() | HEADER_TEXT,
    secret=HEADER_TEXT,
    headers=st.dictionaries(st.sampled_from(["content-type", "x-amzn-query-mode"]), HEADER_TEXT),
    url=st.sampled_from(
        ["https://sqs.eu-west-1.amazonaws.com/", "http://127.0.0.1:4566", "https://proxy/sqs/"]
    ),
)
def test_it_signs_as_botocore_does(
    body: bytes, token: str | None, secret: str, headers: dict[str, str], url: str
) -> None:
    credentials = Credentials("AKIDEXAMPLE", secret, token)
    request = AWSRequest("POST", url, headers=dict(headers), data=body)
    SigV4Auth(credentials, "sqs", "eu-west-1").add_auth(request)
    signed = {name.lower(): value for name, value in request.headers.items()}
    theirs = signed.pop("authorization")
    signed["host"] = request.url.split("/")[2]

    ours = authorize(request.url, signed, body, credentials, Scope("eu-west-1", "sqs"))

    assert ours == theirs


# ── who makes the call ──


def test_botocore_makes_the_first_call_and_no_other(
    calls: BatchCalls, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = Requests(calls._client, monkeypatch)
    for _ in range(3):
        calls.send_message_batch(QueueUrl=url, Entries=[ENTRY])
    assert (len(requests.by_botocore), len(requests.all)) == (1, 3)
    first, *others = (
        {name.lower(): value for name, value in request.headers.items()} for request in requests.all
    )
    told_of_retries = {"amz-sdk-request", "amz-sdk-invocation-id"}
    for headers in others:
        # Botocore leaves the host to http.client.
        assert headers.keys() == first.keys() - told_of_retries | {"host"}
        assert headers["user-agent"] == first["user-agent"].decode()
        assert headers["x-amz-security-token"] == "a-token"


def test_a_renewed_token_is_used(
    session: AwsSession, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = session.credentials
    calls = BatchCalls(session.client("sqs"), credentials)
    requests = Requests(calls._client, monkeypatch)
    calls.send_message_batch(QueueUrl=url, Entries=[ENTRY])
    credentials.token = "a-newer-token"
    calls.send_message_batch(QueueUrl=url, Entries=[ENTRY])
    assert requests.all[-1].headers["x-amz-security-token"] == "a-newer-token"


def test_nothing_is_learnt_from_a_signature_that_is_not_understood(
    session: AwsSession, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = Credentials("AKIDEXAMPLE", "another secret", "a-token")
    calls = BatchCalls(session.client("sqs"), others)
    requests = Requests(calls._client, monkeypatch)
    for _ in range(2):
        assert calls.send_message_batch(QueueUrl=url, Entries=[ENTRY])["Successful"]
    assert len(requests.by_botocore) == len(requests.all) == 2


def test_without_credentials_botocore_says_so(session: AwsSession, url: str) -> None:
    calls = BatchCalls(session.client("sqs"), None)
    for _ in range(2):
        assert calls.send_message_batch(QueueUrl=url, Entries=[ENTRY])["Successful"]


# ── the same answers ──


def test_answers_are_those_of_botocore(
    session: AwsSession, calls: BatchCalls, url: str, fake_sqs: FakeSqsServer
) -> None:
    asked = {
        "QueueUrl": url,
        "MaxNumberOfMessages": 10,
        "VisibilityTimeout": 30,
        "MessageSystemAttributeNames": ["All"],
        "MessageAttributeNames": ["All"],
    }
    client = session.client("sqs")
    calls.receive_message(**asked)
    answers = []
    for receive, send, hide, delete in (
        (
            client.receive_message,
            client.send_message_batch,
            client.change_message_visibility_batch,
            client.delete_message_batch,
        ),
        (
            calls.receive_message,
            calls.send_message_batch,
            calls.change_message_visibility_batch,
            calls.delete_message_batch,
        ),
    ):
        sent = send(QueueUrl=url, Entries=[ENTRY])
        (message,) = (received := receive(**asked))["Messages"]
        handle = message["ReceiptHandle"]
        entries = [{"Id": "0", "ReceiptHandle": handle}, {"Id": "1", "ReceiptHandle": "nonsense"}]
        hidden = hide(
            QueueUrl=url, Entries=[{**entry, "VisibilityTimeout": 60} for entry in entries]
        )
        deleted = delete(QueueUrl=url, Entries=entries)
        answers.append([sent, received, hidden, deleted, receive(**asked)])
    assert _comparable(answers[0]) == _comparable(answers[1])
    assert fake_sqs.sqs.bodies("orders") == []


def _comparable(answers: list[Any]) -> list[Any]:
    """Without what differs from message to message."""
    own = {"MessageId", "ReceiptHandle", "ResponseMetadata"}
    times = {"SentTimestamp", "ApproximateFirstReceiveTimestamp"}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items() if k not in own | times}
        return [plain(v) for v in value] if isinstance(value, list) else value

    return [plain(answer) for answer in answers]


# ── trouble ──


def test_a_throttled_receive_is_left_to_botocore_and_its_retries(
    calls: BatchCalls, url: str, fake_sqs: FakeSqsServer
) -> None:
    calls.send_message_batch(QueueUrl=url, Entries=[ENTRY])
    fake_sqs.sqs.faults.add(Fault.throttled("ReceiveMessage", times=2))
    assert len(calls.receive_message(QueueUrl=url)["Messages"]) == 1


def test_a_broken_connection_while_deleting_is_left_to_botocore(
    calls: BatchCalls, url: str, fake_sqs: FakeSqsServer
) -> None:
    calls.send_message_batch(QueueUrl=url, Entries=[ENTRY])
    (message,) = calls.receive_message(QueueUrl=url)["Messages"]
    fake_sqs.sqs.faults.add(Fault.lose_answer("DeleteMessageBatch"))
    entries = [{"Id": "0", "ReceiptHandle": message["ReceiptHandle"]}]
    assert calls.delete_message_batch(QueueUrl=url, Entries=entries)["Successful"]
    assert fake_sqs.sqs.bodies("orders") == []


def test_a_send_whose_answer_is_lost_is_not_repeated(
    once: BatchCalls, url: str, fake_sqs: FakeSqsServer
) -> None:
    fake_sqs.sqs.faults.add(Fault.lose_answer("SendMessageBatch"))
    with pytest.raises(ConnectionClosedError):
        once.send_message_batch(QueueUrl=url, Entries=[ENTRY])
    assert fake_sqs.sqs.bodies("orders") == ["first", ENTRY["MessageBody"]]


@pytest.mark.parametrize(
    "fault",
    [
        Fault.throttled("SendMessageBatch", times=2),
        Fault.access_denied("SendMessageBatch"),
        Fault.expired_token("SendMessageBatch"),
        Fault.lose_answer("SendMessageBatch", status=500, times=2),
    ],
    ids=lambda fault: fault.code or fault.effect,
)
def test_a_refused_send_is_the_error_that_botocore_raises(
    session: AwsSession, once: BatchCalls, url: str, fake_sqs: FakeSqsServer, fault: Fault
) -> None:
    fake_sqs.sqs.faults.add(fault)
    errors = []
    for send in (
        once.send_message_batch,
        session.client("sqs", retry=False).send_message_batch,
    ):
        with pytest.raises(ClientError) as raised:
            send(QueueUrl=url, Entries=[ENTRY])
        errors.append(raised.value)
    ours, theirs = errors
    assert ours.response["Error"] == theirs.response["Error"]
    assert ours.operation_name == theirs.operation_name
    statuses = [error.response["ResponseMetadata"]["HTTPStatusCode"] for error in errors]
    assert statuses[0] == statuses[1] >= 400


def test_an_unknown_queue_is_named_as_botocore_names_it(
    session: AwsSession, once: BatchCalls, url: str
) -> None:
    codes = []
    for send in (once.send_message_batch, session.client("sqs").send_message_batch):
        with pytest.raises(ClientError) as raised:
            send(QueueUrl=url + "-gone", Entries=[ENTRY])
        codes.append(raised.value.response["Error"]["Code"])
    assert codes[0] == codes[1]
