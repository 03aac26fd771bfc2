"""What points at what: who feeds a queue with failures, who consumes it, who invokes a function.

An edge whose end is unknown may lead anywhere, so it is a gap in every answer that could have
held it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from dlqctl.audit import resources as aws
from dlqctl.audit.facts import Fact, Matches, Reference, Unknown
from dlqctl.audit.policies import asynchronous_invokers

E = TypeVar("E")
R = TypeVar("R", bound=aws.Resource)


class FailurePath(StrEnum):
    """The ways in which AWS puts what failed somewhere else."""

    REDRIVE = "redrive policy"
    MAPPING = "on-failure destination of an event source mapping"
    INVOCATION = "on-failure destination of asynchronous invocations"
    FUNCTION = "dead-letter queue of a function"
    RULE = "dead-letter queue of a rule's target"
    SCHEDULE = "dead-letter queue of a schedule"
    PIPE = "dead-letter queue of a pipe"
    SUBSCRIPTION = "dead-letter queue of a subscription"


@dataclass(frozen=True, slots=True)
class Feed:
    """What fails at `by` goes to `to`. `source` is the ref of what failed.

    For a mapping and an invoke config `source` is their function, else it is `by` itself.
    """

    path: FailurePath
    by: aws.Resource
    to: Reference
    source: str


@dataclass(frozen=True, slots=True)
class Invocation:
    """An asynchronous trigger of a function.

    `service` is what invokes (`events`, `sns`, `s3`, `scheduler`, `lambda` …), `by` the resource
    that says so. `qualifier` is the alias or version invoked, None for `$LATEST`.
    """

    service: str
    by: aws.Resource
    qualifier: str | None


class Index(Generic[E]):
    """Edges by a key, and the first reason why some may be missing: anywhere, or at one key."""

    def __init__(self, edges: Iterable[tuple[str, E | Unknown] | Unknown | None]) -> None:
        found: defaultdict[str, list[E]] = defaultdict(list)
        self._gaps: dict[str, Unknown] = {}
        self.gap: Unknown | None = None
        for edge in edges:
            if isinstance(edge, Unknown):
                self.gap = self.gap or edge
            elif edge is not None:
                key, end = edge
                if isinstance(end, Unknown):
                    self._gaps.setdefault(key, end)
                else:
                    found[key].append(end)
        self._found = {key: tuple(values) for key, values in found.items()}

    def at(self, key: str) -> Matches[E]:
        """The edges at `key`."""
        return Matches(self._found.get(key, ()), self.gap or self._gaps.get(key))


class Listing(Protocol):
    """`Inventory.of`."""

    def __call__(self, kind: type[R], /) -> tuple[R, ...]: ...


class Graph:
    """The edges of an inventory, indexed when they are first asked for.

    `listed` gives the resources of a type, `gap` why there may be more of it.
    """

    def __init__(
        self, listed: Listing, gap: Callable[[type[aws.Resource]], Unknown | None]
    ) -> None:
        self._listed = listed
        self._gap = gap

    def mappings_from(self, source: str) -> Matches[aws.EventSourceMapping]:
        """The mappings that read this queue or stream, enabled or not."""
        return self._mappings_by_source.at(source)

    def mappings_to(self, function: str) -> Matches[aws.EventSourceMapping]:
        """The mappings that invoke this function, under any qualifier, enabled or not."""
        return self._mappings_by_function.at(function)

    def invoke_configs_of(self, function: str) -> Matches[aws.EventInvokeConfig]:
        """How this function's asynchronous invocations fail, by qualifier."""
        return self._invoke_configs.at(function)

    def aliases_of(self, function: str) -> Matches[aws.Alias]:
        """The function's aliases."""
        return self._aliases.at(function)

    def targets_of(self, rule: str) -> Matches[aws.EventTarget]:
        """The targets of an EventBridge rule."""
        return self._targets.at(rule)

    def subscriptions_of(self, topic: str) -> Matches[aws.Subscription]:
        """The subscriptions of a topic."""
        return self._subscriptions.at(topic)

    def feeds(self, destination: str) -> Matches[Feed]:
        """Everything that puts its failures on `destination`."""
        return self._feeds_by_destination.at(destination)

    def failures_of(self, source: str) -> Matches[Feed]:
        """Everywhere that the failures of this queue, function, rule … go."""
        return self._feeds_by_source.at(source)

    def sources_of(self, dead_letter_queue: str) -> Matches[aws.Queue]:
        """The queues whose redrive policy names this DLQ."""
        return self._sources.at(dead_letter_queue)

    def invocations_of(self, function: str) -> Matches[Invocation]:
        """What invokes this function asynchronously."""
        return self._invocations.at(function)

    def alarms_on(
        self, watched: aws.Resource, *, namespace: str, metric: str, dimension: str
    ) -> Matches[aws.Alarm]:
        """The alarms on a metric of `watched`, which `dimension` names (`QueueName` …)."""
        wanted = {watched.ref, watched.name} - {""}
        seen = {
            alarm.ref: alarm
            for value in sorted(wanted)
            for alarm in self._alarms.at("\0".join((namespace, metric, dimension, value))).seen
        }
        return Matches(tuple(seen.values()), self._alarms.gap or self._query_on(metric))

    def alarms_across(self, *, namespace: str, metric: str) -> Matches[aws.Alarm]:
        """The alarms on a metric without dimensions: the sum over everything that has it."""
        found = self._alarms.at("\0".join((namespace, metric, "", "")))
        return Matches(found.seen, found.gap or self._query_on(metric))

    def composites_over(self, alarm: aws.Alarm | aws.CompositeAlarm) -> Matches[aws.CompositeAlarm]:
        """The composite alarms that name this one, in their rule or as what silences them."""
        by_name, by_ref = self._composites.at(alarm.name), self._composites.at(alarm.ref)
        seen = {one.ref: one for one in (*by_name.seen, *by_ref.seen)}
        return Matches(tuple(seen.values()), by_ref.gap)

    def _query_on(self, metric: str) -> Unknown | None:
        for name, query in self._queries:
            if metric in query:
                return Unknown(f"alarm {name} watches {metric} by a query")
        return None

    @cached_property
    def _composites(self) -> Index[aws.CompositeAlarm]:
        def edges() -> Iterator[tuple[str, aws.CompositeAlarm] | Unknown | None]:
            for composite in self._listed(aws.CompositeAlarm):
                for said in (composite.rule, composite.suppressor):
                    if isinstance(said, Unknown):
                        yield said
                for name in _alarms_named_by(composite):
                    yield name, composite
            yield self._gap(aws.CompositeAlarm)

        return Index(edges())

    @cached_property
    def _queries(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (alarm.name, query) for alarm in self._listed(aws.Alarm) for query in alarm.queries
        )

    @cached_property
    def _mappings_by_source(self) -> Index[aws.EventSourceMapping]:
        return self._by_reference(aws.EventSourceMapping, lambda mapping: mapping.source)

    @cached_property
    def _mappings_by_function(self) -> Index[aws.EventSourceMapping]:
        return self._by_reference(aws.EventSourceMapping, lambda mapping: mapping.function)

    @cached_property
    def _invoke_configs(self) -> Index[aws.EventInvokeConfig]:
        return self._by_reference(aws.EventInvokeConfig, lambda config: config.function)

    @cached_property
    def _aliases(self) -> Index[aws.Alias]:
        return self._by_reference(aws.Alias, lambda alias: alias.function)

    @cached_property
    def _targets(self) -> Index[aws.EventTarget]:
        return self._by_reference(
            aws.EventTarget, lambda target: Reference(target.ref, service="events")
        )

    @cached_property
    def _sources(self) -> Index[aws.Queue]:
        return self._by_reference(aws.Queue, _dead_letter_queue)

    @cached_property
    def _subscriptions(self) -> Index[aws.Subscription]:
        return self._by_reference(aws.Subscription, lambda subscription: subscription.topic)

    def _by_reference(self, kind: type[R], end: Callable[[R], Fact[Reference | None]]) -> Index[R]:
        def edges() -> Iterator[tuple[str, R] | Unknown | None]:
            for resource in self._listed(kind):
                to = end(resource)
                yield (to.ref, resource) if isinstance(to, Reference) else to
            yield self._gap(kind)

        return Index(edges())

    @cached_property
    def _feeds(self) -> tuple[Feed | Unknown, ...]:
        return tuple(self._failure_edges())

    @cached_property
    def _feeds_by_destination(self) -> Index[Feed]:
        return Index(
            feed if isinstance(feed, Unknown) else (feed.to.ref, feed) for feed in self._feeds
        )

    @cached_property
    def _feeds_by_source(self) -> Index[Feed]:
        return Index(
            feed if isinstance(feed, Unknown) else (feed.source, feed) for feed in self._feeds
        )

    def _failure_edges(self) -> Iterator[Feed | Unknown]:
        for queue in self._listed(aws.Queue):
            yield from _feed(FailurePath.REDRIVE, queue, _dead_letter_queue(queue))
        for mapping in self._listed(aws.EventSourceMapping):
            yield from _feed(
                FailurePath.MAPPING, mapping, mapping.on_failure, source=mapping.function
            )
        for config in self._listed(aws.EventInvokeConfig):
            yield from _feed(
                FailurePath.INVOCATION, config, config.on_failure, source=config.function
            )
        for kind, path in _WITH_DEAD_LETTER.items():
            for owner in self._listed(kind):
                yield from _feed(path, owner, owner.dead_letter)  # type: ignore[attr-defined]
        for kind in (aws.Queue, aws.EventSourceMapping, aws.EventInvokeConfig, *_WITH_DEAD_LETTER):
            gap = self._gap(kind)
            if gap:
                yield gap

    @cached_property
    def _invocations(self) -> Index[Invocation]:
        return Index(self._invocation_edges())

    def _invocation_edges(self) -> Iterator[tuple[str, Invocation | Unknown] | Unknown | None]:
        for target in self._listed(aws.EventTarget):
            if target.enabled is not False:
                yield _invocation("events", target, target.target)
        for schedule in self._listed(aws.Schedule):
            if schedule.enabled is not False:
                yield _invocation("scheduler", schedule, schedule.target)
        for subscription in self._listed(aws.Subscription):
            yield _invocation("sns", subscription, subscription.endpoint)
        for config in self._listed(aws.EventInvokeConfig):
            yield _invocation("lambda", config, config.on_failure)
            yield _invocation("lambda", config, config.on_success)
        for function in self._listed(aws.Function):
            yield from _permitted(function, function.policy, function.ref, qualifier=None)
        for alias in self._listed(aws.Alias):
            if isinstance(alias.function, Reference):
                yield from _permitted(alias, alias.policy, alias.function.ref, qualifier=alias.name)
        for kind in _INVOKERS:
            yield self._gap(kind)

    @cached_property
    def _alarms(self) -> Index[aws.Alarm]:
        def edges() -> Iterator[tuple[str, aws.Alarm] | Unknown | None]:
            for alarm in self._listed(aws.Alarm):
                if isinstance(alarm.metrics, Unknown):
                    yield alarm.metrics
                    continue
                for metric in alarm.metrics:
                    for dimension, value in metric.dimensions.items() or [("", "")]:
                        key = "\0".join((metric.namespace, metric.name, dimension, value))
                        yield key, alarm
            yield self._gap(aws.Alarm)

        return Index(edges())


