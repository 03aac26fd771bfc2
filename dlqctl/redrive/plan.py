"""What would go where: the route of each letter, and the counts that a person agrees to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dlqctl import origins
from dlqctl.letters import FailureRecord
from dlqctl.origins import NoSource, QueueMove, Refusal
from dlqctl.queues import queue_name


@dataclass(frozen=True, slots=True)
class MoveTo:
    """Send the message to this queue. `guessed`: it names no source, its queue has only this."""

    arn: str
    guessed: bool = False


Step = MoveTo | Refusal


@dataclass(frozen=True, slots=True)
class Router:
    """Decides where each letter goes: to `to`, else to its own source, else to the only source.

    `sources` are the queues whose redrive policy names the dead-letter queue; None when they
    can't be listed.
    """

    queue_arn: str
    to: str | None
    sources: Sequence[str] | None

    def step(self, record: FailureRecord) -> Step:
        """The queue a redrive of `record` goes to, or why it is not for a redrive."""
        if self.to:
            return MoveTo(self.to)
        match origins.route(record):
            case QueueMove(arn):
                return MoveTo(arn)
            case Refusal() as refusal:
                return refusal
            case NoSource():
                return self._only_source()

    def _only_source(self) -> Step:
        name = queue_name(self.queue_arn)
        instead = f"dlqctl redrive {name} --to QUEUE"
        if self.sources is None:
            return Refusal(
                "the message names no source queue, and the sources of this queue can't be listed",
                instead,
            )
        match list(self.sources):
            case [source]:
                return MoveTo(source, guessed=True)
            case []:
                return Refusal(
                    "the message names no source queue, and no queue redrives to this one", instead
                )
            case several:
                names = ", ".join(queue_name(source) for source in several[:5])
                return Refusal(
                    f"the message names no source queue, and this queue has {len(several)}:"
                    f" {names}{' …' if len(several) > 5 else ''}",
                    instead,
                )


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """Letters that fare alike. `target` is None where they are refused, `refusal` says why."""

    origin: str
    target: str | None
    error: str | None
    refusal: Refusal | None = None


@dataclass(slots=True)
class Plan:
    """Counts by origin, target and error. `scanned` letters were looked at to make it."""

    scanned: int = 0
    groups: Counter[PlanGroup] = field(default_factory=Counter)
    guessed: int = 0

    def add(self, record: FailureRecord, step: Step) -> None:
        """Count one selected letter."""
        error = record.error.type if record.error else None
        match step:
            case MoveTo(arn, guessed=guessed):
                self.guessed += guessed
                self.groups[PlanGroup(record.origin, arn, error)] += 1
            case Refusal() as refusal:
                self.groups[PlanGroup(record.origin, None, error, refusal)] += 1

    @property
    def selected(self) -> int:
        """Letters that would be handled, the refused ones included."""
        return self.groups.total()

    @property
    def refused(self) -> int:
        """Letters that a redrive would not send."""
        return sum(count for group, count in self.groups.items() if group.target is None)

    @property
    def routes(self) -> dict[str, int]:
        """How many letters would go to each queue."""
        routes: Counter[str] = Counter()
        for group, count in self.groups.items():
            if group.target is not None:
                routes[group.target] += count
        return dict(routes)


def make_plan(records: Iterable[FailureRecord], router: Router) -> Plan:
    """The plan for these selected records."""
    plan = Plan()
    for record in records:
        plan.add(record, router.step(record))
    return plan
