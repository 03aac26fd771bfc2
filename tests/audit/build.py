"""Inventories in a few words, for the cases of rules.

Names stand for ARNs: `queue("orders", dlq="orders-dlq")`. Every other fact is a keyword of the
type it belongs to, and is AWS's default where it isn't given. `UNKNOWN` can be any fact.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from dlqctl.audit.facts import Fact, Reference, Unknown
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import (
    Alarm,
    Alias,
    CompositeAlarm,
    DeploymentGroup,
    EventInvokeConfig,
    EventRule,
    EventSource,
    EventSourceMapping,
    EventTarget,
    Function,
    Metric,
    Pipe,
    Queue,
    RedrivePolicy,
    Resource,
    Schedule,
    StateMachine,
    Stream,
    Subscription,
)

T = TypeVar("T")

ACCOUNT = "111122223333"
REGION = "eu-west-1"
UNKNOWN = Unknown("access denied to sqs:GetQueueAttributes", action="sqs:GetQueueAttributes")
HOUR = 3_600
DAY = 86_400

_RESOURCE = {
    "sqs": "{}",
    "sns": "{}",
    "lambda": "function:{}",
    "kinesis": "stream/{}",
    "dynamodb": "table/{}/stream/2026-01-02T03:04:05.678",
    "events": "rule/{}",
    "states": "stateMachine:{}",
    "cloudwatch": "alarm:{}",
    "pipes": "pipe/{}",
    "scheduler": "schedule/default/{}",
    "codedeploy": "deploymentgroup:{}",
}


def arn(service: str, name: str) -> str:
    """`arn("sqs", "orders")`: in this account and Region."""
    if service == "s3":
        return f"arn:aws:s3:::{name}"
    resource = _RESOURCE[service].format(name)
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def to(service: str, name: str, qualifier: str | None = None) -> Reference:
    """A reference: `to("sqs", "orders-dlq")`, `to("lambda", "orders", "live")`."""
    return Reference(arn(service, name), service, qualifier)


def inventory(*resources: Resource, **facts: Any) -> Inventory:
    """A live account that holds `resources` and nothing else; `gaps={Queue: UNKNOWN}` …"""
    return Inventory(
        resources, origin=f"{ACCOUNT}/{REGION}", account_id=ACCOUNT, region=REGION, **facts
    )


def queue(
    name: str, *, dlq: Fact[str | None] = None, max_receive_count: Fact[int] = 5, **facts: Any
) -> Queue:
    """A queue; FIFO by its name; `dlq` is the name of its dead-letter queue."""
    redrive: Fact[RedrivePolicy | None] = (
        RedrivePolicy(to("sqs", dlq), max_receive_count) if isinstance(dlq, str) else dlq
    )
    named: dict[str, Any] = {"fifo": name.endswith(".fifo"), "redrive": redrive} | facts
    return Queue(ref=arn("sqs", name), name=name, **named)


def function(name: str = "worker", **facts: Any) -> Function:
    """A function."""
    return Function(ref=arn("lambda", name), name=name, **facts)


def alias(name: str, *, of: str = "worker", **facts: Any) -> Alias:
    """An alias of the function `of`."""
    facts = {"function": to("lambda", of)} | facts
    return Alias(ref=f"{arn('lambda', of)}:{name}", name=name, **facts)


def mapping(
    source: str = "orders", service: str = "sqs", *, function: str = "worker", **facts: Any
) -> EventSourceMapping:
    """A mapping from the queue or stream `source` (`service` is `sqs`, `kinesis`, `dynamodb` …).

    It is named for both ends, so two mappings between the same pair want `name=`. `qualifier` is
    the alias or version that is invoked.
    """
    name = facts.pop("name", f"{source}-{function}")
    event_source = EventSource(service)
    facts = {
        "event_source": event_source,
        "source": to(service, source) if service in _RESOURCE else None,
        "function": to("lambda", function, facts.pop("qualifier", None)),
        "batch_size": event_source.default_batch_size,
        **facts,
    }
    ref = f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:{name}"
    return EventSourceMapping(ref=ref, name=name, **facts)


def stream_mapping(source: str = "clicks", **facts: Any) -> EventSourceMapping:
    """A mapping from the Kinesis stream `source`."""
    return mapping(source, "kinesis", **facts)


def stream(name: str = "clicks", **facts: Any) -> Stream:
    """A Kinesis stream."""
    return Stream(ref=arn("kinesis", name), name=name, **facts)


def table_stream(name: str = "clicks", **facts: Any) -> Stream:
    """The stream of a DynamoDB table."""
    return Stream(ref=arn("dynamodb", name), name=name, event_source=EventSource.DYNAMODB, **facts)


def invoke_config(
    function: str = "worker", *, qualifier: str = "$LATEST", **facts: Any
) -> EventInvokeConfig:
    """An EventInvokeConfig."""
    return EventInvokeConfig(
        ref=f"{arn('lambda', function)}:{qualifier}",
        name=f"{function}:{qualifier}",
        function=to("lambda", function),
        qualifier=qualifier,
        **facts,
    )


def event_rule(name: str = "nightly", **facts: Any) -> EventRule:
    """An EventBridge rule, without its targets."""
    return EventRule(ref=arn("events", name), name=name, **facts)


def target(rule: str = "nightly", *, id: str = "t1", **facts: Any) -> EventTarget:  # noqa: A002
    """A rule's target: the function `worker` unless `target=` says otherwise."""
    return EventTarget(
        ref=arn("events", rule), part=id, **({"target": to("lambda", "worker")} | facts)
    )


