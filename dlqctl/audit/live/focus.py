"""An audit of some queues and functions only: what they need is read, the rest is not.

Read of everything, because any of it may feed or trigger what was asked for: mappings, functions
with their invoke configs, targets, schedules, pipes, subscriptions, alarms. Read only of what was
asked for and what is next to it: queues, streams, and all that has to be asked function by
function.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from dlqctl.audit import resources as aws
from dlqctl.audit.facts import Fact, Matches, Reference, Unknown, parse_arn
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.live.asking import NOT_ASKED, Survey
from dlqctl.audit.live.functions import Functions
from dlqctl.audit.live.names import Narrowing
from dlqctl.audit.live.queues import collect_queues, dead_letter_refs, queues_at


@dataclass(frozen=True, slots=True)
class Focus:
    """What was asked for, as refs: the queues and functions, and the mappings between them."""

    queues: frozenset[str]
    functions: frozenset[str]
    mappings: Matches[aws.EventSourceMapping]

    @property
    def near_functions(self) -> frozenset[str]:
        """The functions asked for, and those that consume the queues asked for."""
        return self.functions | {
            one.function.ref for one in self.mappings.seen if isinstance(one.function, Reference)
        }

    @property
    def near_queues(self) -> frozenset[str]:
        """The queues asked for, and those that the functions asked for consume."""
        return self.queues | {
            one.source.ref
            for one in self.mappings.seen
            if isinstance(one.source, Reference) and one.source.service == "sqs"
        }


def focus_of(
    survey: Survey, narrowing: Narrowing, mappings: Matches[aws.EventSourceMapping]
) -> Focus:
    """What `narrowing` means in this account and Region; nothing is asked for it."""
    queues = frozenset(survey.identity.arn("sqs", name) for name in narrowing.queues)
    functions = frozenset(
        survey.identity.arn("lambda", f"function:{name}") for name in narrowing.functions
    )

    def close(mapping: aws.EventSourceMapping) -> bool:
        return _points(mapping.source, queues) or _points(mapping.function, functions)

    return Focus(queues, functions, mappings.where(close))


def _points(to: Fact[Reference | None], refs: frozenset[str] | set[str]) -> bool:
    return isinstance(to, Reference) and to.ref in refs


@dataclass(frozen=True, slots=True)
class NearQueues:
    """The queues that a narrowed audit reads; `missing` are refs of queues that do not exist."""

    queues: Matches[aws.Queue]
    missing: frozenset[str]


def collect_near_queues(
    survey: Survey, focus: Focus, functions: Callable[[], Functions]
) -> NearQueues:
    """The queues near the focus, their dead-letter queues, and what redrives into any of them."""
    if not survey.wants("sqs:GetQueueAttributes"):
        return NearQueues(Matches((), NOT_ASKED), _absent(survey, focus))
    waiting = set(focus.near_queues) | set(_destinations(focus, functions()))
    urls: dict[str, str] = {}
    found: dict[str, aws.Queue] = {}
    missing: set[str] = set()
    gap: Unknown | None = None
    while waiting:
        asked = sorted(waiting)
        answers = zip(asked, survey.each(asked, lambda ref: _url(survey, ref)), strict=True)
        waiting = set()
        for ref, url in answers:
            if isinstance(url, Unknown):
                gap = gap or url
            elif url is None:
                missing.add(ref)
            else:
                urls[ref] = url
        new = [urls[ref] for ref in asked if ref in urls]
        read = queues_at(survey, new)
        found |= {queue.ref: queue for queue in read}
        sources = _sources(survey, new)
        if sources.gap:
            return NearQueues(collect_queues(survey), frozenset(missing))
        unread = (url for url in sorted(set(sources.seen)) if url not in urls.values())
        found |= {queue.ref: queue for queue in queues_at(survey, unread)}
        waiting = {
            one.ref
            for one in dead_letter_refs(read)
            if one.ref not in urls and one.ref not in missing and _is_here(survey, one)
        }
    return NearQueues(Matches(tuple(found.values()), gap), frozenset(missing))


def _absent(survey: Survey, focus: Focus) -> frozenset[str]:
    asked = sorted(focus.queues)
    answers = survey.each(asked, lambda ref: _url(survey, ref))
    return frozenset(ref for ref, url in zip(asked, answers, strict=True) if url is None)


def _url(survey: Survey, ref: str) -> Fact[str | None]:
    answer = survey.ask("sqs:GetQueueUrl", QueueName=ref.rpartition(":")[2])
    if answer is None or isinstance(answer, Unknown):
        return answer
    return str(answer["QueueUrl"])


def _sources(survey: Survey, urls: Iterable[str]) -> Matches[str]:
    seen: list[str] = []
    gap: Unknown | None = None
    for found in survey.each(
        list(urls),
        lambda url: survey.pages(
            "sqs:ListDeadLetterSourceQueues", result="queueUrls", QueueUrl=url
        ),
    ):
        seen.extend(found.seen)
        gap = gap or found.gap
    return Matches(tuple(seen), gap)


def _destinations(focus: Focus, functions: Functions) -> Iterator[str]:
    """The queues of this focus that failures go to, redrive policies apart."""
    ends: list[Fact[Reference | None]] = [one.on_failure for one in focus.mappings.seen]
    ends += [one.dead_letter for one in functions.functions.seen if one.ref in focus.near_functions]
    ends += [
        one.on_failure
        for one in functions.invoke_configs.seen
        if _points(one.function, focus.near_functions)
    ]
    for end in ends:
        if isinstance(end, Reference) and end.service == "sqs":
            yield end.ref


def _is_here(survey: Survey, to: Reference) -> bool:
    arn = parse_arn(to.ref)
    identity = survey.identity
    return arn is not None and (arn.account_id, arn.region) == (
        identity.account_id,
        identity.region,
    )


def focused(inventory: Inventory, focus: Focus) -> frozenset[str]:
    """The refs that a narrowed audit judges: what was asked for, and its surroundings.

    Its mappings and the functions or queues at their other end, wherever its failures go, what
    redrives into a queue that was asked for, what sends to it or invokes it, and its alarms.
    """
    graph = inventory.graph
    near = set(focus.near_queues | focus.near_functions)
    for queue in focus.queues:
        near |= {one.ref for one in graph.sources_of(queue).seen}
    asked = focus.queues | focus.functions
    sending = {one.ref for one in _senders(inventory) if _sends_to(one, asked)}
    waiting = near | sending
    while waiting:
        ends = {feed.to.ref for ref in waiting for feed in graph.failures_of(ref).seen}
        waiting = ends - near
        near |= ends
    near |= sending | {one.ref for one in focus.mappings.seen}
    near |= {ref.ref for one in focus.mappings.seen if isinstance(ref := one.source, Reference)}
    for function in focus.near_functions:
        near |= {one.ref for one in graph.aliases_of(function).seen}
        near |= {one.ref for one in graph.invoke_configs_of(function).seen}
    return frozenset(near | set(_alarms_on(inventory, near)))


_SENDERS = (aws.EventTarget, aws.Schedule, aws.Pipe, aws.Subscription)


def _senders(inventory: Inventory) -> Iterator[aws.Resource]:
    for kind in _SENDERS:
        yield from inventory.of(kind)


def _sends_to(sender: aws.Resource, refs: frozenset[str]) -> bool:
    match sender:
        case aws.EventTarget() | aws.Schedule() | aws.Pipe():
            return _points(sender.target, refs) or _points(sender.dead_letter, refs)
        case aws.Subscription():
            return _points(sender.endpoint, refs) or _points(sender.dead_letter, refs)
    return False


def _alarms_on(inventory: Inventory, near: set[str]) -> Iterator[str]:
    names = {
        one.name
        for kind in (aws.Queue, aws.Function, aws.Stream)
        for one in inventory.of(kind)
        if one.ref in near
    }
    for alarm in inventory.of(aws.Alarm):
        metrics = () if isinstance(alarm.metrics, Unknown) else alarm.metrics
        if any(not names.isdisjoint(metric.dimensions.values()) for metric in metrics):
            yield alarm.ref