_STATE_OF = re.compile(
    r"""\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*("[^"]*"|'[^']*'|[^)'"]*?)\s*\)"""
)
_WITH_DEAD_LETTER: Mapping[type[aws.Resource], FailurePath] = {
    aws.Function: FailurePath.FUNCTION,
    aws.EventTarget: FailurePath.RULE,
    aws.Schedule: FailurePath.SCHEDULE,
    aws.Pipe: FailurePath.PIPE,
    aws.Subscription: FailurePath.SUBSCRIPTION,
}
_INVOKERS = (
    aws.EventTarget,
    aws.Schedule,
    aws.Subscription,
    aws.EventInvokeConfig,
    aws.Function,
    aws.Alias,
)


def _alarms_named_by(composite: aws.CompositeAlarm) -> Iterator[str]:
    """`ALARM("a") OR OK(b)` names a and b."""
    if isinstance(composite.rule, str):
        for name in _STATE_OF.findall(composite.rule):
            yield name.strip("\"'")
    if isinstance(composite.suppressor, str):
        yield composite.suppressor


def _dead_letter_queue(queue: aws.Queue) -> Fact[Reference | None]:
    redrive = queue.redrive
    return redrive.dead_letter if isinstance(redrive, aws.RedrivePolicy) else redrive


def _feed(
    path: FailurePath,
    by: aws.Resource,
    to: Fact[Reference | None],
    *,
    source: Fact[Reference] | None = None,
) -> Iterator[Feed | Unknown]:
    if isinstance(to, Unknown):
        yield to
    elif isinstance(source, Unknown):
        yield source
    elif to is not None:
        yield Feed(path, by, to, source.ref if source else by.ref)


def _invocation(
    service: str, by: aws.Resource, to: Fact[Reference | None]
) -> tuple[str, Invocation] | Unknown | None:
    if not isinstance(to, Reference):
        return to
    return (to.ref, Invocation(service, by, to.qualifier)) if to.service == "lambda" else None


def _permitted(
    by: aws.Resource,
    policy: Fact[Mapping[str, object] | None],
    function: str,
    *,
    qualifier: str | None,
) -> Iterator[tuple[str, Invocation | Unknown]]:
    if isinstance(policy, Unknown):
        yield function, policy
    elif policy is not None:
        for service in asynchronous_invokers(policy):
            yield function, Invocation(service, by, qualifier)
