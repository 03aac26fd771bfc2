import pytest

from dlqctl.audit.facts import Matches, Reference, Unknown, known, reference
from dlqctl.audit.graph import FailurePath
from dlqctl.audit.resources import EventSourceMapping, Pipe, Queue, Schedule
from tests.audit.build import (
    UNKNOWN,
    alarm,
    alias,
    arn,
    composite_alarm,
    function,
    inventory,
    invoke_config,
    mapping,
    pipe,
    queue,
    schedule,
    stream_mapping,
    subscription,
    target,
    to,
)

DLQ = to("sqs", "dlq")
WORKER = arn("lambda", "worker")


def permission(service: str) -> dict[str, object]:
    return {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "lambda:InvokeFunction",
                "Resource": WORKER,
            }
        ]
    }


def test_every_way_to_feed_a_dead_letter_queue() -> None:
    account = inventory(
        queue("orders", dlq="dlq"),
        stream_mapping(on_failure=DLQ),
        invoke_config(on_failure=DLQ),
        function("other", dead_letter=DLQ),
        target(dead_letter=DLQ),
        schedule(dead_letter=DLQ),
        pipe(dead_letter=DLQ),
        subscription(dead_letter=DLQ),
        queue("dlq"),
    )
    feeds = account.graph.feeds(DLQ.ref)
    assert {feed.path for feed in feeds.seen} == set(FailurePath)
    assert feeds.gap is None
    assert [source.name for source in account.graph.sources_of(DLQ.ref).seen] == ["orders"]
    failures = account.graph.failures_of(WORKER).seen
    assert {feed.path for feed in failures} == {FailurePath.MAPPING, FailurePath.INVOCATION}


@pytest.mark.parametrize("kind", [Queue, EventSourceMapping, Pipe, Schedule])
def test_a_type_that_is_not_listed_may_hold_a_feed(kind: type) -> None:
    feeds = inventory(queue("dlq"), gaps={kind: UNKNOWN}).graph.feeds(DLQ.ref)
    assert feeds.exists == UNKNOWN
    assert feeds.all == UNKNOWN


def test_what_was_seen_stands_whatever_is_unknown() -> None:
    account = inventory(queue("orders", dlq="dlq"), pipe(dead_letter=UNKNOWN))
    feeds = account.graph.feeds(DLQ.ref)
    assert feeds.exists is True
    assert feeds.all == UNKNOWN
    assert len(feeds.seen) == 1


def test_matches_have_no_truth_value() -> None:
    with pytest.raises(TypeError):
        bool(Matches((), None))


def test_who_consumes_a_queue() -> None:
    graph = inventory(mapping("orders"), mapping("orders", function="b"), mapping("x")).graph
    assert len(known(graph.mappings_from(arn("sqs", "orders")).all)) == 2
    assert len(known(graph.mappings_to(WORKER).all)) == 2


def test_who_invokes_a_function_asynchronously() -> None:
    graph = inventory(
        function(policy=permission("s3.amazonaws.com")),
        alias("live", policy=permission("sns.amazonaws.com")),
        target(target=to("lambda", "worker", "live")),
        target(id="off", enabled=False),
        schedule(),
        subscription(protocol="lambda", endpoint=to("lambda", "worker")),
        invoke_config("other", on_failure=to("lambda", "worker")),
    ).graph
    found = {(one.service, one.qualifier) for one in known(graph.invocations_of(WORKER).all)}
    assert found == {
        ("s3", None),
        ("sns", "live"),
        ("events", "live"),
        ("scheduler", None),
        ("sns", None),
        ("lambda", None),
    }


@pytest.mark.parametrize(
    "service", ["apigateway.amazonaws.com", "elasticloadbalancing.amazonaws.com", "*"]
)
def test_who_waits_for_the_answer_is_not_asynchronous(service: str) -> None:
    graph = inventory(function(policy=permission(service))).graph
    assert graph.invocations_of(WORKER).all == ()


def test_regional_principals_count() -> None:
    graph = inventory(function(policy=permission("logs.eu-west-1.amazonaws.com"))).graph
    assert [one.service for one in graph.invocations_of(WORKER).seen] == ["logs"]


def test_a_policy_that_was_not_read_may_allow_anyone() -> None:
    graph = inventory(function(policy=UNKNOWN), function("other")).graph
    assert graph.invocations_of(WORKER).exists == UNKNOWN
    assert graph.invocations_of(arn("lambda", "other")).exists is False


def test_alarms_by_name_and_by_ref() -> None:
    orders = queue("orders")
    named = alarm("M", "named", QueueName="orders")
    by_ref = alarm("M", "by-ref", QueueName=orders.ref)
    other = alarm("M", "other", QueueName="orders2")
    graph = inventory(orders, named, by_ref, other).graph
    found = graph.alarms_on(orders, namespace="AWS/SQS", metric="M", dimension="QueueName")
    assert {one.name for one in found.seen} == {"named", "by-ref"}
    wrong = graph.alarms_on(orders, namespace="AWS/SQS", metric="N", dimension="QueueName")
    assert wrong.all == ()


def test_find_tells_absent_from_unknown() -> None:
    account = inventory(queue("orders"))
    assert account.find(Queue, to("sqs", "orders")) is account.resources[0]
    assert account.find(Queue, to("sqs", "gone")) is None
    foreign = Reference("arn:aws:sqs:eu-west-1:999999999999:orders", "sqs")
    assert isinstance(account.find(Queue, foreign), Unknown)
    assert inventory(gaps={Queue: UNKNOWN}).find(Queue, to("sqs", "gone")) == UNKNOWN
    narrowed = inventory(elsewhere=UNKNOWN, missing=frozenset({arn("sqs", "gone")}))
    assert narrowed.find(Queue, to("sqs", "gone")) is None
    assert narrowed.find(Queue, to("sqs", "orders")) == UNKNOWN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{WORKER}:live", Reference(WORKER, "lambda", "live")),
        (f"{WORKER}:$LATEST", Reference(WORKER, "lambda", "$LATEST")),
        (WORKER, Reference(WORKER, "lambda")),
        (
            f"{arn('kinesis', 'clicks')}/consumer/app:1700000000",
            Reference(arn("kinesis", "clicks"), "kinesis"),
        ),
        ("arn:aws:s3:::failed", Reference("arn:aws:s3:::failed", "s3")),
        (arn("dynamodb", "t"), Reference(arn("dynamodb", "t"), "dynamodb")),
        ("Orders", Reference("Orders", "")),
    ],
)
def test_reference_takes_off_what_is_not_the_resource(text: str, expected: Reference) -> None:
    assert reference(text) == expected


@pytest.mark.parametrize(
    "rule",
    [
        "ALARM(a)",
        'ALARM("a")',
        "NOT OK( 'a' )",
        'ALARM("b") AND (ALARM(c) OR INSUFFICIENT_DATA ("a"))',
        f"ALARM({arn('cloudwatch', 'a')})",
    ],
)
def test_composites_name_alarms(rule: str) -> None:
    watched = alarm("M", "a")
    graph = inventory(watched, composite_alarm(rule)).graph
    assert [one.name for one in graph.composites_over(watched).seen] == ["composite"]
    assert graph.composites_over(alarm("M", "other")).all == ()


def test_a_composite_that_can_not_be_read_may_name_any() -> None:
    graph = inventory(composite_alarm(UNKNOWN)).graph
    assert graph.composites_over(alarm("M", "a")).exists == UNKNOWN
    silenced = composite_alarm("TRUE", suppressor="a")
    assert inventory(silenced).graph.composites_over(alarm("M", "a")).seen == (silenced,)
