"""Kafka pointers: which offsets, and the command of an ordinary client that reads them.

https://github.com/edenhill/kcat
"""

import re

from dlqctl.letters import KafkaPointer, TopicPartition
from dlqctl.record import timestamp
from dlqctl.streams.gathering import KafkaBatch

_BROKERS = re.compile(r"[A-Za-z0-9._-]+:[0-9]{1,5}(?:,[A-Za-z0-9._-]+:[0-9]{1,5})*")
# https://kafka.apache.org/documentation/#topicconfigs
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


def command(pointer: KafkaPointer, partition: TopicPartition) -> str:
    """The kcat command that reads the partition's offsets; capitals stand for what isn't known.

    On a compacted topic the last of its records may lie behind the last offset.
    """
    servers = pointer.bootstrap_servers or ""
    brokers = servers if _BROKERS.fullmatch(servers) else "BOOTSTRAP_SERVERS"
    topic = partition.topic if _TOPIC.fullmatch(partition.topic) else "TOPIC"
    offset, count = "FIRST_OFFSET", "COUNT"
    if partition.first_offset is not None:
        offset = str(partition.first_offset)
        if partition.last_offset is not None and partition.last_offset >= partition.first_offset:
            count = str(partition.last_offset - partition.first_offset + 1)
    return f"kcat -C -e -b {brokers} -t {topic} -p {partition.partition} -o {offset} -c {count}"


def documents(batch: KafkaBatch) -> list[dict[str, object]]:
    """One for each partition that the pointer names, as JSON values."""
    return [
        {
            "pointer": batch.message_id,
            "cluster": batch.pointer.cluster_arn,
            "bootstrap_servers": batch.pointer.bootstrap_servers,
            "topic": partition.topic,
            "partition": partition.partition,
            "first_offset": partition.first_offset,
            "last_offset": partition.last_offset,
            "first_arrival": timestamp(partition.first_arrival),
            "last_arrival": timestamp(partition.last_arrival),
            "command": command(batch.pointer, partition),
        }
        for partition in batch.pointer.partitions
    ]
