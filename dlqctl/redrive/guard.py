"""Checks before and during a redrive: is the destination fit, does the run still make sense?"""

from dlqctl.errors import UsageError
from dlqctl.queues import MAX_DELAY_SECONDS, QueueFacts


def refuse_unfit_destination(
    queue: QueueFacts, destination: QueueFacts, *, delay_seconds: int | None
) -> None:
    """Raise UsageError when no message of `queue` could be sent to `destination`."""
    if queue.arn == destination.arn:
        raise UsageError(
            f"{queue.name} would be redriven to itself", hint="name another queue with --to"
        )
    if queue.fifo != destination.fifo:
        kinds = {True: "a FIFO queue", False: "a standard queue"}
        raise UsageError(
            f"{queue.name} is {kinds[queue.fifo]} and {destination.name} is"
            f" {kinds[destination.fifo]}: message groups and their order would be lost or missing",
            hint="redrive to a queue of the same type",
        )
    if delay_seconds is not None and destination.fifo:
        raise UsageError(
            f"--delay: {destination.name} is a FIFO queue, which takes no delay per message",
            hint="leave --delay out, or set DelaySeconds on the queue",
        )
    if delay_seconds is not None and delay_seconds > MAX_DELAY_SECONDS:
        raise UsageError("--delay: SQS delays a message by 15 minutes at most")
