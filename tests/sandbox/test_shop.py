import json
from typing import Any

import pytest

from dlqctl.sandbox.queues import queue_arn
from dlqctl.sandbox.shop import (
    FULFILLED_TABLE,
    MAX_RECEIVE_COUNT,
    ORDERS_DLQ,
    ORDERS_QUEUE,
    Release,
    Shop,
    all_orders,
    doomed,
)
from tests.sandbox.conftest import Seeded

DOOMED = {order["order_id"] for order in all_orders() if doomed(order)}


def receive_all(shop: Shop, queue: str) -> list[Any]:
    """Everything visible on the queue, in flight from now on."""
    sqs = shop.clients.sqs
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    received: list[Any] = []
    while messages := sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
    ).get("Messages"):
        received += messages
    return received


@pytest.mark.parametrize("field", ["currency", "channel"])
def test_orders_die_of_more_than_one_cause(field: str) -> None:
    assert len({order[field] for order in all_orders() if doomed(order)}) > 1


def test_the_story_comes_true(seeded: Seeded) -> None:
    """In one test because it is one story: death by bad release, fix, redrive, life."""
    shop = seeded.shop
    before = shop.state()
    assert before.dead_letters.total == len(DOOMED)
    assert before.times_fulfilled == {
        order["order_id"]: 1 for order in all_orders() if order["order_id"] not in DOOMED
    }

    dead = receive_all(shop, ORDERS_DLQ)
    assert {json.loads(message["Body"])["order_id"] for message in dead} == DOOMED
    for message in dead:
        attributes = message["Attributes"]
        assert attributes["DeadLetterQueueSourceArn"] == queue_arn(ORDERS_QUEUE)
        assert int(attributes["ApproximateReceiveCount"]) == MAX_RECEIVE_COUNT + 1
        assert set(message["MessageAttributes"]) == {"channel", "schema_version"}

    shop.deploy(Release.FIXED)
    sqs = shop.clients.sqs
    for message in dead:
        sqs.send_message(
            QueueUrl=sqs.get_queue_url(QueueName=ORDERS_QUEUE)["QueueUrl"],
            MessageBody=message["Body"],
            MessageAttributes=message["MessageAttributes"],
        )
        sqs.delete_message(
            QueueUrl=sqs.get_queue_url(QueueName=ORDERS_DLQ)["QueueUrl"],
            ReceiptHandle=message["ReceiptHandle"],
        )
    after = shop.wait_until(lambda state: state.at_rest)
    assert after.dead_letters.total == 0
    assert after.every_order_fulfilled_once
    rows = shop.clients.dynamodb.scan(TableName=FULFILLED_TABLE)["Items"]
    by_fix = {row["order_id"]["S"] for row in rows if row["release"]["S"] == Release.FIXED.version}
    assert by_fix == DOOMED
