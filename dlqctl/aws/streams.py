"""Kinesis and DynamoDB Streams by way of boto3, as dlqctl.streams asks for them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
)

from dlqctl.aws.errors import (
    ACCESS_DENIED,
    NEVER_SENT,
    NOT_SIGNED_IN,
    THROTTLED,
    error_code,
    explain,
    explained,
    http_status,
    one_line,
)
from dlqctl.aws.session import AwsOptions, AwsSession
from dlqctl.errors import DlqctlError
from dlqctl.streams import dynamodb, kinesis
from dlqctl.streams.pages import Page, Position, Refused, StreamApi, StreamFacts, Trouble
from dlqctl.streams.put import PutOutcome
from dlqctl.streams.ranges import Shard
from dlqctl.streams.records import KinesisRecord
from dlqctl.streams.replay import NotAccepted, Unconfirmed
from dlqctl.streams.shards import UnreadablePointerError

DEFAULT_RETENTION = timedelta(hours=24)

_STREAM_ARN = re.compile(
    r"arn:aws[\w-]*:(?P<service>kinesis|dynamodb):(?P<region>[a-z0-9-]+):\d{12}"
    r":(?:stream/[\w.-]+(?:/consumer/[\w.:-]+)?|table/[\w.-]+/stream/[\w.:-]+)"
)
_NOT_FOUND = "ResourceNotFoundException"
_TROUBLES = {
    _NOT_FOUND: Trouble.NOT_FOUND,
    "ExpiredIteratorException": Trouble.ITERATOR_EXPIRED,
    "TrimmedDataAccessException": Trouble.TRIMMED,
    "InvalidArgumentException": Trouble.POSITION,
    "ValidationException": Trouble.POSITION,
    "KMSThrottlingException": Trouble.BUSY,
    "InternalFailureException": Trouble.BUSY,
}


def stream_name(stream_arn: str) -> str:
    """The name in a Kinesis stream's ARN, also in that of one of its consumers."""
    return stream_arn.split(":", 5)[-1].split("/")[1]


class KinesisStreams:
    """Kinesis data streams of one Region. Fulfils StreamApi."""

    max_page_records = 10_000
    # A sparse shard answers with many empty pages before it comes to the next record.
    max_empty_pages = 2_000

    def __init__(self, session: AwsSession) -> None:
        # Retries are the reader's: it counts the calls and keeps to the shard's limits.
        self._client = session.client("kinesis", retry=False)
        self._patient_client = session.client("kinesis")

    def facts(self, stream_arn: str) -> StreamFacts | None:
        """Retention and age; the default retention where this identity may not ask.

        https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html
        """
        answer = _asked(
            lambda: self._patient_client.describe_stream_summary(**_named(stream_arn)),
            service="kinesis",
        )
        if answer is None or isinstance(answer, StreamFacts):
            return answer
        summary = answer.get("StreamDescriptionSummary", {})
        hours = summary.get("RetentionPeriodHours")
        return StreamFacts(
            retention=timedelta(hours=hours) if hours else DEFAULT_RETENTION,
            created_at=_utc(summary.get("StreamCreationTimestamp")),
        )

    def get_shard_iterator(self, shard: Shard, position: Position) -> str | Refused:
        """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html"""
        where = {"StartingSequenceNumber": position.sequence.text} if position.sequence else {}
        try:
            answer = self._client.get_shard_iterator(
                **_named(shard.stream_arn),
                ShardId=shard.shard_id,
                ShardIteratorType=position.place.value,
                **where,
            )
        except (ClientError, BotoCoreError) as error:
            return _refused(error, service="kinesis")
        return str(answer["ShardIterator"])

    def get_records(self, shard: Shard, iterator: str, *, limit: int) -> Page | Refused:
        """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html"""
        try:
            answer = self._client.get_records(
                StreamARN=_named(shard.stream_arn)["StreamARN"], ShardIterator=iterator, Limit=limit
            )
        except (ClientError, BotoCoreError) as error:
            return _refused(error, service="kinesis")
        return Page(
            [kinesis.from_api(raw) for raw in answer.get("Records", [])],
            answer.get("NextShardIterator") or None,
            answer.get("MillisBehindLatest"),
        )

    def put(self, stream_arn: str, records: Sequence[KinesisRecord]) -> list[PutOutcome]:
        """Put once. An entry counts only if the answer gives it a sequence number.

        https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
        """
        entries = [_entry(record) for record in records]
        try:
            answer = self._client.put_records(**_named(stream_arn), Records=entries)
        except (ClientError, BotoCoreError) as error:
            return [_put_failure(error)] * len(records)
        outcomes = [_put_outcome(entry) for entry in answer.get("Records", [])]
        unnamed = Unconfirmed("NoAnswer", "Kinesis' answer does not name this record")
        return (outcomes + [unnamed] * len(records))[: len(records)]


