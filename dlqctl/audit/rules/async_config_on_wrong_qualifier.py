"""The settings for asynchronous invocations are on a qualifier that nobody invokes.

What: An EventInvokeConfig belongs to `$LATEST` or an alias, and the function's triggers invoke
    another one, which has no settings.

Why: Settings of one qualifier do not apply to another. Retries, age and the failure destination
    that somebody chose have no effect, and the defaults hold.

Judged: A warning where triggers are known, none of them invokes the config's qualifier, and at
    least one qualifier that is invoked has no config. Not judged for a version number: an alias
    may point at it.

CLI:
    aws lambda put-function-event-invoke-config --function-name worker --qualifier live \\
      --destination-config '{"OnFailure":{"Destination":"QUEUE_ARN"}}'

SAM:
    Worker:
      Type: AWS::Serverless::Function
      Properties:
        AutoPublishAlias: live  # EventInvokeConfig then belongs to the alias

CloudFormation:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      Qualifier: live

Terraform:
    resource "aws_lambda_function_event_invoke_config" "worker" {
      qualifier = aws_lambda_alias.live.name
    }

Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import INVOCATIONS
from dlqctl.audit.facts import Unknown, UnknownFactError, known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventInvokeConfig
from dlqctl.audit.rule import Audit, Fault, Rule, setting

LATEST = "$LATEST"


def judge(config: EventInvokeConfig, audit: Audit) -> Iterator[Fault]:
    """A config left over beside the one that counts does no harm."""
    function, qualifier = known(config.function), known(config.qualifier)
    invocations = audit.inventory.graph.invocations_of(function.ref)
    invoked = {invocation.qualifier or LATEST for invocation in invocations.seen}
    if qualifier in invoked:
        return
    known(invocations.all)
    configs = known(audit.inventory.graph.invoke_configs_of(function.ref).all)
    bare = sorted(invoked - {known(one.qualifier) for one in configs})
    if not bare:
        return
    if qualifier.isdecimal():
        raise UnknownFactError(Unknown(f"whether an alias points at version {qualifier}"))
    yield Fault(
        "these settings have no effect: another qualifier is invoked",
        observed=f"Qualifier {qualifier}; invoked {', '.join(bare)}",
        expected=f"Qualifier {' and '.join(bare)}",
        fix=setting("Qualifier", " and ".join(bare), terraform="qualifier"),
    )


RULE = Rule(
    "async-config-on-wrong-qualifier",
    __doc__,
    severity=Severity.WARNING,
    judges=EventInvokeConfig,
    judge=judge,
    calls=INVOCATIONS,
)
