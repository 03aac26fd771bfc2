"""Kinesis and DynamoDB Streams as their documentation describes them, with an injected clock.

`FakeStreams` is both services in one account and Region; `FakeStreams.client("kinesis")` speaks
to it like a boto3 client in the same process, `tests.fakes.streams_server` serves the same state
over HTTP. Sequence numbers have 56 (Kinesis) and 21 (DynamoDB) digits and uneven distances.
Records expire by age, shards split, iterators expire, reads are throttled, pages come empty.
"""

from __future__ import annotations

import itertools
import threading
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

import botocore.session
from botocore.exceptions import ClientError, ParamValidationError
from botocore.validate import ParamValidator

from tests.fakes.clocks import Clock, ManualClock

ACCOUNT = "111122223333"
MIB = 1024 * 1024
HOUR = 3600.0


class StreamsError(Exception):
    """An answer with an error code."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Service:
    """What differs between the two services."""

    name: str
    iterator_seconds: float
    page_records: int
    page_bytes: int
    first_number: int
    number_step: int


KINESIS = Service("kinesis", 300, 10_000, 10 * MIB, 49 * 10**54, 2**80)
DYNAMODB = Service("dynamodbstreams", 900, 1_000, MIB, 8 * 10**20, 2**10)


@dataclass
class Record:
    """One record; `content` is what the API returns besides the sequence number."""

    number: int
    arrived: float
    size: int
    content: dict[str, Any]


@dataclass
class Shard:
    """One shard. Closed shards can be read until their last record expires."""

    shard_id: str
    records: list[Record] = field(default_factory=list)
    closed: bool = False
    last_number: int = 0
    read_calls: list[float] = field(default_factory=list)
    iterator_calls: list[float] = field(default_factory=list)
    paid_until: float = 0.0
    bytes_read: int = 0


@dataclass
class Stream:
    """One stream, or the stream of one table."""

    arn: str
    service: Service
    created: float
    retention_seconds: float
    shards: dict[str, Shard] = field(default_factory=dict)


@dataclass
class _Iterator:
    stream: Stream
    shard: Shard
    after: int
    born: float
    barren: bool = False


class FakeStreams:
    """One account's streams.

    `old_numbers` is what Kinesis does with AT_SEQUENCE_NUMBER on a trimmed number, which nobody
    documents: "refuse" it, silently start "later", or answer "nothing". `empty_page` is asked
    before each page of records; True answers an empty one first. `faults` maps an operation to
    error codes that its next calls get. With `limits` the shard's own limits throttle.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        region: str = "eu-west-1",
        old_numbers: str = "refuse",
        empty_page: Callable[[], bool] = lambda: False,
        page_records: int | None = None,
        limits: bool = True,
        seed: int = 0,
    ) -> None:
        self.clock = clock or ManualClock()
        self.region = region
        self.old_numbers = old_numbers
        self.empty_page = empty_page
        self.page_records = page_records
        self.limits = limits
        self.calls: Counter[str] = Counter()
        self.throttled = 0
        self.faults: dict[str, list[str]] = {}
        self.put_faults: list[list[int]] = []
        self.streams: dict[str, Stream] = {}
        self._random = Random(seed)
        self._iterators: dict[str, _Iterator] = {}
        self._tokens = itertools.count()
        self._lock = threading.RLock()

    def client(self, service: str) -> FakeStreamsClient:
        """A client like boto3's, in this process."""
        return FakeStreamsClient(self, service)

    # ── the account's side ──

    def create_stream(self, name: str, *, shards: int = 1, retention_hours: float = 24) -> str:
        """A Kinesis stream; returns its ARN."""
        arn = f"arn:aws:kinesis:{self.region}:{ACCOUNT}:stream/{name}"
        stream = Stream(arn, KINESIS, self.clock.now(), retention_hours * HOUR)
        for n in range(shards):
            self._add_shard(stream, f"shardId-{n:012}")
        self.streams[arn] = stream
        return arn

    def create_table_stream(self, table: str) -> str:
        """A table with a stream; returns the stream's ARN."""
        label = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000")
        arn = f"arn:aws:dynamodb:{self.region}:{ACCOUNT}:table/{table}/stream/{label}"
        stream = Stream(arn, DYNAMODB, self.clock.now(), 24 * HOUR)
        self._add_shard(stream, "shardId-00000001573689847184-864758bb")
        self.streams[arn] = stream
        return arn

    def delete_stream(self, arn: str) -> None:
        """Gone with everything in it."""
        del self.streams[arn]

    def shard_ids(self, arn: str) -> list[str]:
        """The stream's shards, closed ones included."""
        return list(self.streams[arn].shards)

    def put(
        self,
        arn: str,
        data: bytes,
        *,
        shard_id: str | None = None,
        partition_key: str | None = "key",
    ) -> str:
        """Put a record into a shard (the first); returns its sequence number."""
        content: dict[str, Any] = {"Data": data}
        if partition_key is not None:
            content["PartitionKey"] = partition_key
        return self._append(arn, shard_id, content, len(data) + len(partition_key or ""))

    def change(
        self,
        arn: str,
        keys: dict[str, Any],
        *,
        new: dict[str, Any] | None = None,
        old: dict[str, Any] | None = None,
        user_identity: dict[str, str] | None = None,
        shard_id: str | None = None,
    ) -> str:
        """Record the change of an item; returns its sequence number."""
        name = "REMOVE" if new is None else "MODIFY" if old is not None else "INSERT"
        change: dict[str, Any] = {"Keys": keys}
        if new is not None:
            change["NewImage"] = new
        if old is not None:
            change["OldImage"] = old
        change |= {"SizeBytes": 100, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        content: dict[str, Any] = {
            "eventID": f"{self._random.getrandbits(128):032x}",
            "eventName": name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self.region,
            "dynamodb": change,
        }
        if user_identity:
            content["userIdentity"] = user_identity
        return self._append(arn, shard_id, content, 100)

    def split(self, arn: str, shard_id: str) -> list[str]:
        """Close a shard; returns the ids of its two children."""
        stream = self.streams[arn]
        stream.shards[shard_id].closed = True
        first = len(stream.shards)
        children = [f"shardId-{first + n:012}" for n in range(2)]
        for child in children:
            self._add_shard(stream, child)
        return children

    def living(self, arn: str, shard_id: str) -> list[Record]:
        """The records that have not expired."""
        stream = self.streams[arn]
        shard = stream.shards[shard_id]
        return shard.records[self._expired(stream, shard) :]

    def _expired(self, stream: Stream, shard: Shard) -> int:
        """How many of the shard's records have expired: always its first."""
        horizon = self.clock.now() - stream.retention_seconds
        return bisect_left(shard.records, horizon, key=lambda one: one.arrived)

    def fail_next(self, operation: str, *codes: str) -> None:
        """The next calls of `operation` are refused with these codes, one each."""
        self.faults.setdefault(operation, []).extend(codes)

    def expire_iterators(self) -> None:
        """No iterator that was given out is good any more."""
        for iterator in self._iterators.values():
            iterator.born -= HOUR

    # ── the API ──

    def call(self, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Answer one call, or raise StreamsError."""
        with self._lock:
            self.calls[operation] += 1
            if waiting := self.faults.get(operation):
                code = waiting.pop(0)
                status = 500 if code.startswith("Internal") else 400
                raise StreamsError(code, f"{operation} was told to fail", status=status)
            match service, operation:
                case "kinesis", "DescribeStreamSummary":
                    return self._describe_summary(request)
                case "dynamodbstreams", "DescribeStream":
                    return self._describe_stream(request)
                case _, "GetShardIterator":
                    return self._get_shard_iterator(request)
                case _, "GetRecords":
                    return self._get_records(request)
                case "kinesis", "PutRecords":
                    return self._put_records(request)
        raise StreamsError("UnknownOperationException", f"{service} {operation}")

    def _describe_summary(self, request: dict[str, Any]) -> dict[str, Any]:
        stream = self._find(request)
        return {
            "StreamDescriptionSummary": {
                "StreamName": stream.arn.rpartition("/")[2],
                "StreamARN": stream.arn,
                "StreamStatus": "ACTIVE",
                "RetentionPeriodHours": round(stream.retention_seconds / HOUR),
                "StreamCreationTimestamp": datetime.fromtimestamp(stream.created, UTC),
                "EnhancedMonitoring": [],
                "OpenShardCount": sum(not shard.closed for shard in stream.shards.values()),
            }
        }

    def _describe_stream(self, request: dict[str, Any]) -> dict[str, Any]:
        stream = self._find(request)
        return {
            "StreamDescription": {
                "StreamArn": stream.arn,
                "StreamStatus": "ENABLED",
                "CreationRequestDateTime": datetime.fromtimestamp(stream.created, UTC),
                "Shards": [{"ShardId": shard_id} for shard_id in stream.shards],
            }
        }

    def _get_shard_iterator(self, request: dict[str, Any]) -> dict[str, Any]:
        stream = self._find(request)
        shard = stream.shards.get(request["ShardId"])
        if shard is None or (
            shard.closed and shard.records and self._expired(stream, shard) == len(shard.records)
        ):
            raise StreamsError(
                "ResourceNotFoundException", f"Shard {request['ShardId']} does not exist"
            )
        self._limit_calls(shard.iterator_calls)
        barren = False
        match request["ShardIteratorType"]:
            case "TRIM_HORIZON":
                after = -1
            case "AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER" as kind:
                written = request.get("StartingSequenceNumber") or request["SequenceNumber"]
                after = int(written) - (kind == "AT_SEQUENCE_NUMBER")
                barren = self._is_old(stream, shard, int(written))
            case other:
                raise StreamsError("InvalidArgumentException", f"no type {other} here")
        token = f"iterator-{next(self._tokens)}"
        self._iterators[token] = _Iterator(stream, shard, after, self.clock.now(), barren)
        return {"ShardIterator": token}

    def _is_old(self, stream: Stream, shard: Shard, number: int) -> bool:
        """Whether a trimmed position is to answer nothing; raises where it is refused."""
        expired = self._expired(stream, shard)
        trimmed = expired > 0 and number <= shard.records[expired - 1].number
        if stream.service is DYNAMODB:
            if trimmed:
                raise StreamsError("TrimmedDataAccessException", "the data has been trimmed")
            return False
        place = bisect_left(shard.records, number, key=lambda one: one.number)
        known = place < len(shard.records) and shard.records[place].number == number
        if (trimmed and self.old_numbers == "refuse") or (not trimmed and not known):
            raise StreamsError(
                "InvalidArgumentException",
                f"StartingSequenceNumber {number} is invalid because it did not come from this"
                " stream",
            )
        return trimmed and self.old_numbers == "nothing"

    def _get_records(self, request: dict[str, Any]) -> dict[str, Any]:
        iterator = self._iterators.get(request["ShardIterator"])
        if iterator is None:
            raise StreamsError("InvalidArgumentException", "no such iterator")
        stream, shard, service = iterator.stream, iterator.shard, iterator.stream.service
        if stream.arn not in self.streams:
            raise StreamsError("ResourceNotFoundException", "the stream is gone")
        if self.clock.now() - iterator.born > service.iterator_seconds:
            raise StreamsError("ExpiredIteratorException", "Iterator expired")
        self._limit_reads(stream, shard)
        expired = self._expired(stream, shard)
        ahead = bisect_right(shard.records, iterator.after, key=lambda one: one.number)
        if service is DYNAMODB and iterator.after >= 0 and ahead < expired:
            raise StreamsError("TrimmedDataAccessException", "the data has been trimmed")
        ahead = len(shard.records) if iterator.barren else max(ahead, expired)
        most = min(
            request.get("Limit", service.page_records),
            service.page_records,
            self.page_records or service.page_records,
        )
        waiting = shard.records[ahead : ahead + most]
        page = [] if waiting and self.empty_page() else _page(waiting, service.page_bytes)
        shard.bytes_read += sum(one.size for one in page)
        if self.limits and stream.service is KINESIS:
            spent = sum(one.size for one in page) / (2 * MIB)
            shard.paid_until = max(shard.paid_until, self.clock.now()) + spent
        after = page[-1].number if page else iterator.after
        following = shard.records[ahead + len(page) : ahead + len(page) + 1]
        answer: dict[str, Any] = {
            "Records": [_shown(stream.service, one) for one in page],
            "NextShardIterator": None,
        }
        if following or not shard.closed:
            token = f"iterator-{next(self._tokens)}"
            self._iterators[token] = _Iterator(
                stream, shard, after, self.clock.now(), iterator.barren
            )
            answer["NextShardIterator"] = token
        if service is KINESIS:
            late = [max(int((self.clock.now() - one.arrived) * 1000), 1) for one in following]
            answer["MillisBehindLatest"] = late[0] if late else 0
        return answer

    def _limit_calls(self, calls: list[float]) -> None:
        now = self.clock.now()
        calls[:] = [at for at in calls if at > now - 1]
        if self.limits and len(calls) >= 5:
            self.throttled += 1
            raise StreamsError("ProvisionedThroughputExceededException", "Rate exceeded for shard")
        calls.append(now)

    def _limit_reads(self, stream: Stream, shard: Shard) -> None:
        # A full read may borrow against the next five seconds, not more.
        if self.limits and shard.paid_until > self.clock.now() + 1e-6:
            self.throttled += 1
            raise StreamsError(
                "ProvisionedThroughputExceededException"
                if stream.service is KINESIS
                else "LimitExceededException",
                "Rate exceeded for shard",
            )
        self._limit_calls(shard.read_calls)

    def _put_records(self, request: dict[str, Any]) -> dict[str, Any]:
        stream = self._find(request)
        failing = set(self.put_faults.pop(0)) if self.put_faults else set()
        shard = next(shard for shard in stream.shards.values() if not shard.closed)
        answers: list[dict[str, Any]] = []
        for n, entry in enumerate(request["Records"]):
            if n in failing:
                answers.append(
                    {
                        "ErrorCode": "ProvisionedThroughputExceededException",
                        "ErrorMessage": "Rate exceeded for shard",
                    }
                )
                continue
            number = self.put(
                stream.arn,
                entry["Data"],
                shard_id=shard.shard_id,
                partition_key=entry.get("PartitionKey"),
            )
            answers.append({"SequenceNumber": number, "ShardId": shard.shard_id})
        return {"FailedRecordCount": len(failing), "Records": answers}

    def _find(self, request: dict[str, Any]) -> Stream:
        arn = request.get("StreamARN") or request.get("StreamArn")
        if arn not in self.streams:
            raise StreamsError("ResourceNotFoundException", f"Stream {arn} not found.")
        return self.streams[arn]

    def _add_shard(self, stream: Stream, shard_id: str) -> None:
        shard = Shard(shard_id)
        age = int(self.clock.now()) * stream.service.number_step * 100
        shard.last_number = stream.service.first_number + age + len(stream.shards) * 10**12
        stream.shards[shard_id] = shard

    def _append(self, arn: str, shard_id: str | None, content: dict[str, Any], size: int) -> str:
        with self._lock:
            stream = self.streams[arn]
            shard = stream.shards[shard_id] if shard_id else next(iter(stream.shards.values()))
            shard.last_number += self._random.randint(1, stream.service.number_step)
            shard.records.append(Record(shard.last_number, self.clock.now(), size, content))
            return str(shard.last_number)


def _page(ahead: list[Record], most_bytes: int) -> list[Record]:
    page: list[Record] = []
    size = 0
    for one in ahead:
        if page and size + one.size > most_bytes:
            break
        page.append(one)
        size += one.size
    return page


def _shown(service: Service, record: Record) -> dict[str, Any]:
    arrived = datetime.fromtimestamp(record.arrived, UTC)
    if service is KINESIS:
        return {
            "SequenceNumber": str(record.number),
            "ApproximateArrivalTimestamp": arrived,
            **record.content,
        }
    change = {
        "ApproximateCreationDateTime": arrived.replace(microsecond=0),
        **record.content["dynamodb"],
        "SequenceNumber": str(record.number),
    }
    return {**record.content, "dynamodb": change}


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


class FakeStreamsClient:
    """`boto3.client("kinesis")` or `("dynamodbstreams")` without the network.

    Parameters are checked against botocore's own service model.
    """

    def __init__(self, streams: FakeStreams, service: str) -> None:
        self._streams = streams
        self._service = service
        self._model = _model(service)

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        operation = "".join(part.capitalize() for part in method.split("_"))
        shape = self._model.operation_model(operation).input_shape

        def call(**request: Any) -> dict[str, Any]:
            report = ParamValidator().validate(request, shape)
            if report.has_errors():
                raise ParamValidationError(report=report.generate_report())
            try:
                return self._streams.call(self._service, operation, request)
            except StreamsError as error:
                answer: Any = {
                    "Error": {"Code": error.code, "Message": error.message},
                    "ResponseMetadata": {"HTTPStatusCode": error.status},
                }
                raise ClientError(answer, operation) from error

        return call
