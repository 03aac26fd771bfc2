"""The facts of one resource each, as frozen types.

A default is AWS's default: an absent setting and the default are the same fact. Where it matters
to a rule that nothing was said, the field is None. Any field of type `Fact` can be `Unknown`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from dlqctl.audit.facts import Fact, Place, Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What every resource has.

    `ref` is its ARN, or its logical id or address in a template; `part` names what belongs to it
    but has no ARN of its own (the target of a rule). `name` is what dimensions and commands call
    it; empty where a template leaves that to AWS. `TYPE` is the CloudFormation type.
    """

    TYPE: ClassVar[str] = ""

    ref: str
    name: str = ""
    part: str | None = None
    place: Place | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str | None:
        """What to call it where its ref says nothing to a person; None where it does."""
        return None


@dataclass(frozen=True, slots=True)
class RedrivePolicy:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""

    dead_letter: Fact[Reference]
    max_receive_count: Fact[int]


class RedrivePermission(StrEnum):
    """`redrivePermission` of a RedriveAllowPolicy."""

    ALLOW_ALL = "allowAll"
    DENY_ALL = "denyAll"
    BY_QUEUE = "byQueue"


@dataclass(frozen=True, slots=True)
class RedriveAllowPolicy:
    """Which queues may use this one as their DLQ; `sources` are their refs, for byQueue only."""

    permission: RedrivePermission
    sources: Fact[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Resource):
    """An SQS queue.

    `redrive_allow` is None where nothing was said (which allows all). `policy` is the parsed
    policy document. `oldest_message_seconds` is None when nothing waits.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """

    TYPE: ClassVar[str] = "AWS::SQS::Queue"

    fifo: Fact[bool] = False
    visibility_timeout_seconds: Fact[int] = 30
    retention_seconds: Fact[int] = 345_600
    redrive: Fact[RedrivePolicy | None] = None
    redrive_allow: Fact[RedriveAllowPolicy | None] = None
    policy: Fact[Mapping[str, object] | None] = None
    visible_messages: Fact[int] = 0
    oldest_message_seconds: Fact[int | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Function(Resource):
    """A Lambda function.

    `reserved_concurrency` is None where none is reserved. `dead_letter` is DeadLetterConfig.
    `recursive_loop` is `Terminate` or `Allow`. `policy` is the resource policy without a qualifier.
    https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
    """

    TYPE: ClassVar[str] = "AWS::Lambda::Function"

    timeout_seconds: Fact[int] = 3
    reserved_concurrency: Fact[int | None] = None
    dead_letter: Fact[Reference | None] = None
    state: Fact[str] = "Active"
    recursive_loop: Fact[str] = "Terminate"
    policy: Fact[Mapping[str, object] | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias(Resource):
    """A function's alias. `gradual` says whether CodeDeploy shifts its traffic bit by bit.

    https://docs.aws.amazon.com/lambda/latest/api/API_AliasConfiguration.html
    """

    TYPE: ClassVar[str] = "AWS::Lambda::Alias"

    function: Fact[Reference]
    policy: Fact[Mapping[str, object] | None] = None
    gradual: Fact[bool] = False


class EventSource(StrEnum):
    """What an event source mapping reads."""

    SQS = "sqs"
    KINESIS = "kinesis"
    DYNAMODB = "dynamodb"
    KAFKA = "kafka"
    MQ = "mq"
    DOCUMENTDB = "documentdb"

    @property
    def default_batch_size(self) -> int:
        """BatchSize where none is set."""
        return 10 if self is EventSource.SQS else 100


def _last(ref: str) -> str:
    """`clicks` of `arn:…:stream/clicks`, and of the stream of the table `clicks`."""
    resource = ref.split(":", 5)[-1]
    name = resource.split("/")[1] if "/" in resource else resource
    return name.rpartition(":")[2]


STREAMS = frozenset({EventSource.KINESIS, EventSource.DYNAMODB})
INFINITE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSourceMapping(Resource):
    """A Lambda event source mapping.

    `source` is None for self-managed Kafka; for a Kinesis consumer it is the stream. Retries and
    record age are INFINITE (-1) where nothing was said.
    https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
    """

    TYPE: ClassVar[str] = "AWS::Lambda::EventSourceMapping"

    event_source: Fact[EventSource]
    source: Fact[Reference | None]
    function: Fact[Reference]
    batch_size: Fact[int]
    batching_window_seconds: Fact[int] = 0
    maximum_retry_attempts: Fact[int] = INFINITE
    maximum_record_age_seconds: Fact[int] = INFINITE
    bisects_on_error: Fact[bool] = False
    on_failure: Fact[Reference | None] = None
    reports_batch_item_failures: Fact[bool] = False
    parallelization_factor: Fact[int] = 1
    tumbling_window_seconds: Fact[int] = 0
    maximum_concurrency: Fact[int | None] = None
    provisioned_pollers: Fact[bool] = False
    share_group: Fact[bool] = False
    state: Fact[str] = "Enabled"
    state_transition_reason: Fact[str | None] = None
    last_processing_result: Fact[str | None] = None

    @property
    def label(self) -> str | None:
        """`orders to worker`: the ARN of a mapping names neither end."""
        if not isinstance(self.source, Reference) or not isinstance(self.function, Reference):
            return None
        qualifier = f":{self.function.qualifier}" if self.function.qualifier else ""
        return f"{_last(self.source.ref)} to {_last(self.function.ref)}{qualifier}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventInvokeConfig(Resource):
    """How asynchronous invocations of one qualifier fail. None where nothing was said.

    `ref` is the ARN of the function with this qualifier. `qualifier` is `$LATEST` where AWS
    gives none. https://docs.aws.amazon.com/lambda/latest/api/API_FunctionEventInvokeConfig.html
    """

    TYPE: ClassVar[str] = "AWS::Lambda::EventInvokeConfig"

    function: Fact[Reference]
    qualifier: Fact[str] = "$LATEST"
    maximum_retry_attempts: Fact[int | None] = None
    maximum_event_age_seconds: Fact[int | None] = None
    on_failure: Fact[Reference | None] = None
    on_success: Fact[Reference | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream(Resource):
    """A Kinesis stream, or the stream of a DynamoDB table (which keeps records for 24 hours).

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StreamDescriptionSummary.html
    """

    TYPE: ClassVar[str] = "AWS::Kinesis::Stream"

    event_source: EventSource = EventSource.KINESIS
    retention_seconds: Fact[int] = 86_400
    open_shards: Fact[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule(Resource):
    """An EventBridge rule; its targets are EventTarget. `pattern` is the parsed event pattern."""

    TYPE: ClassVar[str] = "AWS::Events::Rule"

    enabled: Fact[bool] = True
    pattern: Fact[Mapping[str, object] | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTarget(Resource):
    """One target of an EventBridge rule: `ref` is the rule's, `part` the target's Id.

    Retries and age are None where nothing was said (185 attempts, 24 hours). `role` is RoleArn:
    with one, resource policies of functions, topics and queues do not decide.
    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html
    """

    TYPE: ClassVar[str] = "AWS::Events::Rule"

    target: Fact[Reference]
    enabled: Fact[bool] = True
    role: Fact[str | None] = None
    dead_letter: Fact[Reference | None] = None
    maximum_retry_attempts: Fact[int | None] = None
    maximum_event_age_seconds: Fact[int | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Resource):
    """An EventBridge Scheduler schedule and its one target.

    https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Target.html
    """

    TYPE: ClassVar[str] = "AWS::Scheduler::Schedule"

    target: Fact[Reference]
    enabled: Fact[bool] = True
    dead_letter: Fact[Reference | None] = None
    maximum_retry_attempts: Fact[int | None] = None
    maximum_event_age_seconds: Fact[int | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipe(Resource):
    """An EventBridge pipe; DLQ and limits exist for stream sources only.

    https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_DescribePipe.html
    """

    TYPE: ClassVar[str] = "AWS::Pipes::Pipe"

    source: Fact[Reference | None]
    target: Fact[Reference]
    running: Fact[bool] = True
    dead_letter: Fact[Reference | None] = None
    maximum_retry_attempts: Fact[int] = INFINITE
    maximum_record_age_seconds: Fact[int] = INFINITE


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Resource):
    """An SNS subscription. `endpoint` is None where it is no AWS resource (an address, a URL).

    https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html
    """

    TYPE: ClassVar[str] = "AWS::SNS::Subscription"

    topic: Fact[Reference]
    protocol: Fact[str]
    endpoint: Fact[Reference | None] = None
    dead_letter: Fact[Reference | None] = None
    pending_confirmation: Fact[bool] = False


@dataclass(frozen=True, slots=True)
class Metric:
    """One CloudWatch metric: namespace, name and dimensions."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(Resource):
    """A CloudWatch metric alarm.

    `metrics` are the metric it watches or the inputs of its metric math; `queries` are the
    Metrics Insights and SEARCH expressions in it, whose metrics nobody can tell from outside.
    `threshold` is None for anomaly detection; with `is_math` it is a threshold of an expression,
    not of a metric. `comparison` is the ComparisonOperator.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
    """

    TYPE: ClassVar[str] = "AWS::CloudWatch::Alarm"

    metrics: Fact[tuple[Metric, ...]]
    queries: tuple[str, ...] = ()
    threshold: Fact[float | None] = None
    is_math: Fact[bool] = False
    comparison: Fact[str] = "GreaterThanThreshold"
    actions_enabled: Fact[bool] = True
    actions: Fact[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeAlarm(Resource):
    """A composite alarm: its `rule` names other alarms, which may leave the telling to it.

    `suppressor` is the name or ARN of the alarm that silences it (ActionsSuppressor).
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_CompositeAlarm.html
    """

    TYPE: ClassVar[str] = "AWS::CloudWatch::CompositeAlarm"

    rule: Fact[str]
    suppressor: Fact[str | None] = None
    actions_enabled: Fact[bool] = True
    actions: Fact[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachine(Resource):
    """A Step Functions state machine; `definition` is its parsed Amazon States Language.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html
    """

    TYPE: ClassVar[str] = "AWS::StepFunctions::StateMachine"

    definition: Fact[Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentGroup(Resource):
    """A CodeDeploy deployment group for Lambda.

    `alarms` are the names of the alarms that stop a deployment; `rolls_back_on_alarm` says
    whether DEPLOYMENT_STOP_ON_ALARM is among its enabled automatic rollbacks.
    https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_DeploymentGroupInfo.html
    """

    TYPE: ClassVar[str] = "AWS::CodeDeploy::DeploymentGroup"

    alarms: Fact[tuple[str, ...]] = ()
    rolls_back_on_alarm: Fact[bool] = False
