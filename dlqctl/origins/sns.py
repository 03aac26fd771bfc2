"""A message that SNS could not deliver to a subscription, in its notification envelope.

Raw delivery leaves nothing to recognise: such a letter is the message alone, and `unknown`.

https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
"""

from dlqctl.by_hand import queue_name
from dlqctl.documents import text
from dlqctl.envelopes import Opened
from dlqctl.letters import FailureRecord
from dlqctl.origins import Evidence, Origin, Refusal, Route


def recognises(opened: Opened) -> Evidence | None:
    """A notification; what it carries may be claimed by a stronger origin."""
    return Evidence.ENVELOPE if opened.notification is not None else None


def decode(opened: Opened) -> FailureRecord:
    """The topic is known, the subscription is not. SNS keeps no reason."""
    return FailureRecord(
        letter=opened.letter,
        origin=ORIGIN.name,
        source=text(opened.notification, "TopicArn"),
        envelope=opened.envelope,
        s3_pointer=opened.s3_pointer,
    )


def route(record: FailureRecord) -> Route:
    """Only a person knows which subscription of the topic this queue is for."""
    return Refusal(
        reason=(
            "it does not name the subscription that missed it, and publishing it again would"
            " reach every other subscriber too"
        ),
        instead=(
            f"dlqctl redrive {queue_name(record.letter)} --origin {ORIGIN.name}"
            " --to QUEUE_OF_THE_SUBSCRIPTION"
        ),
    )


ORIGIN = Origin("sns", recognises, decode, route)
