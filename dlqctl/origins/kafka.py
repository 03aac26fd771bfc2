"""A batch of an MSK or self-managed Kafka topic that a Lambda function could not process.

The letter is a pointer to offsets, written by an event source mapping's on-failure destination.

https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
"""

import re
from collections.abc import Mapping

from dlqctl.by_hand import queue_name
from dlqctl.documents import mapping, moment, number, text, whole_number
from dlqctl.envelopes import Opened
from dlqctl.letters import FailureError, FailureRecord, KafkaPointer, TopicPartition
from dlqctl.origins import Evidence, Origin, Refusal, Route

_BROKERS = re.compile(r"[A-Za-z0-9._-]+:[0-9]{1,5}(?:,[A-Za-z0-9._-]+:[0-9]{1,5})*")
# https://kafka.apache.org/documentation/#topicconfigs
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


def recognises(opened: Opened) -> Evidence | None:
    """A Kafka batch beside the `requestContext` of a function."""
    fields = mapping(opened.document)
    claimed = fields is not None and "KafkaBatchInfo" in fields and "requestContext" in fields
    return Evidence.BODY if claimed else None


def decode(opened: Opened) -> FailureRecord:
    """The function is what failed; a batch too large to be sent to it was never answered."""
    document = opened.document
    function_arn = text(document, "requestContext", "functionArn")
    return FailureRecord(
        letter=opened.letter,
        origin=ORIGIN.name,
        source=function_arn,
        target=function_arn,
        error=FailureError(
            type=text(document, "responseContext", "functionError"),
            condition=text(document, "requestContext", "condition"),
            attempts=number(document, "requestContext", "approximateInvokeCount"),
        ),
        failed_at=moment(document, "timestamp"),
        pointer=_pointer(mapping(document, "KafkaBatchInfo")),
        envelope=opened.envelope,
        s3_pointer=opened.s3_pointer,
    )


def route(record: FailureRecord) -> Route:
    """The records are in their topic, where any Kafka client can read them."""
    pointer = record.pointer
    if not isinstance(pointer, KafkaPointer):
        return Refusal(
            reason="it should point to Kafka offsets, and the pointer in it cannot be read",
            instead=f"dlqctl peek {queue_name(record.letter)} --id MESSAGE_ID -o json",
        )
    return Refusal(
        reason="it is a pointer to Kafka offsets (pointer.partitions), not the records themselves",
        instead=(
            f"kcat -C -e -b {_brokers(pointer)} -t {_topic(pointer)}"
            " -p PARTITION -o FIRST_OFFSET -c COUNT"
        ),
    )


def _pointer(batch: Mapping[str, object] | None) -> KafkaPointer | None:
    records = mapping(batch, "recordsInfo")
    if batch is None or not records:
        return None
    partitions = [_partition(key, records) for key in records]
    known = tuple(partition for partition in partitions if partition is not None)
    # Offsets with a partition missing would pass for the whole batch.
    if len(known) != len(partitions):
        return None
    return KafkaPointer(
        cluster_arn=text(batch, "eventSourceArn"),
        bootstrap_servers=text(batch, "bootstrapServers"),
        count=number(batch, "batchSize"),
        partitions=known,
    )


def _partition(key: str, records: Mapping[str, object]) -> TopicPartition | None:
    # Topic names may hold hyphens; partition numbers can't.
    topic, _, written = key.rpartition("-")
    partition = whole_number(written)
    offsets = mapping(records, key)
    if not topic or partition is None or offsets is None:
        return None
    return TopicPartition(
        topic=topic,
        partition=partition,
        first_offset=number(offsets, "firstRecordOffset"),
        last_offset=number(offsets, "lastRecordOffset"),
        first_arrival=moment(offsets, "firstRecordTimestamp"),
        last_arrival=moment(offsets, "lastRecordTimestamp"),
    )


def _brokers(pointer: KafkaPointer) -> str:
    servers = pointer.bootstrap_servers or ""
    return servers if _BROKERS.fullmatch(servers) else "BOOTSTRAP_SERVERS"


def _topic(pointer: KafkaPointer) -> str:
    topics = {partition.topic for partition in pointer.partitions}
    topic = topics.pop() if len(topics) == 1 else ""
    return topic if _TOPIC.fullmatch(topic) else "TOPIC"


ORIGIN = Origin("kafka", recognises, decode, route)