class DynamoStreams:
    """DynamoDB Streams of one Region. Fulfils StreamApi."""

    max_page_records = 1_000
    # It never says how far behind a reader is: at some point an open shard's silence is its tip.
    max_empty_pages = 200

    def __init__(self, session: AwsSession) -> None:
        self._client = session.client("dynamodbstreams", retry=False)
        self._patient_client = session.client("dynamodbstreams")

    def facts(self, stream_arn: str) -> StreamFacts | None:
        """Records of DynamoDB Streams live for 24 hours, always.

        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html
        """
        answer = _asked(
            lambda: self._patient_client.describe_stream(StreamArn=stream_arn, Limit=1),
            service="dynamodb",
        )
        if answer is None or isinstance(answer, StreamFacts):
            return answer
        created = answer.get("StreamDescription", {}).get("CreationRequestDateTime")
        return StreamFacts(DEFAULT_RETENTION, _utc(created))

    def get_shard_iterator(self, shard: Shard, position: Position) -> str | Refused:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html"""
        where = {"SequenceNumber": position.sequence.text} if position.sequence else {}
        try:
            answer = self._client.get_shard_iterator(
                StreamArn=shard.stream_arn,
                ShardId=shard.shard_id,
                ShardIteratorType=position.place.value,
                **where,
            )
        except (ClientError, BotoCoreError) as error:
            return _refused(error, service="dynamodb")
        return str(answer["ShardIterator"])

    def get_records(self, shard: Shard, iterator: str, *, limit: int) -> Page | Refused:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html"""
        try:
            answer = self._client.get_records(ShardIterator=iterator, Limit=limit)
        except (ClientError, BotoCoreError) as error:
            return _refused(error, service="dynamodb")
        return Page(
            [
                dynamodb.from_api(raw, stream_arn=shard.stream_arn)
                for raw in answer.get("Records", [])
            ],
            answer.get("NextShardIterator") or None,
            None,
        )


def _named(stream_arn: str) -> dict[str, str]:
    """Both ways to name a stream: emulators may know one only. A consumer's ARN is its stream's.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesis.html
    """
    name = stream_name(stream_arn)
    return {"StreamARN": f"{stream_arn.split('/', maxsplit=1)[0]}/{name}", "StreamName": name}


def _asked(
    ask: Callable[[], Mapping[str, Any]], *, service: str
) -> Mapping[str, Any] | StreamFacts | None:
    """What `ask` answers: None when there is no such stream, a guess where it may not be asked."""
    try:
        return ask()
    except ClientError as error:
        if error_code(error) == _NOT_FOUND:
            return None
        if error_code(error) in ACCESS_DENIED:
            return StreamFacts(DEFAULT_RETENTION, retention_known=False)
        raise explain(error, service=service) from error
    except BotoCoreError as error:
        raise explain(error, service=service) from error


