"""EventBridge: rules with their targets, schedules, pipes."""

from collections.abc import Mapping
from dataclasses import dataclass

from dlqctl.audit.facts import Fact, Matches, Reference, Unknown, reference
from dlqctl.audit.live.asking import NOT_ASKED, Document, Identity, Survey
from dlqctl.audit.resources import INFINITE, EventRule, EventTarget, Pipe, Schedule
from dlqctl.documents import mapping, parse_json


@dataclass(frozen=True, slots=True)
class Rules:
    """What was found on the event buses."""

    rules: Matches[EventRule]
    targets: Matches[EventTarget]


def collect_rules(survey: Survey) -> Rules:
    """The rules of every bus. Rules that an AWS service manages are left out: nobody may edit them.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Rule.html
    """
    buses = survey.pages("events:ListEventBuses", result="EventBuses")
    gap = buses.gap
    documents: list[Document] = []
    for found in survey.each(buses.seen, lambda bus: _rules_on(survey, bus["Name"])):
        documents.extend(one for one in found.seen if not one.get("ManagedBy"))
        gap = gap or found.gap
    targets: list[EventTarget] = []
    targets_gap = gap
    answers = survey.each(documents, lambda one: _targets_of(survey, one))
    for document, answer in zip(documents, answers, strict=True):
        targets.extend(read_target(document, one) for one in answer.seen)
        targets_gap = targets_gap or answer.gap
    return Rules(
        Matches(tuple(_rule(one) for one in documents), gap),
        Matches(tuple(targets), targets_gap),
    )


def _rules_on(survey: Survey, bus: str) -> Matches[Document]:
    return survey.pages("events:ListRules", result="Rules", EventBusName=bus)


def _targets_of(survey: Survey, rule: Document) -> Matches[Document]:
    bus = rule.get("EventBusName") or "default"
    return survey.pages(
        "events:ListTargetsByRule", result="Targets", Rule=rule["Name"], EventBusName=bus
    )


def _is_enabled(rule: Document) -> bool:
    return str(rule.get("State") or "ENABLED").startswith("ENABLED")


def _rule(document: Document) -> EventRule:
    written = document.get("EventPattern")
    pattern: Fact[Mapping[str, object] | None] = None
    if written:
        pattern = mapping(parse_json(written)) or Unknown("the event pattern is not readable")
    return EventRule(
        ref=document["Arn"],
        name=document["Name"],
        enabled=_is_enabled(document),
        pattern=pattern,
    )


def read_target(rule: Document, document: Document) -> EventTarget:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html"""
    retry = document.get("RetryPolicy") or {}
    return EventTarget(
        ref=rule["Arn"],
        name=rule["Name"],
        part=document["Id"],
        enabled=_is_enabled(rule),
        target=reference(document["Arn"]),
        role=document.get("RoleArn"),
        dead_letter=_dead_letter(document),
        maximum_retry_attempts=retry.get("MaximumRetryAttempts"),
        maximum_event_age_seconds=retry.get("MaximumEventAgeInSeconds"),
    )


def _dead_letter(document: Document) -> Reference | None:
    arn = (document.get("DeadLetterConfig") or {}).get("Arn")
    return reference(arn) if arn else None


def collect_schedules(survey: Survey) -> Matches[Schedule]:
    """The schedules of every group."""
    listed = survey.pages("scheduler:ListSchedules", result="Schedules")
    if not survey.wants("scheduler:GetSchedule"):
        return Matches((), NOT_ASKED)
    answers = survey.each(
        listed.seen,
        lambda one: survey.ask(
            "scheduler:GetSchedule", Name=one["Name"], GroupName=one.get("GroupName") or "default"
        ),
    )
    schedules: list[Schedule] = []
    for summary, answer in zip(listed.seen, answers, strict=True):
        if answer is not None:
            schedules.append(_schedule(survey.identity, summary, answer))
    return Matches(tuple(schedules), listed.gap)


def _schedule(identity: Identity, summary: Document, answer: Document | Unknown) -> Schedule:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html"""
    group = summary.get("GroupName") or "default"
    ref = summary.get("Arn") or identity.arn("scheduler", f"schedule/{group}/{summary['Name']}")
    if isinstance(answer, Unknown):
        return Schedule(
            ref=ref,
            name=summary["Name"],
            target=reference(summary["Target"]["Arn"]),
            enabled=summary.get("State", "ENABLED") == "ENABLED",
            dead_letter=answer,
            maximum_retry_attempts=answer,
            maximum_event_age_seconds=answer,
        )
    target = answer["Target"]
    retry = target.get("RetryPolicy") or {}
    return Schedule(
        ref=ref,
        name=summary["Name"],
        target=reference(target["Arn"]),
        enabled=answer.get("State", "ENABLED") == "ENABLED",
        dead_letter=_dead_letter(target),
        maximum_retry_attempts=retry.get("MaximumRetryAttempts"),
        maximum_event_age_seconds=retry.get("MaximumEventAgeInSeconds"),
    )


_STREAM_SOURCES = ("kinesis", "dynamodb")


def collect_pipes(survey: Survey) -> Matches[Pipe]:
    """Every pipe. Only those that read a stream have a DLQ, so only they are asked about."""
    listed = survey.pages("pipes:ListPipes", result="Pipes")
    answers = survey.each(listed.seen, lambda one: _described(survey, one))
    pipes = tuple(
        read_pipe(summary, answer)
        for summary, answer in zip(listed.seen, answers, strict=True)
        if answer is not None
    )
    return Matches(pipes, listed.gap)


def _described(survey: Survey, pipe: Document) -> Fact[Document | None]:
    if reference(pipe.get("Source") or "").service not in _STREAM_SOURCES:
        return {}
    return survey.ask("pipes:DescribePipe", Name=pipe["Name"])


def read_pipe(summary: Document, answer: Document | Unknown) -> Pipe:
    """https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_DescribePipe.html"""
    source = summary.get("Source") or ""
    arn = source if source.startswith("arn:") else None  # `smk://…` for brokers of one's own
    if isinstance(answer, Unknown):
        return Pipe(
            ref=summary["Arn"],
            name=summary["Name"],
            source=reference(arn) if arn else None,
            target=reference(summary["Target"]),
            running=_is_running(summary),
            dead_letter=answer,
            maximum_retry_attempts=answer,
            maximum_record_age_seconds=answer,
        )
    parameters = answer.get("SourceParameters") or {}
    stream = (
        parameters.get("KinesisStreamParameters")
        or parameters.get("DynamoDBStreamParameters")
        or {}
    )
    return Pipe(
        ref=summary["Arn"],
        name=summary["Name"],
        source=reference(arn) if arn else None,
        target=reference(summary["Target"]),
        running=_is_running(summary),
        dead_letter=_dead_letter(stream),
        maximum_retry_attempts=_or_infinite(stream.get("MaximumRetryAttempts")),
        maximum_record_age_seconds=_or_infinite(stream.get("MaximumRecordAgeInSeconds")),
    )


def _is_running(pipe: Document) -> bool:
    return bool(pipe.get("DesiredState", "RUNNING") == "RUNNING")


def _or_infinite(value: int | None) -> int:
    return INFINITE if value is None else value
