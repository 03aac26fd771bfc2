"""Which queues are dead-letter queues, what feeds them, and when their first message expires."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from dlqctl.queues import QueueFacts
from dlqctl.record import timestamp

SCHEMA = "dlqctl.list/v1"
QUEUE_SCHEMA = "dlqctl.queue/v1"
EXPIRES_SOON = timedelta(hours=12)

_NAMED_DEAD_LETTER = re.compile(
    r"(?i:dead[-_]?letter)"
    r"|(?i:(?<![a-z])dlqs?(?![a-z]))"
    r"|(?i:dlq(?=\.fifo\Z|\Z))"
    r"|(?<=[a-z])D(?:LQ|lq)(?![a-z])"
)
_KINDS = {
    "sqs": "queue",
    "lambda": "function",
    "events": "rule",
    "scheduler": "schedule",
    "pipes": "pipe",
    "sns": "topic",
}


@dataclass(frozen=True, slots=True)
class Feed:
    """What fails (`source`, an ARN) sends its dead letters to the queue of ARN `queue_arn`."""

    source: str
    queue_arn: str


@dataclass(frozen=True, slots=True)
class DeadLetterQueue:
    """A dead-letter queue as it is now.

    `oldest_seconds` is how long the oldest message has been *on this queue*, as CloudWatch's
    ApproximateAgeOfOldestMessage says; None when the queue is empty or CloudWatch does not know.

    `first_expiry` is `oldest_seconds` ago plus the queue's retention: the first message expires
    then *at the latest*. For a FIFO queue, and for what a service sends here, retention starts on
    arrival. A message that SQS moves to a standard queue keeps the time of its first send, so it
    expires earlier, by as long as it was on its source queue. Neither the source's retention nor
    its receive limit times its visibility timeout tells how long that was (the first is a limit
    hardly ever met, the second counts no waiting), so the one bound that always holds is given,
    and `first_expiry_is_a_bound` says so. CloudWatch also leaves out messages that were received
    three times or more: they too can only be older, never younger.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """

    name: str
    arn: str
    fifo: bool
    sources: tuple[str, ...]
    visible: int
    in_flight: int
    delayed: int
    retention_seconds: int
    oldest_seconds: int | None = None
    first_expiry: datetime | None = None

    @property
    def empty(self) -> bool:
        """Nothing to receive, now or later; delayed messages are not on it yet."""
        return self.visible + self.in_flight == 0

    @property
    def first_expiry_is_a_bound(self) -> bool:
        """SQS may have moved messages here that are older than their time on this queue."""
        moved = any(source_kind(source) == "queue" for source in self.sources)
        return not self.fifo and (moved or not self.sources)

    def aged(self, oldest_seconds: int, *, now: datetime) -> "DeadLetterQueue":
        """This queue with an oldest message that arrived `oldest_seconds` ago."""
        left = timedelta(seconds=self.retention_seconds - oldest_seconds)
        return replace(self, oldest_seconds=oldest_seconds, first_expiry=now + left)


class Why(StrEnum):
    """Why something could not be asked."""

    DENIED = "denied"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    TOO_MANY = "too many"


@dataclass(frozen=True, slots=True)
class Gap:
    """What the list leaves out. `action` is the IAM action, `missing` what it would have told."""

    action: str
    missing: str
    why: Why
    said: str = ""

    @property
    def incomplete(self) -> bool:
        """The account may have more than is listed: it was not merely a service that isn't here."""
        return self.why is not Why.UNSUPPORTED

    def __str__(self) -> str:
        match self.why:
            case Why.DENIED:
                return (
                    f"access denied to {self.action}, so {self.missing}:"
                    f" allow {self.action} for this identity"
                )
            case Why.UNSUPPORTED:
                return f"this endpoint does not know {self.action}, so {self.missing}"
            case Why.FAILED:
                return f"{self.action} failed, so {self.missing} ({self.said})"
            case Why.TOO_MANY:
                return f"too many for {self.action}, so {self.missing} of all ({self.said})"


