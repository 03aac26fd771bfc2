"""The order function: fulfils orders, their amounts kept in the currency's minor unit."""

import json
import os
import traceback
from decimal import Decimal
from typing import Any

import boto3

RELEASE = "2.0.1"
MINOR_UNIT_DIGITS = {"EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3, "USD": 2}

sqs = boto3.client("sqs")
dynamodb = boto3.client("dynamodb")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Fulfil a batch of orders; report those that failed, each by itself."""
    failures = []
    for record in event["Records"]:
        try:
            fulfil(json.loads(record["body"]))
        except (KeyError, ValueError):
            traceback.print_exc()
            failures.append({"itemIdentifier": record["messageId"]})
            try_again_soon(record)
    return {"batchItemFailures": failures}


def fulfil(order: dict[str, Any]) -> None:
    digits = MINOR_UNIT_DIGITS[order["currency"]]
    due = order["total_minor"] if "total_minor" in order else in_minor_units(order, digits)
    dynamodb.update_item(
        TableName=os.environ["FULFILLED_TABLE"],
        Key={"order_id": {"S": order["order_id"]}},
        UpdateExpression="SET due = :due, digits = :digits, #r = :release ADD times_fulfilled :one",
        ExpressionAttributeNames={"#r": "release"},
        ExpressionAttributeValues={
            ":due": {"N": str(due)},
            ":digits": {"N": str(digits)},
            ":release": {"S": RELEASE},
            ":one": {"N": "1"},
        },
    )


def in_minor_units(order: dict[str, Any], digits: int) -> int:
    """What an older kiosk calls `total`, a decimal in major units."""
    return int(Decimal(order["total"]).scaleb(digits))


def try_again_soon(record: dict[str, Any]) -> None:
    """Give a failed message back in a second, not when its visibility timeout ends."""
    sqs.change_message_visibility(
        QueueUrl=os.environ["ORDERS_QUEUE_URL"],
        ReceiptHandle=record["receiptHandle"],
        VisibilityTimeout=1,
    )
