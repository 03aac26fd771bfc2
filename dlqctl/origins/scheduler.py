"""A call that EventBridge Scheduler could not make to a schedule's target.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
"""

import re

from dlqctl.by_hand import call_target, is_queue
from dlqctl.documents import whole_number
from dlqctl.envelopes import Opened
from dlqctl.letters import FailureError, FailureRecord
from dlqctl.origins import Evidence, Origin, Refusal, Route

_SCHEDULE_ARN = re.compile(
    r"arn:aws[a-z-]*:scheduler:[a-z0-9-]+:[0-9]{12}:schedule"
    r"/([A-Za-z0-9_.][A-Za-z0-9_.-]{0,63})/([A-Za-z0-9_.][A-Za-z0-9_.-]{0,63})"
)


def recognises(opened: Opened) -> Evidence | None:
    """`SCHEDULE_ARN`, which nothing else sets."""
    named = opened.letter.text_attribute("SCHEDULE_ARN") is not None
    return Evidence.ATTRIBUTES if named else None


def decode(opened: Opened) -> FailureRecord:
    """The schedule is what failed. No condition means an error that Scheduler does not retry."""
    attribute = opened.letter.text_attribute
    return FailureRecord(
        letter=opened.letter,
        origin=ORIGIN.name,
        source=attribute("SCHEDULE_ARN"),
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
    """The target is called again, with its input whole: the letter's, or the schedule's own."""
    truncated = record.letter.text_attribute("IS_PAYLOAD_TRUNCATED") or ""
    if truncated.strip().lower() == "true":
        return Refusal(
            reason="its payload was cut to fit the queue (IS_PAYLOAD_TRUNCATED)",
            instead=_show_whole_input(record),
        )
    if is_queue(record.target):
        reason = "it is the input of a call to a queue, which may need settings not in the letter"
    else:
        reason = "the schedule calls its target directly, not through a queue"
    return Refusal(reason=reason, instead=call_target(record))


def _show_whole_input(record: FailureRecord) -> str:
    shaped = _SCHEDULE_ARN.fullmatch(record.source or "")
    group, name = shaped.groups() if shaped else ("GROUP", "SCHEDULE")
    return (
        f"aws scheduler get-schedule --group-name {group} --name {name}"
        " --query Target.Input --output text"
    )


ORIGIN = Origin("scheduler", recognises, decode, route)
