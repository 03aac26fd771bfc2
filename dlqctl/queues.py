"""What the engines need of a queue: facts as frozen types, and the Protocols that `aws` fulfils."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dlqctl.errors import DlqctlError, UsageError
from dlqctl.letters import DeadLetter

MAX_BATCH_ENTRIES = 10
MAX_BATCH_BYTES = 1_048_576
MAX_VISIBILITY_SECONDS = 43_200
# SQS hands out no more of a standard queue at about 120,000 in flight. A long poll doesn't say so:
# it finds nothing.
IN_FLIGHT_LIMIT = 118_000
MAX_DELAY_SECONDS = 900


class InFlightLimitError(DlqctlError):
    """SQS hands out no more messages of a standard queue: about 120,000 are in flight."""


@dataclass(frozen=True, slots=True)
class RedrivePolicy:
    """Where SQS moves a message after `max_receive_count` receives."""

    dead_letter_queue_arn: str
    max_receive_count: int | None


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """A queue's settings and approximate counts, as GetQueueAttributes tells them.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """

    arn: str
    url: str
    fifo: bool
    retention_seconds: int
    max_message_bytes: int
    visible: int
    in_flight: int
    delayed: int
    redrive_policy: RedrivePolicy | None = None

    @property
    def name(self) -> str:
        """The queue's name, `.fifo` included."""
        return queue_name(self.arn)


def queue_name(arn: str) -> str:
    """The last part of a queue's ARN."""
    return arn.rpartition(":")[2]


def refuse_if_receiving_moves(
    facts: QueueFacts, *, sources: Sequence[str], verb: str, force: bool
) -> None:
    """Receiving from a queue with a redrive policy of its own may move messages on: refuse.

    Such a queue is mostly a source queue given by mistake. Raises UsageError unless `force`.
    """
    policy = facts.redrive_policy
    if policy is None or force:
        return
    name, dead_letters = facts.name, queue_name(policy.dead_letter_queue_arn)
    limit = f"after {policy.max_receive_count} receives" if policy.max_receive_count else "in time"
    if sources:
        raise UsageError(
            f"{name} has a redrive policy of its own: it moves messages to {dead_letters} {limit},"
            " and every look counts as one",
            hint=f"--force to {verb} it all the same",
        )
    raise UsageError(
        f"{name} is a source queue; its dead-letter queue is {dead_letters}",
        hint=f"`dlqctl {verb} {dead_letters}` (or --force, if {name} itself is meant:"
        f" it moves messages on {limit}, and every look counts as one)",
    )


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to send: a letter as it was, with what the destination's type asks for."""

    letter: DeadLetter
    group_id: str | None = None
    deduplication_id: str | None = None
    delay_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """SQS confirmed this entry and gave it a new message id."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """SQS did not take this entry. `retryable`: trying again may work.

    `lasting`: no other message will fare better (no such queue, access denied).
    """

    code: str
    message: str
    retryable: bool = False
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Nobody knows whether SQS took this entry: the answer got lost."""

    code: str
    message: str


SendOutcome = Sent | Rejected | InDoubt


class LetterQueue(Protocol):
    """A queue that letters are received from. Batches are at most MAX_BATCH_ENTRIES."""

    @property
    def arn(self) -> str: ...

    @property
    def fifo(self) -> bool: ...

    def receive(
        self, count: int, *, visibility_seconds: int, wait_seconds: int
    ) -> list[DeadLetter]:
        """Receive up to `count` letters, hidden from others for `visibility_seconds`."""
        ...

    def hide(self, receipts: Sequence[str], *, seconds: int) -> list[bool]:
        """Set the time until messages are visible again (0: now). One answer per receipt."""
        ...

    def delete(self, receipts: Sequence[str]) -> list[Rejected | None]:
        """Delete messages; None where SQS confirmed that very entry."""
        ...

    def facts(self) -> QueueFacts:
        """The queue's attributes as they are now."""
        ...


class Destination(Protocol):
    """A queue that messages are sent to."""

    def facts(self) -> QueueFacts:
        """The queue's attributes as they are now. Raises DlqctlError when it can't be used."""
        ...

    def send(self, batch: Sequence[Outgoing]) -> list[SendOutcome]:
        """Send one batch without retrying; one outcome per entry, in order. Never raises."""
        ...
