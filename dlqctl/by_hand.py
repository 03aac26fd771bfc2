"""Bringing back by hand what a queue move cannot: the commands that a refusal names.

What a letter says is untrusted. A name or an ARN stands in a command only when it has the exact
shape of one; otherwise a placeholder in capitals stands in its place. Messages are always the
placeholder MESSAGE_ID, so that every letter of an origin asks for the same command.
"""

import re
from collections.abc import Sequence
from shlex import quote

from dlqctl.letters import DeadLetter, FailureRecord

_PREFIX = r"arn:aws[a-z-]*"
_PLACE = r"[a-z0-9-]+:[0-9]{12}"
_ARN = re.compile(rf"{_PREFIX}:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[A-Za-z0-9._/:+=@$-]{{1,1024}}")
_QUEUE_ARN = re.compile(rf"{_PREFIX}:sqs:{_PLACE}:([A-Za-z0-9_-]{{1,80}}(?:\.fifo)?)")
_FUNCTION_ARN = re.compile(
    rf"{_PREFIX}:lambda:{_PLACE}:function:[A-Za-z0-9_-]{{1,140}}"
    r"(?::(?:\$LATEST(?:\.PUBLISHED)?|[A-Za-z0-9_-]{1,128}))?"
)
_STATE_MACHINE_ARN = re.compile(
    rf"{_PREFIX}:states:{_PLACE}:stateMachine:[A-Za-z0-9_-]{{1,80}}(?::[A-Za-z0-9._-]{{1,80}})?"
)
# What a schedule calls when its target is an API operation, not a resource:
# https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
_API_OPERATION_ARN = re.compile(rf"{_PREFIX}:scheduler:::aws-sdk:[A-Za-z0-9]+:[A-Za-z0-9]+")



def queue_name(letter: DeadLetter) -> str:
    """The name of the letter's queue as a shell word, or the placeholder QUEUE."""
    shaped = _QUEUE_ARN.fullmatch(letter.queue_arn)
    if shaped is None:
        return "QUEUE"
    name = shaped[1]
    # A name may begin with a hyphen, which a command line would take for an option.
    return letter.queue_arn if name.startswith("-") else name


def arn_word(arn: str | None, placeholder: str) -> str:
    """`arn` as a shell word when it is shaped like one, else `placeholder`."""
    return quote(arn) if arn is not None and _ARN.fullmatch(arn) else placeholder


def is_queue(arn: str | None) -> bool:
    """Whether `arn` is exactly the ARN of an SQS queue."""
    return arn is not None and _QUEUE_ARN.fullmatch(arn) is not None


def inner_body(envelope: Sequence[str]) -> str:
    """The JMESPath to the innermost body of a record, through the SNS envelopes around it."""
    path = "body"
    for _ in range(envelope.count("sns")):
        path = f"json({path}.Message)"
    return path


def invoke(record: FailureRecord, *, query: str | None = None) -> str:
    """Call the function again, asynchronously, with the body or with what `query` finds in it.

    https://docs.aws.amazon.com/cli/latest/reference/lambda/invoke.html
    """
    target = record.target or ""
    function = quote(target) if _FUNCTION_ARN.fullmatch(target) else "FUNCTION_ARN"
    return (
        f"{_save_payload(record, query=query)} && aws lambda invoke --function-name {function}"
        " --invocation-type Event --payload fileb://payload.json /dev/stdout"
    )


def call_target(record: FailureRecord) -> str:
    """Call the one target that missed its event again, with the letter's body."""
    target = record.target or ""
    if is_queue(target):
        # A dead-letter queue may serve many rules: only this target's letters go to this target.
        return (
            f"dlqctl redrive {queue_name(record.letter)} --origin {record.origin} --to {target}"
            f""" --where "target == '{target}'\""""
        )
    if _FUNCTION_ARN.fullmatch(target):
        return invoke(record)
    save = _save_payload(record)
    if _STATE_MACHINE_ARN.fullmatch(target):
        return (
            f"{save} && aws stepfunctions start-execution --state-machine-arn {quote(target)}"
            " --input file://payload.json"
        )
    if _API_OPERATION_ARN.fullmatch(target):
        operation = " ".join(target.split(":")[-2:])
        return (
            f"{save} && aws SERVICE OPERATION --cli-input-json file://payload.json"
            f"  # the API operation is {operation}"
        )
    return f"{save}  # then call {arn_word(record.target, 'TARGET_ARN')} with payload.json"


def _save_payload(record: FailureRecord, *, query: str | None = None) -> str:
    # With a query the value goes out as JSON: raw would take the quotes off a string.
    shape = f"--query {quote(query)} -o jsonl" if query else "-o raw"
    return f"dlqctl peek {queue_name(record.letter)} --id MESSAGE_ID {shape} > payload.json"
