"""Events that a subscriber of a Custom Event Bus could not deliver: their ids, not the events.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-custom-bus-retry.html
"""

from dlqctl.by_hand import arn_word
from dlqctl.documents import mapping, number, text, whole_number
from dlqctl.envelopes import Opened
from dlqctl.letters import FailureError, FailureRecord
from dlqctl.origins import Evidence, Origin, Refusal, Route


def recognises(opened: Opened) -> Evidence | None:
    """The subscriber in an attribute, or a body that names a bus and its subscriber."""
    if opened.letter.text_attribute("SUBSCRIBER_ARN") is not None:
        return Evidence.ATTRIBUTES
    fields = mapping(opened.document)
    named = fields is not None and "busArn" in fields and "subscriberArn" in fields
    return Evidence.BODY if named else None


def decode(opened: Opened) -> FailureRecord:
    """The subscriber is what failed: as the body says, else as the attributes say."""
    body = opened.document
    attribute = opened.letter.text_attribute
    attempts = number(body, "retryAttempts")
    if attempts is None:
        attempts = whole_number(attribute("RETRY_ATTEMPTS"))
    return FailureRecord(
        letter=opened.letter,
        origin=ORIGIN.name,
        source=text(body, "subscriberArn") or attribute("SUBSCRIBER_ARN"),
        target=text(body, "targetArn") or attribute("TARGET_ARN"),
        error=FailureError(
            type=text(body, "errorCode") or attribute("ERROR_CODE"),
            message=text(body, "errorMessage") or attribute("ERROR_MESSAGE"),
            condition=text(body, "exhaustedRetryCondition")
            or attribute("EXHAUSTED_RETRY_CONDITION"),
            attempts=attempts,
        ),
        envelope=opened.envelope,
        s3_pointer=opened.s3_pointer,
    )


def route(record: FailureRecord) -> Route:
    """The bus keeps its events: a new subscriber, started in the past, delivers them again.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-custom-bus-replay.html
    """
    return Refusal(
        reason="it names the events that failed (failedMessages) and does not hold them",
        instead=(
            "aws eventsv2 create-subscriber --name NAME --event-bus-arn EVENT_BUS_ARN"
            " --filter-configuration FILTERS --starting-position POINT_IN_TIME"
            " --point-in-time-configuration"
            " PointType=TIMESTAMP,StartingPoint=FIRST_TIME,EndPoint=LAST_TIME"
            " --invoke-configuration"
            f" TargetArn={arn_word(record.target, 'TARGET_ARN')},RoleArn=ROLE_ARN"
        ),
    )


ORIGIN = Origin("eventbridge-bus", recognises, decode, route)
