"""Who sends dead letters to which queue, asked of every service that can, by way of boto3."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dlqctl.aws.inquiry import Age, Found, Inquiry, Question
from dlqctl.aws.queues import SqsQueues
from dlqctl.aws.session import AwsSession
from dlqctl.documents import parse_json
from dlqctl.errors import AccessDeniedError
from dlqctl.listing import (
    DeadLetterQueue,
    Feed,
    Listing,
    dead_letter_queues,
    most_pressing_first,
    with_ages,
)

MAX_METRICS_A_CALL = 500
# SQS publishes every minute, and needs up to 15 to begin for a queue that was inactive.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-monitoring-using-cloudwatch.html
METRIC_WINDOW = timedelta(minutes=15)
METRIC_PERIOD = timedelta(seconds=60)


def list_dead_letter_queues(session: AwsSession, *, now: Callable[[], datetime]) -> Listing:
    """The dead-letter queues of the session's account and Region, the most pressing first.

    Raises DlqctlError when SQS itself does not answer; all else that fails is among the gaps.
    """
    inquiry = Inquiry()
    # Clients are made here, in one thread: sessions must not be shared.
    inquiry.run([*_queue_questions(session), *_feed_questions(session)])
    if inquiry.has_only_failed(_GET_QUEUE):
        raise AccessDeniedError(
            f"access denied to {_GET_QUEUE}",
            action=_GET_QUEUE,
            hint=f"allow {_GET_QUEUE} for this identity (or use --profile / --role-arn)",
        )
    queues = dead_letter_queues(inquiry.queues, inquiry.feeds)
    moment = now()
    inquiry.run(_age_questions(session, [queue for queue in queues if not queue.empty], moment))
    return Listing(
        queues=tuple(most_pressing_first(with_ages(queues, inquiry.ages, now=moment), now=moment)),
        gaps=tuple(sorted(inquiry.gaps.values(), key=lambda gap: gap.action)),
    )


_GET_QUEUE = "sqs:GetQueueAttributes"


def _queue_questions(session: AwsSession) -> list[Question]:
    queues = SqsQueues(session)

    def facts(url: str) -> Iterator[Found]:
        yield queues.at(url).facts()

    def every() -> Iterator[Found]:
        for url in queues.urls():
            yield Question(
                _GET_QUEUE, "some queues are left out", partial(facts, url), at_most=None
            )

    return [Question("sqs:ListQueues", "there is no list", every, vital=True)]


def _feed_questions(session: AwsSession) -> list[Question]:
    """One first question for each kind of thing that sends dead letters."""
    functions, events = session.client("lambda"), session.client("events")
    scheduler, pipes, sns = (session.client(name) for name in ("scheduler", "pipes", "sns"))
    return [
        Question(
            "lambda:ListFunctions",
            "which functions' dead letters go where is not known",
            partial(_functions, functions),
        ),
        Question(
            "lambda:ListEventSourceMappings",
            "which event source mappings' failures go where is not known",
            partial(_mappings, functions),
        ),
        Question("events:ListEventBuses", _RULES_MISSING, partial(_buses, events)),
        Question("scheduler:ListSchedules", _SCHEDULES_MISSING, partial(_schedules, scheduler)),
        Question("pipes:ListPipes", _PIPES_MISSING, partial(_pipes, pipes)),
        Question("sns:ListSubscriptions", _TOPICS_MISSING, partial(_subscriptions, sns)),
    ]


_RULES_MISSING = "which EventBridge rules' dead letters go where is not known"
_SCHEDULES_MISSING = "which schedules' dead letters go where is not known"
_PIPES_MISSING = "which pipes' dead letters go where is not known"
_TOPICS_MISSING = "which SNS subscriptions' dead letters go where is not known"


def _functions(client: Any) -> Iterator[Found]:
    """The functions' DeadLetterConfig; where their asynchronous failures go is asked for each.

    https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
    """
    for function in _items(client, "list_functions", "Functions"):
        arn = str(function["FunctionArn"])
        yield from _feed(arn, _inside(function, "DeadLetterConfig", "TargetArn"))
        yield Question(
            "lambda:ListFunctionEventInvokeConfigs",
            "which functions' asynchronous failures go where is not known",
            partial(_asynchronous_failures, client, arn),
            about_one=True,
        )


def _asynchronous_failures(client: Any, function_arn: str) -> Iterator[Found]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionEventInvokeConfigs.html"""
    configurations = _items(
        client,
        "list_function_event_invoke_configs",
        "FunctionEventInvokeConfigs",
        FunctionName=function_arn,
    )
    for configuration in configurations:
        # $LATEST is the function itself; an alias or a version is named.
        arn = str(configuration.get("FunctionArn") or function_arn).removesuffix(":$LATEST")
        yield from _feed(arn, _failure_destination(configuration))


def _mappings(client: Any) -> Iterator[Found]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html"""
    for mapping in _items(client, "list_event_source_mappings", "EventSourceMappings"):
        yield from _feed(mapping.get("FunctionArn"), _failure_destination(mapping))


def _buses(client: Any) -> Iterator[Found]:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListEventBuses.html"""
    token: dict[str, str] = {}
    while True:
        page = client.list_event_buses(Limit=100, **token)
        for bus in page.get("EventBuses", []):
            yield Question(
                "events:ListRules",
                _RULES_MISSING,
                partial(_rules, client, str(bus["Name"])),
                about_one=True,
            )
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _rules(client: Any, bus: str) -> Iterator[Found]:
    for rule in _items(client, "list_rules", "Rules", EventBusName=bus):
        yield Question(
            "events:ListTargetsByRule",
            _RULES_MISSING,
            partial(_targets, client, bus, str(rule["Name"]), str(rule["Arn"])),
            about_one=True,
        )


