"""Moved to the dead-letter queue by SQS, when a message was received too often.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from dlqctl.envelopes import Opened
from dlqctl.letters import FailureRecord
from dlqctl.origins import Evidence, NoSource, Origin, QueueMove, Route


def recognises(opened: Opened) -> Evidence | None:
    """SQS itself names the source queue, whatever the body holds."""
    return Evidence.MOVED_BY_SQS if opened.letter.source_queue_arn is not None else None


def decode(opened: Opened) -> FailureRecord:
    """The source queue is what failed and where a redrive goes. SQS keeps no reason."""
    return FailureRecord(
        letter=opened.letter,
        origin=ORIGIN.name,
        source=opened.letter.source_queue_arn,
        target=opened.letter.source_queue_arn,
        envelope=opened.envelope,
        s3_pointer=opened.s3_pointer,
    )


def route(record: FailureRecord) -> Route:
    """Back to the queue it came from."""
    return QueueMove(record.target) if record.target else NoSource()


ORIGIN = Origin("sqs", recognises, decode, route)
