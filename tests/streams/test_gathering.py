"""Letters sorted: pointers, Kafka pointers, those that can't be read and why, all others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlqctl import origins
from dlqctl.letters import DeadLetter
from dlqctl.streams import kafka
from dlqctl.streams.gathering import gather

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:orders:live"
BATCH = {
    "shardId": "shardId-000000000003",
    "startSequenceNumber": "49668899999999999999999999999999999999999999999999999970",
    "endSequenceNumber": "49668899999999999999999999999999999999999999999999999976",
    "approximateArrivalOfFirstRecord": "2026-11-20T10:11:02.001Z",
    "approximateArrivalOfLastRecord": "2026-11-20T10:11:04.120Z",
    "batchSize": 7,
    "streamArn": "arn:aws:kinesis:eu-west-1:111122223333:stream/orders",
}
DOCUMENT: dict[str, Any] = {
    "requestContext": {"functionArn": FUNCTION, "condition": "RetryAttemptsExhausted"},
    "version": "1.0",
    "timestamp": "2026-11-20T10:11:12.345Z",
    "KinesisBatchInfo": BATCH,
}


def body(**changes: Any) -> str:
    return json.dumps({**DOCUMENT, **changes})


def gathered(*bodies: str) -> Any:
    return gather(origins.decode(DeadLetter(f"m{n}", "", one)) for n, one in enumerate(bodies))


def test_each_letter_goes_where_it_belongs() -> None:
    pipe = body(context={"partnerResourceArn": "arn:aws:pipes:…"}, requestContext=None)
    pipe = json.dumps({k: v for k, v in json.loads(pipe).items() if k != "requestContext"})
    found = gathered(body(), pipe, "hello", '{"an": "event"}')
    assert [(one.message_id, one.function_arn) for one in found.batches] == [
        ("m0", FUNCTION),
        ("m1", None),
    ]
    assert dict(found.others) == {"unknown": 2}
    assert found.letters == 4
    assert found.batches[0].event is None


@pytest.mark.parametrize("named", ["orders", "arn:aws:lambda:::function:x", "a b", None, 7])
def test_what_is_no_function_is_never_called(named: object) -> None:
    [one] = gathered(body(requestContext={"functionArn": named})).batches
    assert one.function_arn is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"startSequenceNumber": BATCH["endSequenceNumber"] + "0"}, "it starts at "),
        ({"startSequenceNumber": None}, "startSequenceNumber is missing"),
        ({"endSequenceNumber": "12ab"}, "endSequenceNumber: not a sequence number: '12ab'"),
        ({"shardId": ""}, "shardId is missing"),
        ({"streamArn": None, "shardId": None}, "streamArn is missing; shardId is missing"),
    ],
)
def test_a_pointer_that_cant_be_read_says_why(changes: dict[str, Any], why: str) -> None:
    [one] = gathered(body(KinesisBatchInfo={**BATCH, **changes})).unreadable
    assert why in one.why


def test_a_body_that_was_cut_off_is_recognised() -> None:
    [one] = gathered(body()[:-40]).unreadable
    assert one.why.startswith("the body is not JSON: cut off after ")


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    assert gathered(text).letters == 1


def test_kafka_pointers_become_commands() -> None:
    offsets = {"firstRecordOffset": "88012", "lastRecordOffset": "88019"}
    batch = {
        "batchSize": 8,
        "eventSourceArn": "arn:aws:kafka:eu-west-1:111122223333:cluster/c/x",
        "bootstrapServers": "b-1.example.com:9098,b-2.example.com:9098",
        "recordsInfo": {"shop-clicks-4": offsets, "shop-clicks-5": {"firstRecordOffset": 7}},
    }
    document = {**DOCUMENT, "KafkaBatchInfo": batch}
    del document["KinesisBatchInfo"]
    [topics] = gathered(json.dumps(document)).topics
    first, second = kafka.documents(topics)
    assert first["command"] == (
        "kcat -C -e -b b-1.example.com:9098,b-2.example.com:9098 -t shop-clicks -p 4 -o 88012 -c 8"
    )
    assert first["topic"] == "shop-clicks"
    assert second["command"].endswith("-p 5 -o 7 -c COUNT")


def test_what_a_pointer_says_never_becomes_a_shell_command() -> None:
    batch = {
        "bootstrapServers": "b:9098; rm -rf ~",
        "recordsInfo": {"$(reboot)-4": {"firstRecordOffset": 1, "lastRecordOffset": 1}},
    }
    document = {**DOCUMENT, "KafkaBatchInfo": batch}
    del document["KinesisBatchInfo"]
    [topics] = gathered(json.dumps(document)).topics
    [one] = kafka.documents(topics)
    assert one["command"] == "kcat -C -e -b BOOTSTRAP_SERVERS -t TOPIC -p 4 -o 1 -c 1"
