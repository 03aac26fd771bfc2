"""Nothing is consumed.

What: An event source mapping is switched off, or is being switched off or deleted.

Why: Messages and records pile up unprocessed, and expire at the end of the source's retention.

Judged: A warning where State is not Enabled, Creating, Enabling or Updating. A mapping from a
    dead-letter queue may stay off: that is how a redrive function waits until it is needed.

CLI:
    aws lambda update-event-source-mapping --uuid UUID --enabled

SAM:
    Events:
      Orders:
        Type: SQS
        Properties:
          Enabled: true

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      Enabled: true

Terraform:
    resource "aws_lambda_event_source_mapping" "orders" {
      enabled = true
    }

Source: https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import FEEDS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSource, EventSourceMapping
from dlqctl.audit.rule import Audit, Fault, Rule, Scope, setting
from dlqctl.audit.subjects import is_running


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """Asked last: whether the source takes failures hangs on everything that could feed it."""
    if is_running(mapping):
        return
    queue = known(mapping.source) if known(mapping.event_source) is EventSource.SQS else None
    if queue is not None and known(audit.inventory.graph.feeds(queue.ref).exists):
        return
    reason = mapping.state_transition_reason
    yield Fault(
        "nothing is consumed from the source",
        observed=f"State is {known(mapping.state)}"
        + (f" ({reason})" if isinstance(reason, str) else ""),
        expected="Enabled",
        fix=setting("Enabled", "true", terraform="enabled")
        + "; delete the mapping where it is no longer wanted",
    )


RULE = Rule(
    "esm-not-enabled",
    __doc__,
    severity=Severity.WARNING,
    judges=EventSourceMapping,
    judge=judge,
    calls=FEEDS,
    scope=Scope.LIVE,
)
