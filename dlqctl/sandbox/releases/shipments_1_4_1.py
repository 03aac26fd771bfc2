"""The shipment function: tracks parcels as scanners report them on a stream."""

import json
import os
from base64 import b64decode
from typing import Any

import boto3

RELEASE = "1.4.1"

dynamodb = boto3.client("dynamodb")


def handler(event: dict[str, Any], _context: object) -> None:
    """Track a batch of parcels: all of them, or none."""
    scans = [json.loads(b64decode(record["kinesis"]["data"])) for record in event["Records"]]
    for parcel, grams in [(scan["parcel"], weight_grams(scan)) for scan in scans]:
        track(parcel, grams)


def weight_grams(scan: dict[str, Any]) -> int:
    grams = scan["weight_g"] if "weight_g" in scan else 1000 * scan["weight_kg"]
    return int(grams)


def track(parcel: str, grams: int) -> None:
    dynamodb.update_item(
        TableName=os.environ["TRACKED_TABLE"],
        Key={"parcel": {"S": parcel}},
        UpdateExpression="SET grams = :grams, #r = :release ADD times_tracked :one",
        ExpressionAttributeNames={"#r": "release"},
        ExpressionAttributeValues={
            ":grams": {"N": str(grams)},
            ":release": {"S": RELEASE},
            ":one": {"N": "1"},
        },
    )
