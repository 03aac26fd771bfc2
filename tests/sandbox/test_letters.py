"""The seeded letters are what dlqctl's own origins take them for."""

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from dlqctl.letters import DeadLetter, FailureRecord, MessageAttribute
from dlqctl.origins import decode
from dlqctl.sandbox.queues import queue_arn
from tests.sandbox.conftest import Seeded

ORIGINS = {
    "mixed-dlq": {"sqs": 9},
    "payments-dlq.fifo": {"sqs": 9},
    "stream-failures": {"lambda-stream": 6, "pipes": 1, "kafka": 1},
    "async-failures": {"lambda-destination": 4, "lambda-dlq": 3},
    "events-dlq": {"eventbridge": 4, "eventbridge-bus": 1, "scheduler": 2},
    "notifications-dlq": {"sns": 2, "unknown": 1},
}


def records(seeded: Seeded, queue: str) -> list[FailureRecord]:
    sqs = seeded.shop.clients.sqs
    messages = sqs.receive_message(
        QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"],
        MaxNumberOfMessages=10,
        VisibilityTimeout=0,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
    )["Messages"]
    return [decode(_letter(queue, message)) for message in messages]


def _letter(queue: str, message: Any) -> DeadLetter:
    system = message["Attributes"]
    return DeadLetter(
        message_id=message["MessageId"],
        queue_arn=queue_arn(queue),
        body=message["Body"],
        attributes={
            name: MessageAttribute(value["DataType"], value["StringValue"])
            for name, value in message.get("MessageAttributes", {}).items()
        },
        source_queue_arn=system.get("DeadLetterQueueSourceArn"),
        group_id=system.get("MessageGroupId"),
    )


@pytest.mark.parametrize(("queue", "origins"), ORIGINS.items())
def test_every_letter_is_of_the_origin_it_was_seeded_for(
    seeded: Seeded, queue: str, origins: dict[str, int]
) -> None:
    assert Counter(record.origin for record in records(seeded, queue)) == origins


def test_a_shared_dlq_holds_letters_of_two_sources(seeded: Seeded) -> None:
    sources = Counter(record.source for record in records(seeded, "mixed-dlq"))
    assert sources == {queue_arn("emails"): 5, queue_arn("refunds"): 4}


def test_the_large_payload_is_where_its_pointer_says(seeded: Seeded) -> None:
    pointers = [r.s3_pointer for r in records(seeded, "mixed-dlq") if r.s3_pointer]
    assert len(pointers) == 1
    found = seeded.shop.clients.s3.get_object(Bucket=pointers[0].bucket, Key=pointers[0].key)
    assert found["ContentLength"] > 50_000


def test_groups_of_payments_died_in_order(seeded: Seeded) -> None:
    groups: dict[str | None, list[str]] = {}
    for record in records(seeded, "payments-dlq.fifo"):
        groups.setdefault(record.letter.group_id, []).append(record.letter.body)
    assert len(groups) == 3
    for bodies in groups.values():
        assert all(earlier < later for earlier, later in pairwise(bodies))


def test_hostile_letters_carry_what_sqs_allows(seeded: Seeded) -> None:
    bodies = [record.letter.body for record in records(seeded, "mixed-dlq")]
    assert any("\x9b" in body and "\u202e" in body for body in bodies)
    assert any("\\u001b[2J" in body and "[bold red]" in body for body in bodies)


def test_pointers_overlap_as_those_of_retried_batches_do(seeded: Seeded) -> None:
    enveloped = [r for r in records(seeded, "stream-failures") if r.envelope == ("sns",)]
    assert len(enveloped) == 1
    assert enveloped[0].pointer is not None
