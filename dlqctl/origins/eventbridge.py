"""An event that a rule of an event bus could not deliver to one of its targets.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from dlqctl.by_hand import call_target, is_queue
from dlqctl.documents import whole_number
from dlqctl.envelopes import Opened
from dlqctl.letters import FailureError, FailureRecord
from dlqctl.origins import Evidence, Origin, Refusal, Route


def recognises(opened: Opened) -> Evidence | None:
    """`RULE_ARN`, and no schedule: EventBridge Scheduler shares the other attributes."""
    attribute = opened.letter.text_attribute
    claimed = attribute("RULE_ARN") is not None and attribute("SCHEDULE_ARN") is None
    return Evidence.ATTRIBUTES if claimed else None


def decode(opened: Opened) -> FailureRecord:
    """The rule is what failed. No condition means an error that EventBridge does not retry."""
    attribute = opened.letter.text_attribute
    return FailureRecord(
        letter=opened.letter,
        origin=ORIGIN.name,
        source=attribute("RULE_ARN"),
        target=attribute("TARGET_ARN"),
        error=FailureError(
            type=attribute("ERROR_CODE"),
            message=attribute("ERROR_MESSAGE"),
            condition=attribute("EXHAUSTED_RETRY_CONDITION"),
            attempts=whole_number(attribute("RETRY_ATTEMPTS")),
        ),
        envelope=opened.envelope,
        s3_pointer=opened.s3_pointer,
    )


def route(record: FailureRecord) -> Route:
    """The target is called again; PutEvents would reach every other rule of the bus too."""
    if is_queue(record.target):
        reason = "a rule may transform its events, and whether this one was is not in the letter"
    else:
        reason = "the rule's target is not a queue, and only that target missed the event"
    return Refusal(reason=reason, instead=call_target(record))


ORIGIN = Origin("eventbridge", recognises, decode, route)
