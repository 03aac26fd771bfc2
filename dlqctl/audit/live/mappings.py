"""Lambda event source mappings, and the streams they read."""

from collections.abc import Iterable
from dataclasses import dataclass

from dlqctl.audit.facts import Fact, Matches, Reference, Unknown, parse_arn, reference
from dlqctl.audit.live.asking import NOT_ASKED, Document, Identity, Survey
from dlqctl.audit.resources import INFINITE, EventSource, EventSourceMapping, Stream

_SERVICES = {
    "sqs": EventSource.SQS,
    "kinesis": EventSource.KINESIS,
    "dynamodb": EventSource.DYNAMODB,
    "kafka": EventSource.KAFKA,
    "mq": EventSource.MQ,
    "rds": EventSource.DOCUMENTDB,
}
_HOUR_SECONDS = 3_600


def collect_mappings(survey: Survey) -> Matches[EventSourceMapping]:
    """Every mapping of the account and Region."""
    found = survey.pages("lambda:ListEventSourceMappings", result="EventSourceMappings")
    return Matches(tuple(read_mapping(survey.identity, one) for one in found.seen), found.gap)


def read_mapping(identity: Identity, document: Document) -> EventSourceMapping:
    """A mapping from its configuration; what is absent is AWS's default.

    https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
    """
    arn = document.get("EventSourceArn")
    event_source = _event_source(arn)
    uuid = document["UUID"]
    destination = _destination(document, "OnFailure")
    kafka = document.get("SelfManagedKafkaEventSourceConfig") or {}
    retries: int | None = document.get("MaximumRetryAttempts")
    share_group = kafka.get("ConsumptionMode") == "Queue"
    return EventSourceMapping(
        ref=document.get("EventSourceMappingArn")
        or identity.arn("lambda", f"event-source-mapping:{uuid}"),
        name=uuid,
        event_source=event_source,
        source=reference(arn) if arn else None,
        function=reference(document["FunctionArn"]),
        batch_size=document.get("BatchSize") or _batch_size(event_source),
        batching_window_seconds=document.get("MaximumBatchingWindowInSeconds") or 0,
        maximum_retry_attempts=(0 if share_group else INFINITE) if retries is None else retries,
        maximum_record_age_seconds=_or(document.get("MaximumRecordAgeInSeconds"), INFINITE),
        bisects_on_error=bool(document.get("BisectBatchOnFunctionError")),
        on_failure=destination,
        reports_batch_item_failures="ReportBatchItemFailures"
        in (document.get("FunctionResponseTypes") or ()),
        parallelization_factor=document.get("ParallelizationFactor") or 1,
        tumbling_window_seconds=document.get("TumblingWindowInSeconds") or 0,
        maximum_concurrency=(document.get("ScalingConfig") or {}).get("MaximumConcurrency"),
        provisioned_pollers=bool(document.get("ProvisionedPollerConfig")),
        share_group=share_group,
        state=document.get("State") or "Enabled",
        state_transition_reason=document.get("StateTransitionReason"),
        last_processing_result=document.get("LastProcessingResult"),
    )


def _event_source(arn: str | None) -> Fact[EventSource]:
    if not arn:
        return EventSource.KAFKA  # self-managed: brokers have no ARN
    parsed = parse_arn(arn)
    known = _SERVICES.get(parsed.service) if parsed else None
    return known or Unknown(f"dlqctl does not know the event source {arn}")


def _batch_size(event_source: Fact[EventSource]) -> int:
    return (
        event_source.default_batch_size
        if isinstance(event_source, EventSource)
        else EventSource.KINESIS.default_batch_size
    )


def _destination(document: Document, when: str) -> Reference | None:
    arn = ((document.get("DestinationConfig") or {}).get(when) or {}).get("Destination")
    return reference(arn) if arn else None


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams that were read, those that are gone, and why some could not be read."""

    seen: tuple[Stream, ...]
    missing: frozenset[str]
    gap: Unknown | None


def collect_streams(survey: Survey, mappings: Matches[EventSourceMapping]) -> Streams:
    """The streams that mappings read, each asked about once."""
    sources = {
        one.source.ref: one.source
        for one in mappings.seen
        if isinstance(one.source, Reference) and one.source.service in ("kinesis", "dynamodb")
    }
    refs = tuple(sources.values())
    seen: list[Stream] = []
    missing: set[str] = set()
    gap = mappings.gap
    for ref, stream in zip(refs, survey.each(refs, lambda ref: _stream(survey, ref)), strict=True):
        if isinstance(stream, Unknown):
            gap = gap or stream
        elif stream is None:
            missing.add(ref.ref)
        else:
            seen.append(stream)
    return Streams(tuple(seen), frozenset(missing), gap)


def _stream(survey: Survey, to: Reference) -> Fact[Stream | None]:
    if to.service == "dynamodb":
        return _table_stream(survey, to)
    name = to.ref.rpartition("/")[2]
    answer = survey.ask("kinesis:DescribeStreamSummary", StreamName=name, StreamARN=to.ref)
    if answer is None or isinstance(answer, Unknown):
        return answer
    summary = answer["StreamDescriptionSummary"]
    return Stream(
        ref=to.ref,
        name=name,
        retention_seconds=summary.get("RetentionPeriodHours", 24) * _HOUR_SECONDS,
        open_shards=summary.get("OpenShardCount", Unknown("OpenShardCount was not answered")),
    )


def _table_stream(survey: Survey, to: Reference) -> Fact[Stream | None]:
    """Its retention is 24 hours whatever the answer, so without the call only shards are unknown.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html
    """
    name = to.ref.split("/")[1]
    shards: Fact[int] = NOT_ASKED
    if survey.wants("dynamodb:DescribeStream"):
        shards = 0
        after: dict[str, str] = {}
        while True:
            answer = survey.ask("dynamodb:DescribeStream", StreamArn=to.ref, **after)
            if answer is None or isinstance(answer, Unknown):
                return answer
            description = answer["StreamDescription"]
            shards += _open(description.get("Shards") or ())
            last = description.get("LastEvaluatedShardId")
            if not last:
                break
            after = {"ExclusiveStartShardId": last}
    return Stream(ref=to.ref, name=name, event_source=EventSource.DYNAMODB, open_shards=shards)


def _open(shards: Iterable[Document]) -> int:
    """A shard that has ended has an EndingSequenceNumber."""
    return sum(
        1
        for one in shards
        if not (one.get("SequenceNumberRange") or {}).get("EndingSequenceNumber")
    )
