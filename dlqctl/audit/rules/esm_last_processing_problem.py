"""The last poll of the source failed.

What: An event source mapping reports a problem with its last poll or invocation.

Why: While it lasts, nothing gets through: the function fails or is throttled, a permission or a
    network path is missing.

Judged: A warning where LastProcessingResult begins with PROBLEM. It is as old as the last poll: a
    mapping that is switched off keeps its last answer.

CLI:
    aws lambda get-event-source-mapping --uuid UUID --query LastProcessingResult
    aws logs tail /aws/lambda/worker --since 1h

SAM:
    Nothing to set: read the result, then see to the permission, throttle or error it names.

CloudFormation:
    Nothing to set: read the result, then see to the permission, throttle or error it names.

Terraform:
    Nothing to set: read the result, then see to the permission, throttle or error it names.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSourceMapping
from dlqctl.audit.rule import Audit, Fault, Rule, Scope


def judge(mapping: EventSourceMapping, _: Audit) -> Iterator[Fault]:
    """The result is free text; only its first word is a verdict."""
    result = known(mapping.last_processing_result)
    if result is None or not result.startswith("PROBLEM"):
        return
    yield Fault(
        "the last poll of the source failed",
        observed=f"LastProcessingResult is {result}",
        expected="OK, or No records processed",
        fix="see to what the result names: the function's errors in its log, its throttles, or "
        "the permissions and network of its execution role",
    )


RULE = Rule(
    "esm-last-processing-problem",
    __doc__,
    severity=Severity.WARNING,
    judges=EventSourceMapping,
    judge=judge,
    calls=MAPPINGS,
    scope=Scope.LIVE,
)
