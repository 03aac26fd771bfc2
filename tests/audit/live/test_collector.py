"""What becomes of an account's answers, of refusals, and of what is gone."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import CancelledError
from datetime import UTC, datetime
from threading import Event
from typing import Any, TypeVar

import pytest

from dlqctl.audit.calls import READ_ONLY
from dlqctl.audit.facts import Reference, Unknown
from dlqctl.audit.live.collector import CALLS_AT_ONCE, Collected, collect, collect_each
from dlqctl.audit.live.needs import needed
from dlqctl.audit.resources import (
    INFINITE,
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
    Pipe,
    Queue,
    RedrivePermission,
    RedrivePolicy,
    Resource,
    Schedule,
    StateMachine,
    Stream,
    Subscription,
)
from dlqctl.audit.rules import registry
from dlqctl.errors import DlqctlError
from tests.audit.live.account import FakeAccount, arn, function_arn, queue_arn

R = TypeVar("R", bound=Resource)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def read(account: FakeAccount, calls: frozenset[str] = READ_ONLY, **more: Any) -> Collected:
    return collect(account, calls, now=lambda: NOW, **more)


def only(account: FakeAccount, kind: type[R]) -> R:
    (one,) = read(account).inventory.of(kind)
    return one


class TestQueues:
    def test_absent_attributes_are_the_defaults(self) -> None:
        account = FakeAccount()
        account.queue("orders.fifo")
        queue = only(account, Queue)
        assert queue.ref == queue_arn("orders.fifo")
        assert queue.fifo is True
        assert queue.visibility_timeout_seconds == 30
        assert queue.retention_seconds == 345_600
        assert (queue.redrive, queue.redrive_allow, queue.policy) == (None, None, None)

    def test_policies_come_out_of_their_json(self) -> None:
        account = FakeAccount()
        allow = {"redrivePermission": "byQueue", "sourceQueueArns": [queue_arn("a")]}
        account.queue("orders", dlq="dead", receives=7, RedriveAllowPolicy=allow, Policy={"a": 1})
        queue = only(account, Queue)
        assert queue.redrive == RedrivePolicy(Reference(queue_arn("dead"), "sqs"), 7)
        assert not isinstance(queue.redrive_allow, Unknown)
        assert queue.redrive_allow is not None
        assert queue.redrive_allow.permission is RedrivePermission.BY_QUEUE
        assert queue.redrive_allow.sources == (queue_arn("a"),)
        assert queue.policy == {"a": 1}

    def test_a_count_may_be_a_string(self) -> None:
        account = FakeAccount()
        account.queue(
            "orders",
            RedrivePolicy={"deadLetterTargetArn": queue_arn("d"), "maxReceiveCount": "3"},
        )
        assert only(account, Queue).redrive == RedrivePolicy(Reference(queue_arn("d"), "sqs"), 3)

    @pytest.mark.parametrize(
        ("attribute", "field"),
        [
            ("RedrivePolicy", "redrive"),
            ("RedriveAllowPolicy", "redrive_allow"),
            ("Policy", "policy"),
            ("VisibilityTimeout", "visibility_timeout_seconds"),
        ],
    )
    def test_what_is_not_readable_is_unknown(self, attribute: str, field: str) -> None:
        account = FakeAccount()
        broken: dict[str, Any] = {attribute: "{nonsense"}
        account.queue("orders", **broken)
        assert isinstance(getattr(only(account, Queue), field), Unknown)

    def test_ages_are_read_of_queues_that_failures_go_to(self) -> None:
        account = FakeAccount()
        account.queue("orders", dlq="dead", ApproximateNumberOfMessages=9)
        account.queue("dead", ApproximateNumberOfMessages=3)
        account.queue("other", dlq="empty")
        account.queue("empty", ApproximateNumberOfMessages=0)
        account.queue("third", dlq="silent")
        account.queue("silent", ApproximateNumberOfMessages=1)
        account.ages["dead"] = 7_200.0
        found = {one.name: one for one in read(account).inventory.of(Queue)}
        assert found["dead"].oldest_message_seconds == 7_200
        assert found["empty"].oldest_message_seconds is None
        assert isinstance(found["silent"].oldest_message_seconds, Unknown)
        assert isinstance(found["orders"].oldest_message_seconds, Unknown)
        (query,) = [args for action, args in account.calls if action.endswith("GetMetricData")]
        assert len(query["MetricDataQueries"]) == 2

    def test_deleted_meanwhile(self) -> None:
        account = FakeAccount()
        account.queue("orders")
        account.gone = {"sqs:GetQueueAttributes"}
        found = read(account).inventory
        assert found.of(Queue) == ()
        assert found.find(Queue, Reference(queue_arn("orders"), "sqs")) is None


class TestMappings:
    def test_absent_fields_are_the_defaults(self) -> None:
        account = FakeAccount()
        account.function("worker")
        account.mapping("u1", arn("kinesis", "stream/clicks"), "worker")
        mapping = only(account, EventSourceMapping)
        assert mapping.event_source is EventSource.KINESIS
        assert mapping.batch_size == 100
        assert mapping.maximum_retry_attempts == INFINITE
        assert mapping.maximum_record_age_seconds == INFINITE
        assert mapping.on_failure is None
        assert mapping.parallelization_factor == 1
        assert mapping.label == "clicks to worker"

    def test_a_queue_has_smaller_batches(self) -> None:
        account = FakeAccount()
        account.mapping("u1", queue_arn("orders"), "worker:live", MaximumRetryAttempts=0)
        mapping = only(account, EventSourceMapping)
        assert mapping.batch_size == 10
        assert mapping.maximum_retry_attempts == 0
        assert mapping.function == Reference(function_arn("worker"), "lambda", "live")
        assert mapping.label == "orders to worker:live"

    def test_brokers_of_ones_own_have_no_arn(self) -> None:
        account = FakeAccount()
        account.mapping(
            "u1",
            None,
            "worker",
            SelfManagedEventSource={"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["b:9092"]}},
            SelfManagedKafkaEventSourceConfig={"ConsumptionMode": "Queue"},
        )
        mapping = only(account, EventSourceMapping)
        assert (mapping.event_source, mapping.source) == (EventSource.KAFKA, None)
        assert mapping.share_group is True
        assert mapping.maximum_retry_attempts == 0

    def test_a_consumer_is_its_stream(self) -> None:
        account = FakeAccount()
        stream = account.stream("clicks", hours=48, shards=4)
        account.mapping("u1", f"{stream}/consumer/fan:1712345678", "worker")
        assert only(account, EventSourceMapping).source == Reference(stream, "kinesis")
        found = only(account, Stream)
        assert (found.retention_seconds, found.open_shards) == (172_800, 4)

    def test_streams_are_asked_for_once(self) -> None:
        account = FakeAccount()
        stream = account.stream("clicks")
        account.mapping("u1", stream, "a")
        account.mapping("u2", stream, "b")
        read(account)
        assert account.count("kinesis:DescribeStreamSummary") == 1

    def test_open_shards_of_a_table_over_pages(self) -> None:
        account = FakeAccount()
        account.mapping("u1", account.table_stream("orders", shards=3, closed=2), "worker")
        stream = only(account, Stream)
        assert stream.event_source is EventSource.DYNAMODB
        assert (stream.open_shards, stream.retention_seconds) == (3, 86_400)
        assert account.count("dynamodb:DescribeStream") == 5

    def test_a_stream_that_is_gone_is_missing(self) -> None:
        account = FakeAccount()
        gone = arn("kinesis", "stream/gone")
        account.mapping("u1", gone, "worker")
        assert read(account).inventory.find(Stream, Reference(gone, "kinesis")) is None

    def test_a_source_nobody_knows_is_unknown(self) -> None:
        account = FakeAccount()
        account.mapping("u1", arn("novelty", "thing/x"), "worker")
        assert isinstance(only(account, EventSourceMapping).event_source, Unknown)


class TestFunctions:
    def test_everything_about_one(self) -> None:
        account = FakeAccount()
        account.function(
            "worker",
            Timeout=60,
            DeadLetterConfig={"TargetArn": queue_arn("dead")},
            reserved=5,
            recursion="Allow",
            state="Failed",
            policy={"Statement": []},
            aliases={"live": {"Statement": [1]}},
            invoke_configs=(
                {"MaximumRetryAttempts": 0},
                {
                    "Qualifier": "live",
                    "DestinationConfig": {"OnFailure": {"Destination": queue_arn("dead")}},
                },
            ),
        )
        account.mapping("u1", queue_arn("orders"), "worker")
        function = only(account, Function)
        assert function.timeout_seconds == 60
        assert function.dead_letter == Reference(queue_arn("dead"), "sqs")
        assert function.reserved_concurrency == 5
        assert (function.recursive_loop, function.state) == ("Allow", "Failed")
        assert function.policy == {"Statement": []}
        alias = only(account, Alias)
        assert alias.ref == function_arn("worker", "live")
        assert alias.policy == {"Statement": [1]}
        latest, live = read(account).inventory.of(EventInvokeConfig)
        assert (latest.qualifier, latest.maximum_retry_attempts) == ("$LATEST", 0)
        assert live.ref == function_arn("worker", "live")
        assert live.on_failure == Reference(queue_arn("dead"), "sqs")
        assert live.maximum_retry_attempts is None

    def test_concurrency_and_state_are_asked_of_mapped_functions_only(self) -> None:
        account = FakeAccount()
        account.function("mapped")
        account.function("other")
        account.mapping("u1", queue_arn("orders"), "mapped")
        account.mapping("u2", queue_arn("orders"), "mapped")
        found = {one.name: one for one in read(account).inventory.of(Function)}
        assert found["mapped"].reserved_concurrency is None
        assert isinstance(found["other"].reserved_concurrency, Unknown)
        assert account.count("lambda:GetFunctionConcurrency") == 1
        assert account.count("lambda:GetFunctionConfiguration") == 1
        assert account.count("lambda:GetPolicy") == 2

    def test_a_listed_state_is_not_asked_for(self) -> None:
        account = FakeAccount()
        account.function("worker", State="Inactive")
        account.mapping("u1", queue_arn("orders"), "worker")
        assert only(account, Function).state == "Inactive"
        assert account.count("lambda:GetFunctionConfiguration") == 0


class TestEvents:
    def test_rules_of_every_bus_less_managed_ones(self) -> None:
        account = FakeAccount()
        target = {
            "Id": "t",
            "Arn": function_arn("worker", "live"),
            "RoleArn": "arn:aws:iam::111122223333:role/r",
            "DeadLetterConfig": {"Arn": queue_arn("dead")},
            "RetryPolicy": {"MaximumRetryAttempts": 0},
        }
        account.rule("nightly", target, State="DISABLED", EventPattern='{"source": ["a"]}')
        account.rule("orders", target, bus="shop")
        account.rule("StepFunctionsGetEvents", target, ManagedBy="states.amazonaws.com")
        found = read(account).inventory
        nightly, orders = found.of(EventRule)
        assert (nightly.enabled, nightly.pattern) == (False, {"source": ["a"]})
        assert orders.ref == arn("events", "rule/shop/orders")
        first, second = found.of(EventTarget)
        assert first.enabled is False
        assert second.target == Reference(function_arn("worker"), "lambda", "live")
        assert second.role == "arn:aws:iam::111122223333:role/r"
        assert second.dead_letter == Reference(queue_arn("dead"), "sqs")
        assert (second.maximum_retry_attempts, second.maximum_event_age_seconds) == (0, None)
        assert account.count("events:ListTargetsByRule") == 2

    def test_schedules(self) -> None:
        account = FakeAccount()
        account.schedule("s", {"Arn": function_arn("worker")}, State="DISABLED")
        schedule = only(account, Schedule)
        assert (schedule.enabled, schedule.dead_letter) == (False, None)

    def test_only_pipes_from_streams_are_described(self) -> None:
        account = FakeAccount()
        account.pipe("a", queue_arn("orders"), queue_arn("x"))
        dead = {"DeadLetterConfig": {"Arn": queue_arn("dead")}, "MaximumRetryAttempts": 3}
        account.pipe(
            "b", arn("kinesis", "stream/clicks"), queue_arn("x"), KinesisStreamParameters=dead
        )
        account.pipe("c", "smk://broker:9092", queue_arn("x"))
        first, second, third = read(account).inventory.of(Pipe)
        assert first.dead_letter is None
        assert second.dead_letter == Reference(queue_arn("dead"), "sqs")
        assert (second.maximum_retry_attempts, second.maximum_record_age_seconds) == (3, INFINITE)
        assert third.source is None
        assert account.count("pipes:DescribePipe") == 1


class TestSubscriptions:
    def test_facts(self) -> None:
        account = FakeAccount()
        account.subscription(
            "news",
            "sqs",
            queue_arn("orders"),
            RedrivePolicy=f'{{"deadLetterTargetArn": "{queue_arn("dead")}"}}',
        )
        account.subscription("news", "https", "https://example.com/hook")
        first, second = read(account).inventory.of(Subscription)
        assert first.endpoint == Reference(queue_arn("orders"), "sqs")
        assert first.dead_letter == Reference(queue_arn("dead"), "sqs")
        assert (second.endpoint, second.dead_letter) == (None, None)

    def test_pending_ones_have_no_arn_and_are_not_asked_about(self) -> None:
        account = FakeAccount()
        account.subscription("news", "email", "a@example.com", ref="PendingConfirmation")
        account.subscription("news", "email", "b@example.com", ref="PendingConfirmation")
        account.subscription("news", "email", "c@example.com", ref="Deleted")
        first, second = read(account).inventory.of(Subscription)
        assert first.ref == arn("sns", "news")
        assert (first.part, second.part) == ("email a@example.com", "email b@example.com")
        assert first.pending_confirmation is True
        assert account.count("sns:GetSubscriptionAttributes") == 0


class TestTheRest:
    def test_alarms(self) -> None:
        account = FakeAccount()
        account.alarm("plain", "NumberOfMessagesSent", Dimensions={"QueueName": "q"})
        stat = {"Metric": {"Namespace": "AWS/SQS", "MetricName": "M", "Dimensions": []}}
        account.alarm(
            "math",
            Metrics=[
                {"Id": "m", "MetricStat": stat},
                {"Id": "e", "Expression": "m * 2"},
                {"Id": "s", "Expression": 'SELECT MAX(M) FROM SCHEMA("AWS/SQS", QueueName)'},
            ],
            AlarmActions=[],
        )
        account.alarms.append(
            {
                "AlarmName": "both",
                "AlarmArn": arn("cloudwatch", "alarm:both"),
                "AlarmRule": 'ALARM("math")',
                "ActionsEnabled": False,
                "ActionsSuppressor": "quiet",
            }
        )
        math, plain = read(account).inventory.of(Alarm)
        assert not isinstance(plain.metrics, Unknown)
        assert plain.metrics[0].dimensions == {"QueueName": "q"}
        assert not isinstance(math.metrics, Unknown)
        assert [metric.name for metric in math.metrics] == ["M"]
        assert len(math.queries) == 1
        assert math.actions == ()
        assert (plain.is_math, math.is_math) == (False, True)
        composite = only(account, CompositeAlarm)
        assert (composite.rule, composite.actions_enabled) == ('ALARM("math")', False)
        assert composite.suppressor == "quiet"

    def test_state_machines(self) -> None:
        account = FakeAccount()
        account.machine("a", {"StartAt": "x"})
        account.machine("b", "")
        first, second = read(account).inventory.of(StateMachine)
        assert first.definition == {"StartAt": "x"}
        assert isinstance(second.definition, Unknown)

    def test_aliases_that_a_deployment_shifts(self) -> None:
        account = FakeAccount()
        account.function("worker", aliases={"live": None, "test": None})
        properties = {"Name": "worker", "Alias": "live"}
        content = f'{{"Resources": [{{"f": {{"Properties": {properties}}}}}]}}'.replace("'", '"')
        account.deployment_group(
            "app",
            "group",
            deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent5Minutes",
            targetRevision={"revisionType": "String", "string": {"content": content}},
            alarmConfiguration={"enabled": True, "alarms": [{"name": "errors"}]},
            autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_STOP_ON_ALARM"]},
        )
        account.deployment_group("app", "servers", computePlatform="Server")
        live, test = read(account).inventory.of(Alias)
        assert (live.gradual, test.gradual) == (True, False)
        group = only(account, DeploymentGroup)
        assert (group.alarms, group.rolls_back_on_alarm) == (("errors",), True)

    def test_a_revision_nobody_can_read_leaves_aliases_unknown(self) -> None:
        account = FakeAccount()
        account.function("worker", aliases={"live": None})
        account.deployment_group("app", "group", deploymentConfigName="x")
        assert isinstance(only(account, Alias).gradual, Unknown)

    def test_tags_are_read_by_their_key(self) -> None:
        account = FakeAccount()
        ref = account.queue("orders")
        account.queue("other")
        account.tags[ref] = {"dlqctl:ignore": "sqs: fed by hand"}
        found = {one.name: one.tags for one in read(account).inventory.of(Queue)}
        assert found == {"orders": {"dlqctl:ignore": "sqs: fed by hand"}, "other": {}}


def full() -> FakeAccount:
    """One of everything."""
    account = FakeAccount()
    account.queue("orders", dlq="dead")
    account.queue("dead", ApproximateNumberOfMessages=1)
    account.function("worker", aliases={"live": None}, invoke_configs=({},))
    account.mapping("u1", queue_arn("orders"), "worker")
    account.mapping("u2", account.stream("clicks"), "worker")
    account.mapping("u3", account.table_stream("orders"), "worker")
    account.rule("nightly", {"Id": "t", "Arn": function_arn("worker")})
    account.schedule("s", {"Arn": function_arn("worker")})
    account.pipe("p", arn("kinesis", "stream/clicks"), queue_arn("orders"))
    account.subscription("news", "sqs", queue_arn("orders"))
    account.alarm("a", "M")
    account.machine("m", {"StartAt": "x"})
    account.deployment_group("app", "group")
    return account


@pytest.mark.parametrize("action", sorted(READ_ONLY - {"sts:GetCallerIdentity"}))
def test_a_denied_action_is_named_where_it_matters(action: str) -> None:
    """Everything that could be read still is; what could not names the action."""
    whole, account = read(full()), full()
    account.denied = {action}
    found = read(account)
    if action in ("sqs:GetQueueUrl", "sqs:ListDeadLetterSourceQueues"):
        assert found == whole
        return
    unknown = [
        *(one for one in found.inventory.gaps.values()),
        *(
            getattr(one, name)
            for one in found.inventory.resources
            for name in one.__dataclass_fields__
        ),
        found.untagged,
    ]
    named = [one for one in unknown if isinstance(one, Unknown) and one.action == action]
    assert named, f"{action} was denied, and nothing says so"
    assert found.inventory.resources


def test_each_thing_is_asked_about_once() -> None:
    account = full()
    read(account)
    asked = Counter((action, str(sorted(args.items()))) for action, args in account.calls)
    assert set(asked.values()) == {1}
    unasked = READ_ONLY - {action for action, _ in account.calls}
    assert unasked == {
        "sts:GetCallerIdentity",
        "sqs:GetQueueUrl",
        "sqs:ListDeadLetterSourceQueues",
    }


@pytest.mark.parametrize("rule", registry().values(), ids=lambda rule: str(rule.id))
def test_only_what_a_rule_needs_is_asked(rule: Any) -> None:
    account = full()
    calls = needed([rule])
    assert calls <= READ_ONLY
    read(account, calls)
    assert {action for action, _ in account.calls} <= calls


def test_what_no_rule_needs_is_unknown_rather_than_absent() -> None:
    found = read(full(), needed([registry()["alarm-missing-on-dlq"]])).inventory
    assert isinstance(found.gap(StateMachine), Unknown)
    assert isinstance(found.of(Function)[0].policy, Unknown)


def test_stopped_asks_nothing_more() -> None:
    account, stopped = full(), Event()

    def stop(_: str) -> None:
        stopped.set()

    with pytest.raises(CancelledError):
        read(account, asked=stop, stopped=stopped)
    assert len(account.calls) <= 2 * CALLS_AT_ONCE


def test_an_account_that_fails_stops_the_others() -> None:
    class Expired(FakeAccount):
        def ask(self, action: str, arguments: Any) -> Any:
            raise DlqctlError("the AWS session has expired")

    expired = Expired()
    expired.queue("orders")
    with pytest.raises(DlqctlError, match="expired"):
        collect_each([full(), expired], READ_ONLY, now=lambda: NOW, asked=lambda _: None)
