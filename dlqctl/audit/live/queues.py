"""SQS queues, with how old their oldest message is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from dlqctl.audit.facts import Fact, Matches, Reference, Unknown, reference
from dlqctl.audit.live.asking import NOT_ASKED, Document, Identity, Survey
from dlqctl.audit.resources import Queue, RedriveAllowPolicy, RedrivePermission, RedrivePolicy
from dlqctl.documents import mapping, parse_json, text, whole_number

METRIC_QUERIES_AT_ONCE = 500
# SQS reports each minute, and a few minutes late.
METRIC_WINDOW = timedelta(minutes=15)
METRIC_PERIOD_SECONDS = 60


def collect_queues(survey: Survey) -> Matches[Queue]:
    """Every queue of the account and Region."""
    urls = survey.pages("sqs:ListQueues", result="QueueUrls")
    if not survey.wants("sqs:GetQueueAttributes"):
        return Matches((), NOT_ASKED)
    return Matches(queues_at(survey, urls.seen), urls.gap)


def queues_at(survey: Survey, urls: Iterable[str]) -> tuple[Queue, ...]:
    """The queues behind these URLs, less those deleted meanwhile."""
    given = tuple(urls)
    answers = survey.each(
        given,
        lambda url: survey.ask("sqs:GetQueueAttributes", QueueUrl=url, AttributeNames=["All"]),
    )
    queues: list[Queue] = []
    for url, answer in zip(given, answers, strict=True):
        if isinstance(answer, Unknown):
            queues.append(_unread(survey.identity, url, answer))
        elif answer is not None:
            queues.append(read_queue(survey.identity, url, answer.get("Attributes", {})))
    return tuple(queues)


def queue_name(url: str) -> str:
    """The last part of a queue's URL."""
    return url.rstrip("/").rpartition("/")[2]


def read_queue(identity: Identity, url: str, attributes: Document) -> Queue:
    """A queue from its attributes, all of them strings.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """
    name = queue_name(url)
    return Queue(
        ref=attributes.get("QueueArn") or identity.arn("sqs", name),
        name=name,
        fifo=name.endswith(".fifo"),
        visibility_timeout_seconds=_number(attributes, "VisibilityTimeout", absent=30),
        retention_seconds=_number(attributes, "MessageRetentionPeriod", absent=345_600),
        redrive=_redrive_policy(attributes),
        redrive_allow=_redrive_allow_policy(attributes),
        policy=read_policy(attributes.get("Policy")),
        visible_messages=_number(attributes, "ApproximateNumberOfMessages", absent=0),
        oldest_message_seconds=NOT_ASKED,
    )


def read_policy(written: object) -> Fact[Mapping[str, object] | None]:
    """A resource policy out of its JSON; None where there is none."""
    if not written:
        return None
    return mapping(parse_json(str(written))) or Unknown("the policy is not readable JSON")


def _unread(identity: Identity, url: str, why: Unknown) -> Queue:
    name = queue_name(url)
    return Queue(
        ref=identity.arn("sqs", name),
        name=name,
        fifo=name.endswith(".fifo"),
        visibility_timeout_seconds=why,
        retention_seconds=why,
        redrive=why,
        redrive_allow=why,
        policy=why,
        visible_messages=why,
        oldest_message_seconds=why,
    )


def _number(attributes: Document, name: str, *, absent: int) -> Fact[int]:
    if name not in attributes:
        return absent
    value = whole_number(attributes[name])
    return Unknown(f"{name} is not a number") if value is None else value


def _redrive_policy(attributes: Document) -> Fact[RedrivePolicy | None]:
    written = attributes.get("RedrivePolicy")
    if not written:
        return None
    document = mapping(parse_json(written))
    arn = text(document, "deadLetterTargetArn")
    count = whole_number((document or {}).get("maxReceiveCount"))
    if arn is None:
        return Unknown("RedrivePolicy is not readable")
    return RedrivePolicy(
        reference(arn), Unknown("maxReceiveCount is not readable") if count is None else count
    )


def _redrive_allow_policy(attributes: Document) -> Fact[RedriveAllowPolicy | None]:
    written = attributes.get("RedriveAllowPolicy")
    if not written:
        return None
    document = mapping(parse_json(written))
    permission = text(document, "redrivePermission")
    sources = (document or {}).get("sourceQueueArns")
    try:
        return RedriveAllowPolicy(
            RedrivePermission(str(permission)),
            tuple(str(arn) for arn in sources) if isinstance(sources, list) else (),
        )
    except ValueError:
        return Unknown("RedriveAllowPolicy is not readable")


def with_ages(
    survey: Survey, queues: Sequence[Queue], *, now: Callable[[], datetime]
) -> tuple[Queue, ...]:
    """The queues with the age of their oldest message, where messages wait.

    Of a dead-letter queue CloudWatch gives the time since the message came there, not since it
    was first sent: the message is at least that old.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    empty = [replace(one, oldest_message_seconds=None) for one in queues if _is_empty(one)]
    waiting = [one for one in queues if not _is_empty(one)]
    asking = iter([one for one in waiting if isinstance(one.visible_messages, int)])
    batches = []
    while batch := list(islice(asking, METRIC_QUERIES_AT_ONCE)):
        batches.append(batch)
    ages: dict[str, Fact[int | None]] = {}
    for found in survey.each(batches, lambda batch: _ages(survey, batch, now=now())):
        ages.update(found)
    aged = [
        replace(one, oldest_message_seconds=ages.get(one.ref, one.visible_messages))
        for one in waiting
    ]
    return (*empty, *aged)


def _is_empty(queue: Queue) -> bool:
    return queue.visible_messages == 0


def _ages(survey: Survey, queues: Sequence[Queue], *, now: datetime) -> dict[str, Fact[int | None]]:
    answer = survey.pages(
        "cloudwatch:GetMetricData",
        result="MetricDataResults",
        StartTime=now.astimezone(UTC) - METRIC_WINDOW,
        EndTime=now.astimezone(UTC),
        ScanBy="TimestampDescending",
        MetricDataQueries=[_age_query(f"q{number}", one) for number, one in enumerate(queues)],
    )
    # A result that goes on over several pages comes newest first.
    latest = {
        found["Id"]: found["Values"][0] for found in reversed(answer.seen) if found.get("Values")
    }
    silent = answer.gap or Unknown("CloudWatch has no recent age of the oldest message")
    return {
        one.ref: int(latest[f"q{number}"]) if f"q{number}" in latest else silent
        for number, one in enumerate(queues)
    }


def _age_query(query_id: str, queue: Queue) -> Document:
    return {
        "Id": query_id,
        "ReturnData": True,
        "MetricStat": {
            "Period": METRIC_PERIOD_SECONDS,
            "Stat": "Maximum",
            "Metric": {
                "Namespace": "AWS/SQS",
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": queue.name}],
            },
        },
    }


def dead_letter_refs(queues: Iterable[Queue]) -> tuple[Reference, ...]:
    """The DLQs that these queues name."""
    return tuple(
        queue.redrive.dead_letter
        for queue in queues
        if isinstance(queue.redrive, RedrivePolicy)
        and isinstance(queue.redrive.dead_letter, Reference)
    )
