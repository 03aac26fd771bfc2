"""Peeling SNS notifications and S3 pointers."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlqctl.envelopes import MAX_ENVELOPES, Opened, is_notification, open_letter
from dlqctl.letters import DeadLetter, S3Pointer
from tests.origins.corpus import QUEUE_ARN
from tests.origins.letter_strategies import bodies, json_values

CLASS = "software.amazon.payloadoffloading.PayloadS3Pointer"
LEGACY_CLASS = "com.amazon.sqs.javamessaging.MessageS3Pointer"


def opened(body: str) -> Opened:
    return open_letter(DeadLetter("m", QUEUE_ARN, body))


def notification(message: str, topic: str = "arn:aws:sns:eu-west-1:111122223333:t") -> str:
    return json.dumps({"Type": "Notification", "TopicArn": topic, "Message": message})


def pointer(name: str = CLASS, **fields: object) -> str:
    return json.dumps([name, {"s3BucketName": "b", "s3Key": "k", **fields}])


@given(json_values)
@settings(max_examples=100, deadline=None)
def test_a_body_without_envelopes_is_its_own_document(value: object) -> None:
    result = opened(json.dumps({"order": value}))
    assert result.envelope == ()
    assert result.document == {"order": value}
    assert result.notification is None
    assert result.s3_pointer is None


def test_a_notification_is_peeled_to_its_message() -> None:
    result = opened(notification('{"a": 1}'))
    assert result.envelope == ("sns",)
    assert result.document == {"a": 1}


def test_a_message_that_is_not_json_leaves_no_document() -> None:
    result = opened(notification("plain"))
    assert result.envelope == ("sns",)
    assert result.document is None
    assert is_notification(result.notification)


@pytest.mark.parametrize("name", [CLASS, LEGACY_CLASS])
def test_an_s3_pointer_is_named_and_not_followed(name: str) -> None:
    result = opened(pointer(name))
    assert result.envelope == ("s3",)
    assert result.s3_pointer == S3Pointer("b", "k")


def test_an_s3_pointer_in_a_notification_is_two_envelopes() -> None:
    result = opened(notification(pointer()))
    assert result.envelope == ("sns", "s3")
    assert result.s3_pointer == S3Pointer("b", "k")


def test_the_outermost_notification_is_kept() -> None:
    result = opened(notification(notification("{}", topic="inner"), topic="outer"))
    assert result.envelope == ("sns", "sns")
    assert result.notification is not None
    assert json.dumps(result.notification).count("outer") == 1


def test_peeling_stops_at_two() -> None:
    body = "{}"
    for _ in range(MAX_ENVELOPES + 1):
        body = notification(body)
    result = opened(body)
    assert result.envelope == ("sns", "sns")
    assert is_notification(result.document)


@pytest.mark.parametrize(
    "body",
    [
        pointer("some.other.Class"),
        pointer(s3Key=None),
        pointer(s3BucketName=["b"]),
        json.dumps([CLASS]),
        json.dumps([CLASS, {"s3BucketName": "b", "s3Key": "k"}, 3]),
        json.dumps({"Type": "Notification", "Message": "no topic"}),
        json.dumps({"Type": "Notification", "TopicArn": "t", "Message": {"a": 1}}),
        json.dumps({"Type": "SubscriptionConfirmation", "TopicArn": "t", "Message": "m"}),
        json.dumps(notification("{}")),
    ],
)
def test_what_is_nearly_an_envelope_is_left_alone(body: str) -> None:
    assert opened(body).envelope == ()


@given(bodies)
@settings(max_examples=200, deadline=None)
def test_any_body_is_opened(body: str) -> None:
    result = opened(body)
    assert len(result.envelope) <= MAX_ENVELOPES
    assert set(result.envelope) <= {"sns", "s3"}
    assert ("s3" in result.envelope) == (result.s3_pointer is not None)
    assert ("sns" in result.envelope) == (result.notification is not None)


@given(st.integers(min_value=0, max_value=MAX_ENVELOPES), json_values)
@settings(max_examples=50, deadline=None)
def test_wrapping_and_peeling_are_inverse(times: int, value: object) -> None:
    body = json.dumps({"order": value})
    for _ in range(times):
        body = notification(body)
    result = opened(body)
    assert result.document == {"order": value}
    assert result.envelope == ("sns",) * times
