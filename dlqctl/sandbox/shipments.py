"""The story on a stream: parcels that scanners report, and a function that could not weigh some.

Records and sequence numbers are real. The pointers are written by hand, in AWS's shape: the
sandbox's mappings write none. For the same reason what has expired is a number older than any
that the shard has.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from importlib import resources
from typing import TYPE_CHECKING

from dlqctl.errors import DlqctlError
from dlqctl.sandbox.functions import create_function, zipped
from dlqctl.sandbox.queues import queue_arn
from dlqctl.sandbox.server import ACCOUNT_ID, REGION

if TYPE_CHECKING:
    from dlqctl.sandbox.clients import Clients

STREAM = "shipments"
STREAM_ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT_ID}:stream/{STREAM}"
FUNCTION = "track-shipments"
TRACKED_TABLE = "tracked-shipments"
PARCELS = 24
EXPIRED_SPAN = 10**18
_PATIENCE_SECONDS = 30.0
_LOOK_AGAIN_SECONDS = 0.05


class ShipmentRelease(Enum):
    """A release of the shipment function, by the module that holds it."""

    BROKEN = "shipments_1_4_0"
    FIXED = "shipments_1_4_1"

    @property
    def version(self) -> str:
        return self.value.removeprefix("shipments_").replace("_", ".")

    @property
    def source(self) -> str:
        """The function's code."""
        package = resources.files("dlqctl.sandbox.releases")
        return package.joinpath(f"{self.value}.py").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Batch:
    """The place of some consecutive records of one shard."""

    shard_id: str
    start: str
    end: str
    count: int
    arrived_at: datetime


@dataclass(frozen=True)
class Shipments:
    """The stream, its function and its table in a sandbox."""

    clients: Clients

    def open(self, *, failures_queue: str) -> None:
        """Set up the stream, the broken function, and the mapping (disabled) between them."""
        self.clients.kinesis.create_stream(StreamName=STREAM, ShardCount=1)
        self.clients.dynamodb.create_table(
            TableName=TRACKED_TABLE,
            AttributeDefinitions=[{"AttributeName": "parcel", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "parcel", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        create_function(
            self.clients,
            FUNCTION,
            source=ShipmentRelease.BROKEN.source,
            variables={"TRACKED_TABLE": TRACKED_TABLE},
        )
        self.clients.functions.create_event_source_mapping(
            EventSourceArn=STREAM_ARN,
            FunctionName=FUNCTION,
            StartingPosition="TRIM_HORIZON",
            Enabled=False,
            MaximumRetryAttempts=3,
            DestinationConfig={"OnFailure": {"Destination": queue_arn(failures_queue)}},
        )

    def scan_parcels(self) -> list[tuple[str, str]]:
        """Put a record for each parcel; their shards and sequence numbers, in order."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._status() != "ACTIVE":
            if time.monotonic() > deadline:
                raise DlqctlError("the sandbox's stream did not become active")
            time.sleep(_LOOK_AGAIN_SECONDS)
        answer = self.clients.kinesis.put_records(
            StreamARN=STREAM_ARN,
            Records=[
                {"Data": json.dumps(parcel).encode(), "PartitionKey": str(parcel["parcel"])}
                for parcel in map(_parcel, range(PARCELS))
            ],
        )
        return [(record["ShardId"], record["SequenceNumber"]) for record in answer["Records"]]

    def _status(self) -> str:
        summary = self.clients.kinesis.describe_stream_summary(StreamARN=STREAM_ARN)
        return summary["StreamDescriptionSummary"]["StreamStatus"]

    def deploy(self, release: ShipmentRelease) -> None:
        """Replace the function's code and wait until Lambda says it is in use."""
        self.clients.functions.update_function_code(
            FunctionName=FUNCTION, ZipFile=zipped(release.source)
        )
        self.clients.functions.get_waiter("function_updated_v2").wait(
            FunctionName=FUNCTION, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )

    def times_tracked(self) -> dict[str, int]:
        """How often the function succeeded on each parcel."""
        rows = self.clients.dynamodb.scan(TableName=TRACKED_TABLE, ConsistentRead=True)["Items"]
        return {row["parcel"]["S"]: int(row["times_tracked"]["N"]) for row in rows}


def batch(records: list[tuple[str, str]], first: int, count: int) -> Batch:
    """The place of `count` of these records, from number `first` on."""
    (shard_id, start), (_, end) = records[first], records[first + count - 1]
    return Batch(shard_id, start, end, count, datetime.now(UTC))


def expired_batch(records: list[tuple[str, str]], *, hours_ago: int) -> Batch:
    """A place in the same shard that no record is at any more."""
    shard_id, oldest = records[0]
    numbers = (int(oldest) - EXPIRED_SPAN, int(oldest) - EXPIRED_SPAN // 2)
    start, end = (str(number).zfill(len(oldest)) for number in numbers)
    return Batch(shard_id, start, end, 2, datetime.now(UTC) - timedelta(hours=hours_ago))


def parcel_name(number: int) -> str:
    """The parcel that the record of this number reports."""
    return f"P-{2000 + number}"


def _parcel(number: int) -> dict[str, object]:
    """Newer scanners, one in four, weigh in grams: the broken release can't read those."""
    scan: dict[str, object] = {"parcel": parcel_name(number), "depot": ("LEJ", "CDG")[number % 2]}
    if number % 4 == 0:
        return scan | {"scanner": "S3", "weight_g": 800 + 25 * number}
    return scan | {"scanner": "S2", "weight_kg": round(0.8 + number / 40, 3)}
