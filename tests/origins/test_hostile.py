"""Bodies made to break a reader: too large or too ugly to keep on file."""

import json

import pytest

from dlqctl import origins
from dlqctl.letters import DeadLetter
from dlqctl.record import record_document
from tests.origins.corpus import QUEUE_ARN

MEBIBYTE = 1_048_576
POINTER = {"requestContext": {"functionArn": "f"}, "KinesisBatchInfo": {"batchSize": 1}}

BODIES = {
    "spaces": " " * MEBIBYTE,
    "brackets": "[" * MEBIBYTE,
    "braces": '{"a":' * (MEBIBYTE // 5),
    "balanced": "[" * 500_000 + "]" * 500_000,
    "deep-in-a-batch": json.dumps(POINTER)[:-1] + ', "x": ' + "[" * 900 + "]" * 900 + "}",
    "one-string": json.dumps({"Message": "x" * MEBIBYTE}),
    "digits": "9" * MEBIBYTE,
    "digits-inside": '{"n": ' + "9" * 5000 + "}",
    "exponent": '{"n": 1e' + "9" * 5000 + "}",
    "backslashes": '"' + "\\" * MEBIBYTE,
    "not-a-number": "[NaN, Infinity, -Infinity]",
    "nul": "\0" * 1000,
    "lone-surrogates": '{"requestContext": {"functionArn": "\\ud800"}, "KinesisBatchInfo": {}}',
    "byte-order-mark": "\ufeff{}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_hostile_body_is_decoded_and_printed(body: str) -> None:
    record = origins.decode(DeadLetter("m", QUEUE_ARN, body))
    origins.route(record)
    document = record_document(record)
    assert document["body_text"] == body
    json.dumps(document, allow_nan=False, indent=2)


def test_what_was_parsed_can_be_printed_from_deeper_in_the_stack() -> None:
    body = "[" * 900 + "]" * 900
    document = record_document(origins.decode(DeadLetter("m", QUEUE_ARN, body)))

    def print_below(frames: int) -> str:
        return print_below(frames - 1) if frames else json.dumps(document, indent=2)

    assert print_below(200)


def test_a_large_ordinary_body_is_parsed() -> None:
    body = json.dumps({"rows": [{"id": number, "tags": ["a", "b"]} for number in range(10_000)]})
    document = record_document(origins.decode(DeadLetter("m", QUEUE_ARN, body)))
    assert document["body"] == json.loads(body)
