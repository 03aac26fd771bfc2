"""An account's inventory: every service at once, each thing asked about once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Event
from typing import Any

from dlqctl.audit.facts import Matches, Unknown, parse_arn
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.live.alarms import collect_alarms
from dlqctl.audit.live.asking import Account, Identity, Survey
from dlqctl.audit.live.deployments import collect_deployments, collect_state_machines
from dlqctl.audit.live.events import collect_pipes, collect_rules, collect_schedules
from dlqctl.audit.live.focus import (
    Focus,
    NearQueues,
    collect_near_queues,
    focus_of,
    focused,
)
from dlqctl.audit.live.functions import collect_functions
from dlqctl.audit.live.mappings import Streams, collect_mappings, collect_streams
from dlqctl.audit.live.names import NOTHING, Narrowing, Wanted
from dlqctl.audit.live.queues import collect_queues, with_ages
from dlqctl.audit.live.subscriptions import collect_subscriptions
from dlqctl.audit.resources import (
    Alarm,
    Alias,
    CompositeAlarm,
    DeploymentGroup,
    EventInvokeConfig,
    EventRule,
    EventSourceMapping,
    EventTarget,
    Function,
    Pipe,
    Queue,
    Resource,
    Schedule,
    StateMachine,
    Stream,
    Subscription,
)
from dlqctl.audit.suppress import TAG
from dlqctl.errors import DlqctlError

# Of the calls of one account and Region. Far below what SQS or SNS allow; Lambda's slow pace is
# kept by whoever makes the calls.
CALLS_AT_ONCE = 24
_SERVICES = 16
ACCOUNTS_AT_ONCE = 4

_NO_FAILURES = Unknown("read only of queues that failures go to")
_OTHERS = Unknown("not read: the audit is narrowed by --queue or --function")
_CHECK = "check the name, the account and --region"
_LISTED_WHOLE = frozenset({Alarm, CompositeAlarm, EventSourceMapping, Function, Pipe, Subscription})


@dataclass(frozen=True, slots=True)
class Collected:
    """An inventory, and what it took. `untagged` says why `dlqctl:ignore` tags were not read.

    `identity` is whose it is, `present` what of the names an audit is narrowed to is here.
    """

    inventory: Inventory
    identity: Identity
    untagged: Unknown | None = None
    present: Narrowing = NOTHING


def collect(
    account: Account,
    calls: frozenset[str],
    *,
    now: Callable[[], datetime],
    asked: Callable[[str], None] = lambda _: None,
    wanted: Wanted | None = None,
    stopped: Event | None = None,
) -> Collected:
    """What `calls` tell of the account. Raises DlqctlError where it can't be asked at all.

    Once `stopped` is set, by anybody, it raises CancelledError as soon as what is on its way is
    back.
    """
    identity = account.identity()
    narrowing = wanted.here(identity) if wanted else None
    with _threads(stopped or Event()) as (threads, services, stop):
        survey = Survey(account, identity, calls, threads, asked, stop)
        begun = _Begun(survey, services, narrowing)
        inventory = begun.inventory()
        if survey.wants("cloudwatch:GetMetricData"):
            inventory = _with_ages(survey, inventory, now=now)
        tags = begun.tags.result()
    inventory = replace(inventory, resources=_tagged(inventory.resources, tags.seen))
    if begun.focus is None or narrowing is None:
        return Collected(inventory, identity, tags.gap)
    focus = focused(inventory, begun.focus.result())
    inventory = replace(inventory, elsewhere=_OTHERS, complete=_LISTED_WHOLE, focus=focus)
    return Collected(inventory, identity, tags.gap, _present(inventory, narrowing))


@contextmanager
def _threads(stop: Event) -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor, Event]]:
    """Threads for calls and for services. After an error or Ctrl-C nothing new begins."""
    threads, services = ThreadPoolExecutor(CALLS_AT_ONCE), ThreadPoolExecutor(_SERVICES)
    try:
        yield threads, services, stop
    except BaseException:
        stop.set()
        raise
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        services.shutdown(wait=False, cancel_futures=True)


class _Begun:
    """Every service, begun at once; each waits for another only where it must."""

    def __init__(
        self, survey: Survey, services: ThreadPoolExecutor, narrowing: Narrowing | None
    ) -> None:
        self._survey = survey
        start = services.submit
        self.mappings = start(collect_mappings, survey)
        self.focus: Future[Focus] | None = None
        if narrowing is not None:
            self.focus = start(lambda: focus_of(survey, narrowing, self.mappings.result()))
        self.functions = start(
            lambda: collect_functions(survey, self.mappings.result, about=self._near())
        )
        self.queues = start(self._queues)
        self.streams = start(lambda: collect_streams(survey, self._close_mappings()))
        self.rules = start(collect_rules, survey)
        self.schedules = start(collect_schedules, survey)
        self.pipes = start(collect_pipes, survey)
        self.subscriptions = start(collect_subscriptions, survey)
        self.alarms = start(collect_alarms, survey)
        self.state_machines = start(collect_state_machines, survey)
        self.deployments = start(collect_deployments, survey)
        self.tags = start(
            survey.pages,
            "tag:GetResources",
            result="ResourceTagMappingList",
            TagFilters=[{"Key": TAG}],
        )

    def _near(self) -> Callable[[str], bool]:
        if self.focus is None:
            return lambda _: True
        return self.focus.result().near_functions.__contains__

    def _close_mappings(self) -> Matches[EventSourceMapping]:
        return self.mappings.result() if self.focus is None else self.focus.result().mappings

    def _queues(self) -> NearQueues:
        if self.focus is None:
            return NearQueues(collect_queues(self._survey), frozenset())
        return collect_near_queues(self._survey, self.focus.result(), self.functions.result)

    def inventory(self) -> Inventory:
        """All of it, once it is there."""
        identity = self._survey.identity
        queues, streams = self.queues.result(), self.streams.result()
        found = self._found(queues.queues, streams)
        return Inventory(
            resources=tuple(one for matches in found.values() for one in matches.seen),
            origin=identity.origin,
            account_id=identity.account_id,
            region=identity.region,
            gaps={kind: matches.gap for kind, matches in found.items() if matches.gap},
            missing=streams.missing | queues.missing,
        )

    def _found(
        self, queues: Matches[Queue], streams: Streams
    ) -> Mapping[type[Resource], Matches[Any]]:
        functions, deployments = self.functions.result(), self.deployments.result()
        rules, alarms = self.rules.result(), self.alarms.result()
        aliases = tuple(deployments.judged(one) for one in functions.aliases.seen)
        return {
            Alarm: alarms.alarms,
            Alias: Matches(aliases, functions.aliases.gap),
            CompositeAlarm: alarms.composites,
            DeploymentGroup: deployments.groups,
            EventInvokeConfig: functions.invoke_configs,
            EventRule: rules.rules,
            EventSourceMapping: self.mappings.result(),
            EventTarget: rules.targets,
            Function: functions.functions,
            Pipe: self.pipes.result(),
            Queue: queues,
            Schedule: self.schedules.result(),
            StateMachine: self.state_machines.result(),
            Stream: Matches(streams.seen, streams.gap),
            Subscription: self.subscriptions.result(),
        }


def _with_ages(survey: Survey, inventory: Inventory, *, now: Callable[[], datetime]) -> Inventory:
    """CloudWatch charges for each metric read: only queues that failures go to are worth it."""
    feeds = inventory.graph.feeds
    worth = tuple(one for one in inventory.of(Queue) if feeds(one.ref).seen)
    aged = {one.ref: one for one in with_ages(survey, worth, now=now)}
    return replace(
        inventory,
        resources=tuple(
            aged.get(one.ref, replace(one, oldest_message_seconds=_NO_FAILURES))
            if isinstance(one, Queue)
            else one
            for one in inventory.resources
        ),
    )


def _tagged(
    resources: Sequence[Resource], tags: Sequence[Mapping[str, Any]]
) -> tuple[Resource, ...]:
    by_ref = {
        one["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in one.get("Tags") or ()}
        for one in tags
    }
    return tuple(
        replace(one, tags=by_ref[one.ref]) if one.ref in by_ref else one for one in resources
    )


def _present(inventory: Inventory, narrowing: Narrowing) -> Narrowing:
    """What was asked for, less what is surely not here."""
    gone = {arn.resource for ref in inventory.missing if (arn := parse_arn(ref))}
    functions = {one.name for one in inventory.of(Function)}
    unsure = inventory.gap(Function) is not None
    return Narrowing(
        queues=narrowing.queues - gone,
        functions=narrowing.functions if unsure else narrowing.functions & functions,
    )


def collect_each(
    accounts: Sequence[Account],
    calls: frozenset[str],
    *,
    now: Callable[[], datetime],
    asked: Callable[[str], None],
    wanted: Wanted | None = None,
) -> tuple[Collected, ...]:
    """`collect` for several accounts and Regions, a few at a time.

    Raises DlqctlError where one can't be asked, or where something `wanted` is in none of them.
    """
    stopped = Event()
    with ThreadPoolExecutor(min(len(accounts), ACCOUNTS_AT_ONCE)) as threads:
        begun = [
            threads.submit(
                collect, one, calls, now=now, asked=asked, wanted=wanted, stopped=stopped
            )
            for one in accounts
        ]
        try:
            collected = tuple(one.result() for one in _as_they_end(begun))
        except BaseException:
            stopped.set()
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    if wanted is not None:
        _refuse_absent(wanted, collected)
    return collected


def _as_they_end(begun: "Sequence[Future[Collected]]") -> "Sequence[Future[Collected]]":
    """All of them, in order, once all have ended; or those that failed, as soon as one did.

    The failure comes before the cancellations that it has caused.
    """
    done, _ = wait(begun, return_when=FIRST_EXCEPTION)
    failed = [one for one in done if one.exception()]
    return sorted(failed, key=lambda one: isinstance(one.exception(), CancelledError)) or begun


def _refuse_absent(wanted: Wanted, collected: Sequence[Collected]) -> None:
    origins = ", ".join(one.inventory.origin for one in collected)
    for named in wanted.queues:
        if not any(
            named.may_be_at(one.identity) and named.name in one.present.queues for one in collected
        ):
            raise DlqctlError(f"no queue {named.written!r} in {origins}", hint=_CHECK)
    for named in wanted.functions:
        if not any(
            named.may_be_at(one.identity) and named.name in one.present.functions
            for one in collected
        ):
            raise DlqctlError(f"no function {named.written!r} in {origins}", hint=_CHECK)
