"""Who feeds which queue, asked of an account whose every answer the test decides."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from dlqctl.aws.feeds import list_dead_letter_queues
from dlqctl.aws.inquiry import Inquiry, Question
from dlqctl.aws.queues import MAX_CONCURRENT_CALLS
from dlqctl.aws.session import AwsOptions, AwsSession
from dlqctl.errors import AccessDeniedError, DlqctlError
from dlqctl.listing import DeadLetterQueue, Feed, Listing, Why

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HERE = "eu-west-1:111122223333"
DLQ = f"arn:aws:sqs:{HERE}:failed"
FUNCTION = f"arn:aws:lambda:{HERE}:function:pay"
RULE = f"arn:aws:events:{HERE}:rule/shop/nightly"
SCHEDULE = f"arn:aws:scheduler:{HERE}:schedule/default/daily"
PIPE = f"arn:aws:pipes:{HERE}:pipe/clicks"
TOPIC = f"arn:aws:sns:{HERE}:news"
TO_DLQ = {"DestinationConfig": {"OnFailure": {"Destination": DLQ}}}


@dataclass(frozen=True)
class Refusal:
    code: str
    status: int = 400
    message: str = "no"


DENIED = Refusal("AccessDeniedException", 403)
Answer = Mapping[str, Any] | Refusal | Exception
Answers = dict[str, Answer | Callable[[dict[str, Any]], Answer]]


class Account(AwsSession):
    """Real boto3 clients and paginators, whose calls are answered here and counted."""

    def __init__(self) -> None:
        super().__init__(AwsOptions(region="eu-west-1"))
        self.answers: Answers = {}
        self.calls: Counter[str] = Counter()
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, **options: Any) -> Any:
        if service not in self._clients:
            client = self._clients[service] = super().client(service, **options)
            client.meta.events.register("before-parameter-build", self._remember)
            client.meta.events.register("before-call", self._answer)
        return self._clients[service]

    def _remember(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = dict(params)

    def _answer(self, model: Any, context: dict[str, Any], **_: Any) -> Any:
        action = f"{model.service_model.service_name}:{model.name}"
        with self._lock:
            self.calls[action] += 1
        answer = self.answers.get(action, {})
        if callable(answer):
            answer = answer(context["asked"])
        if isinstance(answer, Exception):
            raise answer
        status = answer.status if isinstance(answer, Refusal) else 200
        parsed: dict[str, Any] = {"ResponseMetadata": {"HTTPStatusCode": status}}
        if isinstance(answer, Refusal):
            parsed["Error"] = {"Code": answer.code, "Message": answer.message}
        else:
            parsed |= answer
        return SimpleNamespace(status_code=status, headers={}), parsed


def queues(*names: str, **more: dict[str, str]) -> Answers:
    """SQS with queues of these names; `more` are attributes by queue name."""

    def attributes(asked: dict[str, Any]) -> Answer:
        name = asked["QueueUrl"].rpartition("/")[2]
        arn = {"QueueArn": f"arn:aws:sqs:{HERE}:{name}"}
        counts = {"ApproximateNumberOfMessages": "1", "MessageRetentionPeriod": "86400"}
        return {"Attributes": arn | counts | more.get(name, {})}

    urls = [f"https://sqs.eu-west-1.amazonaws.com/111122223333/{name}" for name in names]
    return {"sqs:ListQueues": {"QueueUrls": urls}, "sqs:GetQueueAttributes": attributes}


def pages(key: str, *items: Any, out: str = "NextToken", into: str = "NextToken") -> Any:
    """One item a page."""

    def answer(asked: dict[str, Any]) -> Answer:
        number = int(asked.get(into) or 0)
        more = {out: str(number + 1)} if number + 1 < len(items) else {}
        return {key: [items[number]], **more}

    return answer


def busy_account() -> Answers:
    """Everything that can feed a queue feeds `failed`; every listing has several pages."""
    marker = {"out": "NextMarker", "into": "Marker"}
    other = f"arn:aws:lambda:{HERE}:function:other"
    kinesis = f"arn:aws:kinesis:{HERE}:stream/clicks"
    return {
        **queues(
            "orders", "failed", orders={"RedrivePolicy": json.dumps({"deadLetterTargetArn": DLQ})}
        ),
        "lambda:ListFunctions": pages(
            "Functions",
            {"FunctionArn": other, "DeadLetterConfig": None},
            {"FunctionArn": FUNCTION, "DeadLetterConfig": {"TargetArn": DLQ}},
            **marker,
        ),
        "lambda:ListEventSourceMappings": pages(
            "EventSourceMappings",
            {"FunctionArn": other},
            {"FunctionArn": f"{other}:live", **TO_DLQ},
            **marker,
        ),
        "lambda:ListFunctionEventInvokeConfigs": lambda asked: {
            "FunctionEventInvokeConfigs": [
                {"FunctionArn": f"{asked['FunctionName']}:$LATEST", **TO_DLQ}
            ]
        },
        "events:ListEventBuses": pages("EventBuses", {"Name": "default"}, {"Name": "shop"}),
        "events:ListRules": lambda asked: (
            {"Rules": [{"Name": "nightly", "Arn": RULE}]}
            if asked["EventBusName"] == "shop"
            else {"Rules": []}
        ),
        "events:ListTargetsByRule": pages(
            "Targets", {"Id": "1"}, {"Id": "2", "DeadLetterConfig": {"Arn": DLQ}}
        ),
        "scheduler:ListSchedules": pages(
            "Schedules",
            {"Name": "hourly", "GroupName": "default"},
            {"Name": "daily", "GroupName": "default"},
        ),
        "scheduler:GetSchedule": lambda asked: (
            {"Arn": SCHEDULE, "Target": {"DeadLetterConfig": {"Arn": DLQ}}}
            if asked["Name"] == "daily"
            else {"Arn": "x", "Target": {}}
        ),
        "pipes:ListPipes": pages(
            "Pipes",
            {"Name": "from-queue", "Source": f"arn:aws:sqs:{HERE}:orders"},
            {"Name": "clicks", "Arn": PIPE, "Source": kinesis},
        ),
        "pipes:DescribePipe": {
            "Arn": PIPE,
            "SourceParameters": {"KinesisStreamParameters": {"DeadLetterConfig": {"Arn": DLQ}}},
        },
        "sns:ListSubscriptions": pages(
            "Subscriptions",
            {"SubscriptionArn": "PendingConfirmation", "TopicArn": TOPIC},
            {"SubscriptionArn": f"{TOPIC}:1", "TopicArn": TOPIC},
        ),
        "sns:GetSubscriptionAttributes": {
            "Attributes": {"RedrivePolicy": json.dumps({"deadLetterTargetArn": DLQ})}
        },
        "cloudwatch:GetMetricData": {
            "MetricDataResults": [
                {"Id": "q0", "Timestamps": [NOW - timedelta(minutes=1)], "Values": [600.0]}
            ]
        },
    }


@cache
def account() -> Account:
    """One for all tests: making boto3 clients is what takes time."""
    return Account()


def listed(answers: Answers) -> Listing:
    account().answers = answers
    account().calls.clear()
    return list_dead_letter_queues(account(), now=lambda: NOW)


def only(listing: Listing) -> DeadLetterQueue:
    (queue,) = listing.queues
    return queue


def test_everything_that_feeds_a_queue_is_found_on_every_page() -> None:
    listing = listed(busy_account())
    assert listing.gaps == ()
    assert only(listing).sources == (
        RULE,
        f"arn:aws:lambda:{HERE}:function:other",
        f"arn:aws:lambda:{HERE}:function:other:live",
        FUNCTION,
        PIPE,
        SCHEDULE,
        TOPIC,
        f"arn:aws:sqs:{HERE}:orders",
    )


def test_no_call_is_made_twice() -> None:
    listed(busy_account())
    assert account().calls == {
        "sqs:ListQueues": 1,
        "sqs:GetQueueAttributes": 2,
        "lambda:ListFunctions": 2,
        "lambda:ListEventSourceMappings": 2,
        "lambda:ListFunctionEventInvokeConfigs": 2,
        "events:ListEventBuses": 2,
        "events:ListRules": 2,
        "events:ListTargetsByRule": 2,
        "scheduler:ListSchedules": 2,
        "scheduler:GetSchedule": 2,
        "pipes:ListPipes": 2,
        "pipes:DescribePipe": 1,
        "sns:ListSubscriptions": 2,
        "sns:GetSubscriptionAttributes": 1,
        "cloudwatch:GetMetricData": 1,
    }


ASKED_OF_OTHERS = sorted(action for action in busy_account() if not action.startswith("sqs:"))


@pytest.mark.parametrize("action", ASKED_OF_OTHERS)
def test_a_denied_action_is_one_note_and_the_rest_goes_on(action: str) -> None:
    listing = listed(busy_account() | {action: DENIED})
    (gap,) = listing.gaps
    assert (gap.action, gap.why) == (action, Why.DENIED)
    assert gap.incomplete
    assert len(only(listing).sources) >= 5


@pytest.mark.parametrize("action", ASKED_OF_OTHERS)
@pytest.mark.parametrize(
    "answer",
    [
        Refusal("InternalFailure", 501, "not yet implemented"),
        Refusal("UnknownOperationException"),
        Refusal("404", 404),
        Refusal("InvalidAction"),
        EndpointConnectionError(endpoint_url="https://pipes.mars-1.amazonaws.com"),
    ],
    ids=["501", "unknown", "404", "invalid", "endpoint"],
)
def test_an_unsupported_action_leaves_the_list_complete(action: str, answer: Answer) -> None:
    (gap,) = listed(busy_account() | {action: answer}).gaps
    assert (gap.action, gap.why) == (action, Why.UNSUPPORTED)
    assert not gap.incomplete


@pytest.mark.parametrize(
    "answer",
    [Refusal("ThrottlingException"), ConnectTimeoutError(endpoint_url="https://x")],
    ids=["throttled", "timeout"],
)
def test_an_action_that_failed_may_leave_something_out(answer: Answer) -> None:
    (gap,) = listed(busy_account() | {"sns:ListSubscriptions": answer}).gaps
    assert gap.why is Why.FAILED
    assert gap.incomplete


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("lambda:ListFunctionEventInvokeConfigs", "ResourceNotFoundException"),
        ("events:ListRules", "ResourceNotFoundException"),
        ("events:ListTargetsByRule", "ResourceNotFoundException"),
        ("scheduler:GetSchedule", "ResourceNotFoundException"),
        ("pipes:DescribePipe", "NotFoundException"),
        ("sns:GetSubscriptionAttributes", "NotFound"),
    ],
)
def test_what_was_deleted_meanwhile_is_not_worth_a_note(action: str, code: str) -> None:
    assert listed(busy_account() | {action: Refusal(code, 404)}).gaps == ()


def test_a_denied_action_is_not_asked_for_each_of_hundreds() -> None:
    rules = [{"Name": f"r{n}", "Arn": f"arn:aws:events:{HERE}:rule/r{n}"} for n in range(300)]
    listing = listed(
        {
            **queues("failed"),
            "events:ListEventBuses": {"EventBuses": [{"Name": "default"}]},
            "events:ListRules": {"Rules": rules},
            "events:ListTargetsByRule": DENIED,
        }
    )
    assert len(listing.gaps) == 1
    assert account().calls["events:ListTargetsByRule"] <= MAX_CONCURRENT_CALLS


def test_one_denied_resource_does_not_hide_the_others() -> None:
    def schedule(asked: dict[str, Any]) -> Answer:
        if asked["Name"] == "s39":
            return DENIED
        arn = f"arn:aws:scheduler:{HERE}:schedule/default/{asked['Name']}"
        return {"Arn": arn, "Target": {"DeadLetterConfig": {"Arn": DLQ}}}

    listing = listed(
        {
            **queues("failed"),
            "scheduler:ListSchedules": {"Schedules": [{"Name": f"s{n}"} for n in range(40)]},
            "scheduler:GetSchedule": schedule,
        }
    )
    assert len(only(listing).sources) == 39
    assert [gap.action for gap in listing.gaps] == ["scheduler:GetSchedule"]


def test_an_action_is_not_asked_without_end() -> None:
    inquiry = Inquiry()

    def feed(number: int) -> Question:
        return Question("a:Get", "a", lambda: [Feed(str(number), DLQ)], at_most=2)

    inquiry.run(map(feed, range(5)))
    assert inquiry.feeds == {Feed("0", DLQ), Feed("1", DLQ)}
    assert [gap.why for gap in inquiry.gaps.values()] == [Why.TOO_MANY]


def test_odd_answers_are_not_feeds() -> None:
    odd: list[Any] = [None, "x", {"OnFailure": None}, {"OnFailure": {"Destination": 7}}]
    listing = listed(
        {
            **queues("failed"),
            "lambda:ListEventSourceMappings": {
                "EventSourceMappings": [
                    {"FunctionArn": FUNCTION, "DestinationConfig": destination}
                    for destination in odd
                ]
            },
            "sns:ListSubscriptions": {"Subscriptions": [{"SubscriptionArn": f"{TOPIC}:1"}]},
            "sns:GetSubscriptionAttributes": {"Attributes": {"RedrivePolicy": "{not json"}},
        }
    )
    assert (listing.queues, listing.gaps) == ((), ())


@pytest.mark.parametrize("action", ["sqs:ListQueues", "sqs:GetQueueAttributes"])
def test_without_sqs_there_is_no_list(action: str) -> None:
    with pytest.raises(AccessDeniedError) as denied:
        listed(busy_account() | {action: Refusal("AccessDenied", 403)})
    assert denied.value.action == action


def test_sqs_out_of_reach_is_an_error() -> None:
    unreachable = EndpointConnectionError(endpoint_url="https://sqs.eu-west-1.amazonaws.com")
    with pytest.raises(DlqctlError, match="endpoint"):
        listed({"sqs:ListQueues": unreachable})
    with pytest.raises(DlqctlError, match="endpoint"):
        listed(queues("a-dlq") | {"sqs:GetQueueAttributes": unreachable})


def refusing(name: str, refusal: Refusal) -> Answers:
    """SQS with `gone-dlq`, `kept-dlq`, where asking for `name` is refused."""
    answers = queues("kept-dlq", "gone-dlq")
    attributes = answers["sqs:GetQueueAttributes"]
    assert callable(attributes)

    def answer(asked: dict[str, Any]) -> Answer:
        return refusal if asked["QueueUrl"].endswith(name) else attributes(asked)

    return answers | {"sqs:GetQueueAttributes": answer}


def test_a_queue_deleted_meanwhile_is_left_out() -> None:
    listing = listed(refusing("gone-dlq", Refusal("AWS.SimpleQueueService.NonExistentQueue")))
    assert only(listing).name == "kept-dlq"
    assert listing.gaps == ()


def test_a_queue_that_may_not_be_seen_is_a_note() -> None:
    said = "User: x is not authorized to perform: sqs:getqueueattributes on resource: y"
    listing = listed(refusing("gone-dlq", Refusal("AccessDenied", 403, said)))
    assert only(listing).name == "kept-dlq"
    assert [gap.action for gap in listing.gaps] == ["sqs:GetQueueAttributes"]


def test_the_age_is_the_latest_datapoint_grown_by_the_time_since() -> None:
    minutes = [NOW - timedelta(minutes=n) for n in (9, 5, 7)]
    result = {"Id": "q0", "Timestamps": minutes, "Values": [360.0, 600.0, 480.0]}
    queue = only(
        listed(
            queues("a-dlq") | {"cloudwatch:GetMetricData": {"MetricDataResults": [result]}},
        )
    )
    assert queue.oldest_seconds == 600 + 4 * 60
    assert queue.first_expiry == NOW + timedelta(seconds=86_400 - 840)


@pytest.mark.parametrize(
    "answer", [{"MetricDataResults": [{"Id": "q0", "Timestamps": [], "Values": []}]}, {}, DENIED]
)
def test_without_a_datapoint_the_age_is_not_known(answer: Answer) -> None:
    queue = only(listed(queues("a-dlq") | {"cloudwatch:GetMetricData": answer}))
    assert (queue.oldest_seconds, queue.first_expiry) == (None, None)


def test_ages_are_asked_for_500_queues_a_call_and_for_empty_ones_never() -> None:
    asked: list[dict[str, Any]] = []

    def metrics(request: dict[str, Any]) -> Answer:
        asked.append(request)
        return {
            "MetricDataResults": [
                {"Id": query["Id"], "Timestamps": [NOW], "Values": [60.0]}
                for query in request["MetricDataQueries"]
            ]
        }

    names = [f"q{n}-dlq" for n in range(502)]
    empty = {"q7-dlq": {"ApproximateNumberOfMessages": "0"}}
    listing = listed(queues(*names, **empty) | {"cloudwatch:GetMetricData": metrics})
    assert sorted(len(request["MetricDataQueries"]) for request in asked) == [1, 500]
    assert {request["EndTime"] - request["StartTime"] for request in asked} == {
        timedelta(minutes=15)
    }
    unknown = [queue.name for queue in listing.queues if queue.oldest_seconds is None]
    assert unknown == ["q7-dlq"]