def schedule(name: str = "nightly", **facts: Any) -> Schedule:
    """A schedule: for the function `worker` unless `target=` says otherwise."""
    facts = {"target": to("lambda", "worker")} | facts
    return Schedule(ref=arn("scheduler", name), name=name, **facts)


def pipe(name: str = "pump", **facts: Any) -> Pipe:
    """A pipe from the Kinesis stream `clicks` to the queue `orders`."""
    facts = {"source": to("kinesis", "clicks"), "target": to("sqs", "orders")} | facts
    return Pipe(ref=arn("pipes", name), name=name, **facts)


def subscription(topic: str = "news", *, id: str = "s1", **facts: Any) -> Subscription:  # noqa: A002
    """A subscription of the queue `orders` to a topic."""
    given: dict[str, Any] = {"protocol": "sqs", "endpoint": to("sqs", "orders")} | facts
    ref = f"{arn('sns', topic)}:{id}"
    return Subscription(ref=ref, topic=to("sns", topic), **given)


def alarm(
    metric: str,
    name: str = "alarm",
    *,
    namespace: str = "AWS/SQS",
    facts: Mapping[str, Any] | None = None,
    **dimensions: str,
) -> Alarm:
    """An alarm that tells somebody: `alarm("NumberOfMessagesSent", QueueName="orders")`."""
    given: dict[str, Any] = {
        "metrics": (Metric(namespace, metric, dimensions),),
        "threshold": 0.0,
        "actions": (arn("sns", "operators"),),
    }
    return Alarm(ref=arn("cloudwatch", name), name=name, **(given | dict(facts or {})))


def composite_alarm(rule: Fact[str], name: str = "composite", **facts: Any) -> CompositeAlarm:
    """A composite alarm that tells somebody: `composite_alarm('ALARM("a") OR ALARM("b")')`."""
    given: dict[str, Any] = {"actions": (arn("sns", "operators"),)} | facts
    return CompositeAlarm(ref=arn("cloudwatch", name), name=name, rule=rule, **given)


def state_machine(definition: Fact[Mapping[str, Any]], name: str = "flow") -> StateMachine:
    """A state machine."""
    return StateMachine(ref=arn("states", name), name=name, definition=definition)


def deployment_group(name: str = "app/workers", **facts: Any) -> DeploymentGroup:
    """A deployment group that an alarm rolls back."""
    given: dict[str, Any] = {"alarms": ("worker-errors",), "rolls_back_on_alarm": True} | facts
    return DeploymentGroup(ref=arn("codedeploy", name), name=name, **given)


@dataclass(frozen=True)
class Fails:
    """A case in which a rule finds fault, once in each of `on` (ARNs), and nowhere else.

    `observed` and `expected` must stand somewhere in what the finding says; `severity` is the
    rule's own where it isn't given.
    """

    inventory: Inventory
    on: tuple[str, ...]
    severity: str | None = None
    observed: str = ""
    expected: str = ""
    settings: Mapping[str, int | timedelta] | None = None


@dataclass(frozen=True)
class Passes:
    """A case in which a rule is judged and has nothing to say."""

    inventory: Inventory
    settings: Mapping[str, int | timedelta] | None = None


@dataclass(frozen=True)
class CannotJudge:
    """A case that gives no finding, and is not judged for each of `on`."""

    inventory: Inventory
    on: tuple[str, ...]
