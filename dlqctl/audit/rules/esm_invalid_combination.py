"""Settings that Lambda refuses together.

What: A mapping from SQS has settings that exclude each other or don't apply to queues.

Why: Lambda answers with an error, so the deployment fails.

Judged: An error for each of: DestinationConfig on a mapping from SQS (failures go to the queue's
    own DLQ); BatchSize over 10 on a FIFO queue; BatchSize over 10 with
    MaximumBatchingWindowInSeconds 0; MaximumConcurrency together with ProvisionedPollerConfig.

CLI:
    aws lambda update-event-source-mapping --uuid UUID --batch-size 100 \\
      --maximum-batching-window-in-seconds 1

SAM:
    Events:
      Orders:
        Type: SQS
        Properties:
          BatchSize: 100
          MaximumBatchingWindowInSeconds: 1

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      BatchSize: 100
      MaximumBatchingWindowInSeconds: 1

Terraform:
    resource "aws_lambda_event_source_mapping" "orders" {
      batch_size                         = 100
      maximum_batching_window_in_seconds = 1
    }

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.destinations import is_fifo
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSourceMapping
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import reads_queue

REFUSED = "Lambda refuses these settings"
BATCH_WITHOUT_WINDOW = 10


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """Each combination has its own fix."""
    if known(mapping.on_failure) is not None:
        yield Fault(
            REFUSED,
            observed="DestinationConfig on a mapping from SQS",
            expected="none: failures go to the queue's DLQ",
            fix="remove DestinationConfig, set RedrivePolicy on the queue (Terraform: "
            "destination_config; aws_sqs_queue redrive_policy)",
        )
    if known(mapping.maximum_concurrency) is not None and known(mapping.provisioned_pollers):
        yield Fault(
            REFUSED,
            observed="MaximumConcurrency with ProvisionedPollerConfig",
            expected="one of them",
            fix="remove ScalingConfig or ProvisionedPollerConfig (Terraform: scaling_config, "
            "provisioned_poller_config)",
        )
    yield from batch_faults(mapping, audit)


def batch_faults(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """Over 10 is refused on any queue without a window, and on a FIFO queue with one."""
    batch = known(mapping.batch_size)
    if batch <= BATCH_WITHOUT_WINDOW:
        return
    window, source = known(mapping.batching_window_seconds), known(mapping.source)
    if window > 0 and (source is None or not known(is_fifo(source, audit.inventory))):
        return
    on_fifo = " on a FIFO queue" if window else ""
    yield Fault(
        REFUSED,
        observed=f"BatchSize is {batch}{on_fifo}, MaximumBatchingWindowInSeconds is {window}",
        expected="BatchSize 1 to 10; more only on a standard queue, with a window of 1 s or more",
        fix=setting("BatchSize", "10 or less", terraform="batch_size")
        + ("" if window else ", or MaximumBatchingWindowInSeconds to 1 on a standard queue"),
    )


RULE = Rule(
    "esm-invalid-combination",
    __doc__,
    severity=Severity.ERROR,
    judges=EventSourceMapping,
    where=reads_queue,
    judge=judge,
    calls=(*MAPPINGS, "sqs:GetQueueAttributes"),
)
