"""What the fake promises of Kinesis and DynamoDB Streams, held against two emulators.

Where an emulator is known to differ from AWS it is left out of that check, with the reason.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from dlqctl.aws.session import AwsOptions
from dlqctl.aws.streams import StreamApis
from dlqctl.streams.fetch import Fetch, ShardOutcome, ShardWork
from dlqctl.streams.pacing import Timing
from dlqctl.streams.pages import StreamFacts
from dlqctl.streams.ranges import FailedBatch, shard_plans
from dlqctl.streams.records import DynamoRecord, KinesisRecord
from dlqctl.streams.shards import UnreadablePointerError
from dlqctl.streams.tally import Tally
from tests.fakes.streams_server import StreamsServer
from tests.streams.account import new_streams
from tests.streams.engine import Collected, batch, now_of

REGION = "eu-west-1"
SHARD = "shardId-000000000000"
SECOND_SHARD = "shardId-000000000001"
KEYS = ("testing", "testing")


@dataclass
class Emulator:
    """One that is held to the contract. `fake` is set for our own."""

    name: str
    url: str
    fake: StreamsServer | None = None

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=KEYS[0],
            aws_secret_access_key=KEYS[1],
        )

    def stream(self, *, shards: int = 1) -> str:
        """A new Kinesis stream; its ARN."""
        name = f"s-{uuid.uuid4().hex[:8]}"
        if self.fake:
            return self.fake.streams.create_stream(name, shards=shards)
        kinesis = self.client("kinesis")
        kinesis.create_stream(StreamName=name, ShardCount=shards)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
            if summary["StreamStatus"] == "ACTIVE":
                arn: str = summary["StreamARN"]
                return arn
            time.sleep(0.05)
        raise AssertionError("the stream did not become active")

    def put(self, arn: str, count: int) -> dict[str, list[str]]:
        """Put records; their sequence numbers by shard."""
        numbers: dict[str, list[str]] = {}
        kinesis = self.client("kinesis")
        for n in range(count):
            records = [{"Data": f"{n}".encode(), "PartitionKey": f"k{n}"}]
            answer = kinesis.put_records(StreamARN=arn, Records=records)["Records"][0]
            numbers.setdefault(answer["ShardId"], []).append(answer["SequenceNumber"])
        return numbers

    def changes(self, count: int) -> tuple[str, str, list[str]]:
        """Change items of a new table; its stream's ARN, its shard, the sequence numbers."""
        if self.fake:
            streams = self.fake.streams
            arn = streams.create_table_stream(f"t-{uuid.uuid4().hex[:8]}")
            numbers = [
                streams.change(arn, {"id": {"S": str(n)}}, new={"id": {"S": str(n)}})
                for n in range(count)
            ]
            return arn, streams.shard_ids(arn)[0], numbers
        table = f"t-{uuid.uuid4().hex[:8]}"
        dynamodb, streams_client = self.client("dynamodb"), self.client("dynamodbstreams")
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        for n in range(count):
            dynamodb.put_item(TableName=table, Item={"id": {"S": str(n)}})
        arn = dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        shards = streams_client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        shard_id = shards[0]["ShardId"]
        iterator = streams_client.get_shard_iterator(
            StreamArn=arn, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = streams_client.get_records(ShardIterator=iterator)["Records"]
        return arn, shard_id, [record["dynamodb"]["SequenceNumber"] for record in records]


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    if request.param == "fake":
        with StreamsServer(new_streams()) as server:
            yield Emulator("fake", server.url, server)
    else:
        yield Emulator(request.param, request.getfixturevalue(f"{request.param}_url"))


def on(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("emulator", names, indirect=True)


def fetch(
    emulator: Emulator, batches: list[FailedBatch], monkeypatch: pytest.MonkeyPatch
) -> tuple[list[ShardOutcome], dict[str, Collected]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS[1])
    apis = StreamApis(AwsOptions(region=REGION, endpoint_url=emulator.url))
    plans = shard_plans(batches)
    sinks: dict[str, Collected] = {}
    run = Fetch(
        api_for=apis.of,
        facts={plan.shard.stream_arn: apis.facts(plan.shard.stream_arn) for plan in plans},
        open_sink=lambda plan: sinks.setdefault(plan.shard.shard_id, Collected(plan)),
        timing=Timing(time.monotonic, lambda _: None, lambda: 0.5),
        now=lambda: now_of(new_streams()),
        stopping=threading.Event(),
        on_event=lambda _: None,
    )
    outcomes = run.shards([ShardWork(plan, Tally(plan)) for plan in plans], workers=2)
    return outcomes, sinks


@on("fake", "moto", "ministack")
def test_overlapping_pointers_give_each_record_once(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = emulator.stream(shards=2)
    numbers = emulator.put(arn, 40)
    batches = [
        batch(arn, some[n], some[n + 4], shard_id=shard, message_id=f"{shard}-{n}", count=5)
        for shard, some in numbers.items()
        for n in range(1, len(some) - 4, 3)
    ]
    outcomes, sinks = fetch(emulator, batches, monkeypatch)
    assert all(verdict.complete for outcome in outcomes for verdict in outcome.verdicts)
    for shard, some in numbers.items():
        last = 1 + 3 * ((len(some) - 6) // 3) + 4
        assert sinks[shard].numbers == [int(number) for number in some[1 : last + 1]]
        for record, names in sinks[shard].records:
            place = some.index(record.sequence.text)
            starts = range(1, len(some) - 4, 3)
            assert names == [f"{shard}-{n}" for n in starts if n <= place <= n + 4]
    assert sum(outcome.calls.get_shard_iterator for outcome in outcomes) == len(numbers)


@on("fake", "moto", "ministack")
def test_what_a_kinesis_record_carries(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = emulator.stream()
    [number] = emulator.put(arn, 1)[SHARD]
    _, sinks = fetch(
        emulator, [batch(arn, number, number, shard_id=SHARD, message_id="m")], monkeypatch
    )
    [(record, _)] = sinks[SHARD].records
    assert isinstance(record, KinesisRecord)
    assert (record.data, record.partition_key) == (b"0", "k0")
    assert record.arrived_at is not None


# moto's server reads DynamoDB stream positions as text and fails on them.
@on("fake", "ministack")
def test_changes_of_items(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    arn, shard_id, numbers = emulator.changes(10)
    batches = [
        batch(arn, numbers[2], numbers[5], shard_id=shard_id, message_id="a", count=4),
        batch(arn, numbers[4], numbers[8], shard_id=shard_id, message_id="b", count=5),
    ]
    [outcome], sinks = fetch(emulator, batches, monkeypatch)
    assert [record.sequence.text for record, _ in sinks[shard_id].records] == numbers[2:9]
    assert all(verdict.complete for verdict in outcome.verdicts)
    record, _ = sinks[shard_id].records[0]
    assert isinstance(record, DynamoRecord)
    assert record.event["eventSourceARN"] == arn
    assert record.event["dynamodb"]["NewImage"] == {"id": {"S": "2"}}
    assert isinstance(record.event["dynamodb"]["ApproximateCreationDateTime"], int | float)


# ministack says TrimmedDataAccessException of every position that it does not know.
@on("ministack")
def test_a_trimmed_position_in_a_table_stream(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn, shard_id, numbers = emulator.changes(5)
    gone = str(int(numbers[0]) - 10)
    batches = [batch(arn, gone, numbers[3], shard_id=shard_id, message_id="a", count=9)]
    [outcome], sinks = fetch(emulator, batches, monkeypatch)
    assert [record.sequence.text for record, _ in sinks[shard_id].records] == numbers[:4]
    [gap] = outcome.gaps
    assert (gap.range.start.text, gap.range.end.value) == (gone, int(numbers[0]) - 1)


@on("fake", "moto", "ministack")
def test_a_stream_and_a_shard_that_are_not_there(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = emulator.stream()
    [number] = emulator.put(arn, 1)[SHARD]
    nowhere = batch(f"{arn}-nowhere", number, number, shard_id=SHARD, message_id="a")
    no_shard = batch(arn, number, number, shard_id="shardId-000000000042", message_id="b")
    outcomes, _ = fetch(emulator, [nowhere, no_shard], monkeypatch)
    by_name = {one.plan.batches[0].message_id: one for one in outcomes}
    assert by_name["a"].gone == "the stream does not exist any more"
    assert [gap.message_ids for gap in by_name["a"].gaps] == [("a",)]
    assert isinstance(by_name["b"].failure, UnreadablePointerError)


# ministack forgets a shard, and what is in it, when it is split.
@on("fake", "moto")
def test_a_closed_shard_can_still_be_read(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = emulator.stream()
    numbers = emulator.put(arn, 6)[SHARD]
    if emulator.fake:
        emulator.fake.streams.split(arn, SHARD)
    else:
        emulator.client("kinesis").split_shard(
            StreamARN=arn, ShardToSplit=SHARD, NewStartingHashKey=str(2**127)
        )
    batches = [batch(arn, numbers[1], numbers[-1], shard_id=SHARD, message_id="a", count=5)]
    [outcome], sinks = fetch(emulator, batches, monkeypatch)
    assert len(sinks[SHARD].records) == 5
    assert outcome.verdicts[0].complete


@on("fake", "moto", "ministack")
def test_facts_and_putting_back(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS[1])
    arn = emulator.stream()
    numbers = emulator.put(arn, 3)[SHARD]
    apis = StreamApis(AwsOptions(region=REGION, endpoint_url=emulator.url))
    facts = apis.facts(arn)
    assert isinstance(facts, StreamFacts)
    assert facts.retention.total_seconds() == 24 * 3600
    batches = [batch(arn, numbers[0], numbers[-1], shard_id=SHARD, message_id="a")]
    _, sinks = fetch(emulator, batches, monkeypatch)
    records = [one for one, _ in sinks[SHARD].records if isinstance(one, KinesisRecord)]
    assert apis.put(arn, records) == [None, None, None]
    iterator = emulator.client("kinesis").get_shard_iterator(
        StreamARN=arn,
        StreamName=arn.rpartition("/")[2],
        ShardId=SHARD,
        ShardIteratorType="TRIM_HORIZON",
    )["ShardIterator"]
    there = emulator.client("kinesis").get_records(ShardIterator=iterator)["Records"]
    assert [(one["Data"], one["PartitionKey"]) for one in there] == [
        (f"{n}".encode(), f"k{n}") for n in range(3)
    ] * 2
