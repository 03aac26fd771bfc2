"""One account in which every rule finds fault exactly where it was planted, and nowhere else.

Most of it is well configured (`tests/audit/live/shop.py`). Each function below spoils one thing of
a chain, and says which rules must notice, and where.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.audit.live.account import arn, function_arn, queue_arn
from tests.audit.live.shop import AGE, DAY, S3, VISIBLE, Shop, invocable

PLANTS: list[Callable[[Shop], None]] = []


def plants(build: Callable[[Shop], None]) -> Callable[[Shop], None]:
    PLANTS.append(build)
    return build


def golden() -> Shop:
    """The whole account; `expected` says which rules find fault in what."""
    shop = Shop()
    for build in PLANTS:
        build(shop)
    return shop


@plants
def nothing(shop: Shop) -> None:
    """All of it as it should be."""
    shop.consumed("fine")
    shop.streamed("fine-clicks")
    shop.streamed("fine-table", source=shop.table_stream("fine"))
    shop.asynchronous("fine-async")
    shop.rule("fine-rule", shop.target("fine-rule"))
    shop.subscribed("fine-topic")
    shop.queue("elsewhere")
    shop.machine(
        "fine",
        {
            "StartAt": "Work",
            "States": {
                "Work": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "Retry": [{"ErrorEquals": ["States.ALL"]}],
                    "End": True,
                }
            },
        },
    )


# stream


@plants
def streams(shop: Shop) -> None:
    ref = shop.streamed("s1", DestinationConfig={})
    shop.plant(ref, "stream-no-failure-destination")
    shop.plant(shop.streamed("s2", MaximumRetryAttempts=-1), "stream-infinite-retries")
    shop.plant(shop.streamed("s3", MaximumRecordAgeInSeconds=-1), "stream-infinite-record-age")
    shop.plant(shop.streamed("s4", BisectBatchOnFunctionError=False), "stream-no-bisect")
    ref = shop.streamed("s5", FunctionResponseTypes=[])
    shop.plant(ref, "stream-no-partial-batch-response")
    ref = shop.streamed("s6", MaximumRecordAgeInSeconds=4 * DAY)
    shop.plant(ref, "stream-record-age-beyond-retention")
    ref = shop.streamed("s7", shards=3, ParallelizationFactor=2, function={"reserved": 5})
    shop.plant(ref, "stream-reserved-concurrency-below-shards")


@plants
def pointers(shop: Shop) -> None:
    """Destinations that get pointers only; the off-by-default rule has a word about each."""
    for name, hours, retention in (("p1", 24, DAY // 2), ("p2", 72, 4 * DAY)):
        destination = {"OnFailure": {"Destination": queue_arn(f"{name}-failures")}}
        age = 13 * 3_600 if name == "p1" else 21_600
        ref = shop.streamed(
            name, hours=hours, DestinationConfig=destination, MaximumRecordAgeInSeconds=age
        )
        shop.dead_letters(f"{name}-failures", MessageRetentionPeriod=retention)
        metric = "DestinationDeliveryFailures"
        shop.delivered(name, metric, "AWS/Lambda", FunctionName=f"{name}-worker")
        rule = "stream-pointer-window-short" if name == "p1" else "stream-pointer-outlives-records"
        shop.plant(ref, rule, "stream-destination-keeps-no-payload")
    destination = {"OnFailure": {"Destination": queue_arn("nowhere")}}
    ref = shop.streamed("p3", DestinationConfig=destination)
    shop.plant(ref, "stream-destination-invalid", "stream-destination-keeps-no-payload")


# kafka


@plants
def kafka(shop: Shop) -> None:
    cluster = arn("kafka", "cluster/shop/1f2e3d4c")
    shop.worker("kafka-worker")
    kept = {"DestinationConfig": S3, "Topics": ["t"]}
    shop.mapping("k0", cluster, "kafka-worker:live", MaximumRetryAttempts=5, **kept)
    ref = shop.mapping("k1", cluster, "kafka-worker:live", MaximumRetryAttempts=5, Topics=["t"])
    shop.plant(ref, "kafka-no-failure-destination")
    ref = shop.mapping("k2", cluster, "kafka-worker:live", Topics=["t"])
    shop.plant(ref, "kafka-no-failure-destination", "kafka-infinite-retries")


# esm


@plants
def mappings(shop: Shop) -> None:
    shop.plant(shop.consumed("m1", mapping={"State": "Disabled"}), "esm-not-enabled")
    ref = shop.consumed("m2", mapping={"LastProcessingResult": "PROBLEM: no permission"})
    shop.plant(ref, "esm-last-processing-problem")
    shop.plant(shop.consumed("m3", function={"state": "Failed"}), "esm-function-unavailable")
    shop.worker("m4-worker")
    fields = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    ref = shop.mapping("m4", queue_arn("m4-gone"), "m4-worker:live", **fields)
    shop.plant(ref, "esm-source-missing")
    first = shop.consumed("m5")
    shop.worker("m5-other")
    second = shop.mapping("m5-2", queue_arn("m5"), "m5-other:live", **fields)
    shop.plant(first, "esm-competing-functions")
    shop.plant(second, "esm-competing-functions")
    ref = shop.consumed("m6", mapping={"DestinationConfig": S3})
    shop.plant(ref, "esm-invalid-combination")


# sqs


@plants
def consumed_queues(shop: Shop) -> None:
    shop.consumed("q1", queue={"VisibilityTimeout": 20})
    timeouts = ("sqs-visibility-below-function-timeout", "sqs-visibility-timeout-short")
    shop.plant(queue_arn("q1"), *timeouts)
    shop.consumed("q2", mapping={"MaximumBatchingWindowInSeconds": 1})
    shop.plant(queue_arn("q2"), "sqs-visibility-timeout-short")
    shop.consumed("q3", queue={"receives": 3})
    shop.plant(queue_arn("q3"), "sqs-max-receive-count-low")
    shop.consumed("q4", queue={"receives": 500, "MessageRetentionPeriod": DAY})
    shop.plant(queue_arn("q4"), "sqs-expires-before-dlq")
    ref = shop.consumed("q5", mapping={"FunctionResponseTypes": []})
    shop.plant(ref, "sqs-no-partial-batch-response")
    shop.consumed(
        "q6", function={"reserved": 5}, mapping={"ScalingConfig": {"MaximumConcurrency": 10}}
    )
    shop.plant(function_arn("q6-worker"), "sqs-concurrency-over-reserved")
    ref = shop.consumed("q7", function={"reserved": 10})
    shop.plant(ref, "sqs-reserved-concurrency-without-maximum")
    shop.consumed("q8", suffix=".fifo")
    shop.plant(queue_arn("q8.fifo"), "sqs-fifo-with-dlq")
    shop.consumed("q9", function={"invoke_configs": ({"DestinationConfig": S3},)})
    shop.plant(function_arn("q9-worker"), "sqs-unused-function-dlq")


@plants
def queue_without_dlq(shop: Shop) -> None:
    shop.queue("q10", VisibilityTimeout=180)
    shop.alarm("q10-old", AGE, Threshold=3_600.0, Dimensions={"QueueName": "q10"})
    shop.worker("q10-worker")
    fields = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    shop.mapping("q10", queue_arn("q10"), "q10-worker:live", **fields)
    shop.plant(queue_arn("q10"), "sqs-no-dlq")


@plants
def queue_that_feeds_itself(shop: Shop) -> None:
    shop.consumed(
        "q11",
        function={
            "policy": invocable("s3", "q11-worker"),
            "invoke_configs": (
                {
                    "MaximumRetryAttempts": 2,
                    "DestinationConfig": {"OnFailure": {"Destination": queue_arn("q11")}},
                },
            ),
        },
        queue={"MessageRetentionPeriod": 4 * DAY},
    )
    metric = "DestinationDeliveryFailures"
    shop.delivered("q11", metric, "AWS/Lambda", FunctionName="q11-worker")
    shop.alarm("q11-not-empty", VISIBLE, Dimensions={"QueueName": "q11"})
    shop.plant(arn("lambda", "event-source-mapping:q11"), "sqs-feeds-itself")
    shop.plant(queue_arn("q11"), "dlq-retention-below-maximum")


# dlq


@plants
def dead_letter_queues(shop: Shop) -> None:
    shop.consumed("d1", dlq={"MessageRetentionPeriod": 4 * DAY})
    shop.plant(
        queue_arn("d1-dlq"),
        "dlq-retention-not-longer",
        "dlq-retention-below-maximum",
    )
    shop.consumed(
        "d2",
        queue={"VisibilityTimeout": 43_200, "receives": 25, "MessageRetentionPeriod": 13 * DAY},
    )
    shop.plant(queue_arn("d2-dlq"), "dlq-triage-window-short")
    shop.consumed("d3", dlq={"MessageRetentionPeriod": 10 * DAY})
    shop.plant(queue_arn("d3-dlq"), "dlq-retention-below-maximum")
    shop.consumed("d4", queue={"dlq": "d4-gone"})
    shop.plant(queue_arn("d4"), "dlq-missing")
    shop.consumed("d5", dlq={"RedriveAllowPolicy": {"redrivePermission": "denyAll"}})
    shop.plant(queue_arn("d5"), "dlq-redrive-not-allowed")
    shop.consumed("d6", dlq={"RedriveAllowPolicy": None})
    shop.plant(queue_arn("d6-dlq"), "dlq-open-to-any-source")
    shop.consumed("d7", dlq={"ApproximateNumberOfMessages": 3})
    shop.ages["d7-dlq"] = 60.0
    shop.plant(queue_arn("d7-dlq"), "dlq-not-empty")


@plants
def dead_letter_queue_of_another_type(shop: Shop) -> None:
    shop.dead_letters("d8-dlq", "d8.fifo")
    shop.queue("d8.fifo", dlq="d8-dlq")
    shop.plant(queue_arn("d8.fifo"), "dlq-type-mismatch")


@plants
def dead_letter_queue_with_a_consumer(shop: Shop) -> None:
    shop.dead_letters("d9-dlq", "d9", VisibilityTimeout=180)
    shop.queue("d9", dlq="d9-dlq")
    shop.worker("d9-worker")
    fields = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    shop.mapping("d9", queue_arn("d9-dlq"), "d9-worker:live", **fields)
    shop.alarm("d9-old", AGE, Threshold=3_600.0, Dimensions={"QueueName": "d9-dlq"})
    shop.plant(queue_arn("d9-dlq"), "dlq-has-active-consumer")


@plants
def dead_letter_queues_in_a_circle(shop: Shop) -> None:
    shop.dead_letters("d10-a", "d10-b", dlq="d10-b")
    shop.dead_letters("d10-b", "d10-a", dlq="d10-a")
    shop.plant(queue_arn("d10-a"), "dlq-cycle", "dlq-retention-not-longer")
    shop.plant(queue_arn("d10-b"), "dlq-retention-not-longer")


@plants
def dead_letter_queue_of_all_kinds(shop: Shop) -> None:
    shop.consumed("d11")
    shop.asynchronous(
        "d11-async",
        config={"DestinationConfig": {"OnFailure": {"Destination": queue_arn("d11-dlq")}}},
    )
    metric = "DestinationDeliveryFailures"
    shop.delivered("d11", metric, "AWS/Lambda", FunctionName="d11-async")
    shop.plant(queue_arn("d11-dlq"), "dlq-mixed-origins")


# async


@plants
def asynchronous(shop: Shop) -> None:
    ref = shop.asynchronous("a1", config={"DestinationConfig": None})
    shop.plant(ref, "async-no-failure-destination")
    shop.asynchronous(
        "a2",
        config={"Qualifier": "live"},
        policy=None,
        aliases={"live": None, "next": invocable("s3", "a2")},
    )
    shop.plant(function_arn("a2", "live"), "async-config-on-wrong-qualifier")
    shop.dead_letters("a3-dlq")
    shop.delivered("a3", "DeadLetterErrors", "AWS/Lambda", FunctionName="a3")
    ref = shop.asynchronous(
        "a3",
        config={"DestinationConfig": None},
        DeadLetterConfig={"TargetArn": queue_arn("a3-dlq")},
    )
    shop.plant(ref, "async-dlq-without-context")
    gone = {"OnFailure": {"Destination": queue_arn("a4-gone")}}
    shop.asynchronous("a4", config={"DestinationConfig": gone})
    shop.plant(function_arn("a4", "$LATEST"), "async-destination-invalid")
    shop.asynchronous(
        "a5",
        policy=None,
        config={"MaximumRetryAttempts": 0, "DestinationConfig": None},
    )
    shop.plant(function_arn("a5", "$LATEST"), "async-no-retries-no-destination")
    shop.plant(shop.asynchronous("a6", recursion="Allow"), "async-destination-loop")
    config = {"MaximumRetryAttempts": None, "MaximumEventAgeInSeconds": None}
    shop.plant(shop.asynchronous("a7", config=config), "async-implicit-limits")


# eventbridge, scheduler, pipes


@plants
def event_rules(shop: Shop) -> None:
    ref = shop.rule("e1", shop.target("e1", dlq="none", DeadLetterConfig=None))
    shop.plant(ref, "eventbridge-no-dlq")
    shop.plant(shop.rule("e2", shop.target("e2", dlq="e2-gone")), "eventbridge-dlq-invalid")
    shop.dead_letters("e3-dlq")
    shop.plant(shop.rule("e3", shop.target("e3", dlq="e3-dlq")), "eventbridge-dlq-policy-denies")
    retry = {"MaximumRetryAttempts": 0}
    ref = shop.rule("e4", shop.target("e4", dlq="none", DeadLetterConfig=None, RetryPolicy=retry))
    shop.plant(ref, "eventbridge-no-retries-no-dlq", "eventbridge-no-dlq")
    function = shop.asynchronous(
        "e5-worker",
        config={"DestinationConfig": None},
        policy=invocable("events", "e5-worker", arn("events", "rule/e5")),
    )
    ref = shop.rule("e5", shop.target("e5", Arn=function))
    shop.plant(ref, "eventbridge-delivery-only")
    shop.plant(function, "async-no-failure-destination")
    ref = shop.rule("e6", shop.target("e6", Arn=function_arn("e6-gone")))
    shop.plant(ref, "eventbridge-target-missing")


@plants
def schedules_and_pipes(shop: Shop) -> None:
    topic = arn("sns", "somewhere")
    shop.dead_letters("c-dlq")
    shop.schedule("c0", {"Arn": topic, "DeadLetterConfig": {"Arn": queue_arn("c-dlq")}})
    shop.plant(shop.schedule("c1", {"Arn": topic}), "scheduler-no-dlq")
    shop.dead_letters("c-pipe-dlq", MessageRetentionPeriod=DAY)
    clicks = arn("kinesis", "stream/fine-clicks")
    limited = {"MaximumRetryAttempts": 5, "MaximumRecordAgeInSeconds": 3_600}
    kept = {"DeadLetterConfig": {"Arn": queue_arn("c-pipe-dlq")}, **limited}
    shop.pipe("c0", clicks, topic, KinesisStreamParameters=kept)
    ref = shop.pipe("c1", clicks, topic, KinesisStreamParameters=limited)
    shop.plant(ref, "pipes-no-dlq")


# sns


@plants
def subscriptions(shop: Shop) -> None:
    shop.plant(shop.subscribed("n1", dlq="none", RedrivePolicy=None), "sns-no-dlq")
    shop.dead_letters("n2-dlq")
    shop.plant(shop.subscribed("n2", dlq="n2-dlq"), "sns-dlq-policy-denies")
    shop.plant(shop.subscribed("n3", dlq="n3-gone"), "sns-dlq-invalid")
    shop.subscription("n4", "email", "someone@example.com", ref="PendingConfirmation")
    shop.plant(arn("sns", "n4"), "sns-pending-confirmation")


# alarm


@plants
def alarms(shop: Shop) -> None:
    shop.consumed("l1", dlq={"alarm": {"metric": "ApproximateNumberOfMessagesNotVisible"}})
    shop.plant(queue_arn("l1-dlq"), "alarm-missing-on-dlq")
    shop.consumed("l2", dlq={"alarm": {"metric": "NumberOfMessagesSent"}})
    shop.plant(queue_arn("l2-dlq"), "alarm-missing-on-dlq")
    shop.plant(arn("cloudwatch", "alarm:l2-dlq-not-empty"), "alarm-on-wrong-dlq-metric")
    shop.consumed("l3", dlq={"alarm": {"AlarmActions": []}})
    shop.plant(arn("cloudwatch", "alarm:l3-dlq-not-empty"), "alarm-without-action")
    shop.consumed("l4")
    shop.alarms[:] = [one for one in shop.alarms if one["AlarmName"] != "l4-old"]
    shop.plant(queue_arn("l4"), "alarm-missing-on-message-age")
    ref = shop.streamed("l5")
    shop.alarms[:] = [one for one in shop.alarms if one["AlarmName"] != "l5-behind"]
    shop.plant(ref, "alarm-missing-on-iterator-age")
    shop.consumed("l6", queue={"MessageRetentionPeriod": 3_600, "VisibilityTimeout": 180})
    shop.plant(arn("cloudwatch", "alarm:l6-old"), "alarm-age-beyond-retention")
    shop.dead_letters("l7-failures")
    destination = {"OnFailure": {"Destination": queue_arn("l7-failures")}}
    shop.asynchronous("l7", config={"DestinationConfig": destination})
    shop.plant(queue_arn("l7-failures"), "alarm-missing-on-failure-delivery")


# stepfunctions, deploy


@plants
def state_machines(shop: Shop) -> None:
    def machine(name: str, **task: Any) -> str:
        state = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}
        return shop.machine(name, {"StartAt": "T", "States": {"T": {**state, **task}}})

    invoke = "arn:aws:states:::lambda:invoke"
    caught = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "T"}]}
    shop.plant(machine("w1", Resource=invoke, **caught), "stepfunctions-lambda-no-retry")
    shop.plant(machine("w2"), "stepfunctions-no-catch")
    waiting = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    shop.plant(machine("w3", Resource=waiting, **caught), "stepfunctions-token-without-timeout")


@plants
def deployments(shop: Shop) -> None:
    ref = shop.consumed("g1", mapping={"function": "g1-worker"})
    shop.plant(ref, "deploy-no-gradual-deployment")
    shop.consumed("g2")
    shop.groups["shop"]["g2-worker"]["alarmConfiguration"] = {"enabled": False}
    ref = arn("codedeploy", "deploymentgroup:shop/g2-worker")
    shop.plant(ref, "deploy-no-rollback-alarm")
