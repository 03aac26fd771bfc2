from dataclasses import replace

from dlqctl.audit.facts import Reference
from dlqctl.audit.resources import Queue, Stream
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    inventory,
    mapping,
    queue,
    stream,
    stream_mapping,
    table_stream,
)

MAPPING = mapping("orders").ref
STREAM_MAPPING = stream_mapping().ref
ELSEWHERE = Reference("arn:aws:sqs:eu-west-1:444455556666:orders", "sqs")

FAILS = {
    "queue": Fails(
        inventory(mapping("orders"), queue("others")), on=(MAPPING,), observed="does not exist"
    ),
    "stream": Fails(inventory(stream_mapping()), on=(STREAM_MAPPING,), expected="exists"),
    "table's stream": Fails(inventory(mapping("clicks", "dynamodb")), on=(STREAM_MAPPING,)),
}
PASSES = {
    "queue": Passes(inventory(mapping("orders"), queue("orders"))),
    "stream": Passes(inventory(stream_mapping(), stream())),
    "table's stream": Passes(inventory(mapping("clicks", "dynamodb"), table_stream())),
    "one's own Kafka": Passes(inventory(mapping("topic", "kafka"))),
    "brokers are not looked up": Passes(inventory(mapping("broker", "mq"))),
    "a template": Passes(inventory(mapping("orders"), live=False)),
}
NOT_JUDGED = {
    "queues": CannotJudge(inventory(mapping("orders"), gaps={Queue: UNKNOWN}), on=(MAPPING,)),
    "streams": CannotJudge(
        inventory(stream_mapping(), gaps={Stream: UNKNOWN}), on=(STREAM_MAPPING,)
    ),
    "another account": CannotJudge(
        inventory(replace(mapping("orders"), source=ELSEWHERE)), on=(MAPPING,)
    ),
    "source": CannotJudge(inventory(replace(mapping("orders"), source=UNKNOWN)), on=(MAPPING,)),
}