def _refused(error: ClientError | BotoCoreError, *, service: str) -> Refused:
    """The refusal as a value; raises DlqctlError for what waiting does not mend."""
    if isinstance(error, ClientError):
        code = error_code(error)
        said = one_line(str(error.response.get("Error", {}).get("Message", "")) or code)
        if trouble := _TROUBLES.get(code):
            return Refused(trouble, said)
        if code in THROTTLED or http_status(error) >= 500:
            return Refused(Trouble.BUSY, said)
    elif isinstance(error, HTTPClientError | ConnectionClosedError):
        return Refused(Trouble.BUSY, one_line(str(error)))
    raise explain(error, service=service) from error


def _entry(record: KinesisRecord) -> dict[str, Any]:
    key = {"PartitionKey": record.partition_key} if record.partition_key is not None else {}
    return {"Data": record.data, **key}


def _put_outcome(entry: Mapping[str, Any]) -> PutOutcome:
    if entry.get("SequenceNumber"):
        return None
    # Per record there are two: throttled, and an internal failure. Both may be tried again.
    code = str(entry.get("ErrorCode") or "Unknown")
    return NotAccepted(code, one_line(str(entry.get("ErrorMessage") or code)), retryable=True)


def _put_failure(error: ClientError | BotoCoreError) -> NotAccepted | Unconfirmed:
    """A whole PutRecords that got no proper answer."""
    said = explain(error, service="kinesis").message
    if isinstance(error, ClientError):
        code = error_code(error)
        if code in THROTTLED:
            return NotAccepted(code, said, retryable=True)
        return Unconfirmed(code, said) if http_status(error) >= 500 else NotAccepted(code, said)
    if isinstance(error, NOT_SIGNED_IN):
        return NotAccepted(type(error).__name__, said)
    if isinstance(error, NEVER_SENT):
        return NotAccepted(type(error).__name__, said, retryable=True)
    return Unconfirmed(type(error).__name__, said)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None


class StreamApis:
    """The API of each stream that an ARN names, in that stream's own Region."""

    def __init__(self, options: AwsOptions) -> None:
        self._options = options
        self._apis: dict[tuple[str, str], StreamApi] = {}

    def of(self, stream_arn: str) -> StreamApi:
        """The API to read the stream with. Raises DlqctlError for what is no stream's ARN."""
        shaped = _STREAM_ARN.fullmatch(stream_arn)
        if shaped is None:
            raise UnreadablePointerError(
                f"not the ARN of a stream that can be read: {stream_arn[:200]}"
            )
        key = shaped["service"], shaped["region"]
        if key not in self._apis:
            session = AwsSession(replace(self._options, region=shaped["region"]))
            kind = KinesisStreams if shaped["service"] == "kinesis" else DynamoStreams
            self._apis[key] = kind(session)
        return self._apis[key]

    def put(self, stream_arn: str, records: Sequence[KinesisRecord]) -> list[PutOutcome]:
        """Put records on a Kinesis stream, once; None for each that was accepted."""
        api = self.of(stream_arn)
        if not isinstance(api, KinesisStreams):
            no = NotAccepted("NotAKinesisStream", "records can't be put on a table's stream")
            return [no] * len(records)
        return api.put(stream_arn, records)

    def facts(self, stream_arn: str) -> StreamFacts | DlqctlError | None:
        """What the stream says of itself; None when it does not exist, an error as a value.

        Another account's stream may be there and yet not be shown.
        """
        try:
            facts = self.of(stream_arn).facts(stream_arn)
        except DlqctlError as error:
            return error
        account = stream_arn.split(":")[4]
        if facts is None and self._account not in (account, None):
            return UnreadablePointerError(
                f"{stream_arn} is a stream of account {account}, which {self._account} can't see",
                hint="use credentials of that account: --profile or --role-arn",
            )
        return facts

    @cached_property
    def _account(self) -> str | None:
        """The account of these credentials; None when it can't be asked."""
        try:
            with explained(service="sts"):
                return str(AwsSession(self._options).client("sts").get_caller_identity()["Account"])
        except DlqctlError:
            return None