@dataclass(frozen=True, slots=True)
class Listing:
    """The dead-letter queues, the most pressing first, and what could not be asked."""

    queues: tuple[DeadLetterQueue, ...]
    gaps: tuple[Gap, ...]


def named_dead_letter(name: str) -> bool:
    """Whether a part of the queue's name says it: `orders-dlq`, `OrdersDLQ`, `dead-letters`."""
    return _NAMED_DEAD_LETTER.search(name) is not None


def dead_letter_queues(
    queues: Iterable[QueueFacts], feeds: Iterable[Feed]
) -> list[DeadLetterQueue]:
    """Those of `queues` that something feeds, or else whose name says what they are.

    The redrive policies among the facts are feeds too. Feeds of queues that are not among `queues`
    (deleted meanwhile, of another account or Region) are left out.
    """
    known = list(queues)
    sources: dict[str, set[str]] = {facts.arn: set() for facts in known}
    policies = (
        Feed(facts.arn, facts.redrive_policy.dead_letter_queue_arn)
        for facts in known
        if facts.redrive_policy
    )
    for feed in (*policies, *feeds):
        if feed.queue_arn in sources:
            sources[feed.queue_arn].add(feed.source)
    return [
        DeadLetterQueue(
            name=facts.name,
            arn=facts.arn,
            fifo=facts.fifo,
            sources=tuple(sorted(sources[facts.arn])),
            visible=facts.visible,
            in_flight=facts.in_flight,
            delayed=facts.delayed,
            retention_seconds=facts.retention_seconds,
        )
        for facts in known
        if sources[facts.arn] or named_dead_letter(facts.name)
    ]


def with_ages(
    queues: Iterable[DeadLetterQueue], ages: Mapping[str, int], *, now: datetime
) -> list[DeadLetterQueue]:
    """`queues` with the age in seconds of their oldest message, by ARN. Empty queues have none."""
    return [
        queue.aged(ages[queue.arn], now=now) if queue.arn in ages and not queue.empty else queue
        for queue in queues
    ]


def most_pressing_first(
    queues: Iterable[DeadLetterQueue], *, now: datetime
) -> list[DeadLetterQueue]:
    """What expires within EXPIRES_SOON, soonest first; then the fullest; then by name."""

    def key(queue: DeadLetterQueue) -> tuple[bool, timedelta, int, str]:
        left = queue.first_expiry - now if queue.first_expiry else None
        soon = left is not None and left < EXPIRES_SOON
        size = queue.visible + queue.in_flight + queue.delayed
        return (not soon, left if left is not None and soon else timedelta(0), -size, queue.name)

    return sorted(queues, key=key)


def queue_document(queue: DeadLetterQueue) -> dict[str, object]:
    """`queue` as JSON values: an entry of `queues` in `dlqctl.list/v1`."""
    return {
        "name": queue.name,
        "arn": queue.arn,
        "fifo": queue.fifo,
        "sources": list(queue.sources),
        "visible": queue.visible,
        "in_flight": queue.in_flight,
        "delayed": queue.delayed,
        "retention_seconds": queue.retention_seconds,
        "oldest_seconds": queue.oldest_seconds,
        "first_expiry": timestamp(queue.first_expiry),
    }


def source_kind(arn: str) -> str | None:
    """What a person calls this kind of resource: `queue`, `function`, `rule` …; None: unknown."""
    parts = arn.split(":", 5)
    return _KINDS.get(parts[2]) if len(parts) == 6 else None


def source_label(arn: str) -> str:
    """Kind and short name of what `arn` names: `rule nightly` (untrusted, as ARNs are).

    The bus of a rule and the group of a schedule are named unless they are the default ones.
    """
    kind = source_kind(arn)
    if kind is None:
        return arn
    resource = arn.split(":", 5)[5]
    name = re.sub(r"\A(?:function:|rule/|schedule/(?:default/)?|pipe/)", "", resource)
    return f"{kind} {name}"
