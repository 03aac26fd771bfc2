"""Pointers into Kinesis and DynamoDB streams, as Lambda and Pipes write them for a failed batch.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from dlqctl.documents import mapping, moment, number, text
from dlqctl.letters import SequenceNumber, StreamPointer

_BATCHES = ("KinesisBatchInfo", "DDBStreamBatchInfo")


def names_stream_batch(document: object) -> bool:
    """Whether `document` has a place for a stream pointer, readable or not."""
    fields = mapping(document)
    return fields is not None and any(batch in fields for batch in _BATCHES)


def stream_pointer(document: object) -> StreamPointer | None:
    """The pointer in `document`; None when it lacks an end or its ends are not a range."""
    for name in _BATCHES:
        batch = mapping(document, name)
        if batch is not None:
            return _pointer(batch)
    return None


def _pointer(batch: object) -> StreamPointer | None:
    stream_arn, shard_id = text(batch, "streamArn"), text(batch, "shardId")
    start = _sequence_number(batch, "startSequenceNumber")
    end = _sequence_number(batch, "endSequenceNumber")
    if stream_arn is None or shard_id is None or start is None or end is None or end < start:
        return None
    return StreamPointer(
        stream_arn=stream_arn,
        shard_id=shard_id,
        start=start,
        end=end,
        count=number(batch, "batchSize"),
        first_arrival=moment(batch, "approximateArrivalOfFirstRecord"),
        last_arrival=moment(batch, "approximateArrivalOfLastRecord"),
    )


def _sequence_number(batch: object, name: str) -> SequenceNumber | None:
    try:
        return SequenceNumber.parse(text(batch, name) or "")
    except ValueError:
        return None