def _targets(client: Any, bus: str, rule: str, rule_arn: str) -> Iterator[Found]:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListTargetsByRule.html"""
    targets = _items(client, "list_targets_by_rule", "Targets", Rule=rule, EventBusName=bus)
    for target in targets:
        yield from _feed(rule_arn, _inside(target, "DeadLetterConfig", "Arn"))


def _schedules(client: Any) -> Iterator[Found]:
    """Names only: the dead-letter queue is told by GetSchedule alone."""
    for schedule in _items(client, "list_schedules", "Schedules"):
        yield Question(
            "scheduler:GetSchedule",
            _SCHEDULES_MISSING,
            partial(_schedule, client, schedule),
            about_one=True,
        )


def _schedule(client: Any, summary: Mapping[str, Any]) -> Iterator[Found]:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html"""
    schedule = client.get_schedule(
        Name=summary["Name"], GroupName=summary.get("GroupName", "default")
    )
    arn = schedule.get("Arn") or summary.get("Arn")
    yield from _feed(arn, _inside(schedule, "Target", "DeadLetterConfig", "Arn"))


def _pipes(client: Any) -> Iterator[Found]:
    """Pipes from streams: those from queues leave dead letters to the queue's redrive policy."""
    for pipe in _items(client, "list_pipes", "Pipes"):
        if str(pipe.get("Source", "")).split(":")[2:3] in (["kinesis"], ["dynamodb"], []):
            yield Question(
                "pipes:DescribePipe", _PIPES_MISSING, partial(_pipe, client, pipe), about_one=True
            )


def _pipe(client: Any, summary: Mapping[str, Any]) -> Iterator[Found]:
    """https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_DescribePipe.html"""
    pipe = client.describe_pipe(Name=summary["Name"])
    for parameters in ("KinesisStreamParameters", "DynamoDBStreamParameters"):
        target = _inside(pipe, "SourceParameters", parameters, "DeadLetterConfig", "Arn")
        yield from _feed(pipe.get("Arn") or summary.get("Arn"), target)


def _subscriptions(client: Any) -> Iterator[Found]:
    for subscription in _items(client, "list_subscriptions", "Subscriptions"):
        arn = str(subscription.get("SubscriptionArn", ""))
        # In place of an ARN: PendingConfirmation, Deleted.
        if arn.startswith("arn:"):
            topic = subscription.get("TopicArn") or arn.rpartition(":")[0]
            yield Question(
                "sns:GetSubscriptionAttributes",
                _TOPICS_MISSING,
                partial(_subscription, client, arn, str(topic)),
                about_one=True,
            )


def _subscription(client: Any, arn: str, topic_arn: str) -> Iterator[Found]:
    """The source is the topic, as in the letters themselves.

    https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html
    """
    attributes = client.get_subscription_attributes(SubscriptionArn=arn).get("Attributes", {})
    policy = parse_json(attributes.get("RedrivePolicy") or "")
    yield from _feed(topic_arn, _inside(policy, "deadLetterTargetArn"))


def _age_questions(
    session: AwsSession, queues: Sequence[DeadLetterQueue], now: datetime
) -> list[Question]:
    if not queues:
        return []
    client = session.client("cloudwatch")
    return [
        Question(
            "cloudwatch:GetMetricData",
            "how old the oldest messages are and when they expire is not known",
            partial(_ages, client, queues[start : start + MAX_METRICS_A_CALL], now),
        )
        for start in range(0, len(queues), MAX_METRICS_A_CALL)
    ]


def _ages(client: Any, queues: Sequence[DeadLetterQueue], now: datetime) -> Iterator[Found]:
    """The latest datapoint of ApproximateAgeOfOldestMessage, grown by the time since.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
    """
    by_id = {f"q{number}": queue for number, queue in enumerate(queues)}
    results = _items(
        client,
        "get_metric_data",
        "MetricDataResults",
        MetricDataQueries=[_age_query(number, queue.name) for number, queue in by_id.items()],
        StartTime=now - METRIC_WINDOW,
        EndTime=now,
    )
    latest: dict[str, tuple[datetime, float]] = {}
    for result in results:
        # An endpoint may split one metric's datapoints over pages.
        points = zip(result.get("Timestamps", []), result.get("Values", []), strict=False)
        for point in points:
            number = str(result.get("Id"))
            latest[number] = max(latest.get(number, point), point)
    for number, (began, value) in latest.items():
        since = max(now - (began + METRIC_PERIOD), timedelta(0))
        if number in by_id:
            yield Age(by_id[number].arn, int(value + since.total_seconds()))


def _age_query(number: str, queue_name: str) -> dict[str, Any]:
    return {
        "Id": number,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/SQS",
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": queue_name}],
            },
            "Period": int(METRIC_PERIOD.total_seconds()),
            "Stat": "Maximum",
        },
        "ReturnData": True,
    }


def _items(client: Any, operation: str, key: str, **request: Any) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator(operation).paginate(**request):
        yield from page.get(key) or []


def _feed(source: object, target: str | None) -> Iterator[Feed]:
    if source and target:
        yield Feed(str(source), target)


def _failure_destination(configuration: Mapping[str, Any]) -> str | None:
    return _inside(configuration, "DestinationConfig", "OnFailure", "Destination")


def _inside(value: object, *names: str) -> str | None:
    """The text at `names` inside nested objects, any of which may be absent or null."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) and value else None
