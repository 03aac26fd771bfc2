"""Nobody has said how often and how long events are tried.

What: Something invokes the function asynchronously, and both the number of retries and the age of
    events are left at their defaults.

Why: Two retries and six hours suit few events. One that is worthless after a minute is still tried
    hours later; one that must not run twice is run three times.

Judged: Info where the function has an asynchronous trigger and no EventInvokeConfig, under any
    qualifier, sets MaximumRetryAttempts or MaximumEventAgeInSeconds.

CLI:
    aws lambda update-function-event-invoke-config --function-name worker \\
      --maximum-retry-attempts 2 --maximum-event-age-in-seconds 3600

SAM:
    Worker:
      Type: AWS::Serverless::Function
      Properties:
        EventInvokeConfig:
          MaximumRetryAttempts: 2
          MaximumEventAgeInSeconds: 3600

CloudFormation:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      MaximumRetryAttempts: 2
      MaximumEventAgeInSeconds: 3600

Terraform:
    resource "aws_lambda_function_event_invoke_config" "worker" {
      maximum_retry_attempts       = 2
      maximum_event_age_in_seconds = 3600
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import INVOCATIONS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Function
from dlqctl.audit.rule import Audit, Fault, Rule, setting


def judge(function: Function, audit: Audit) -> Iterator[Fault]:
    """One limit that somebody chose is enough."""
    graph = audit.inventory.graph
    invoked = graph.invocations_of(function.ref).exists
    if invoked is False:
        return
    configs = graph.invoke_configs_of(function.ref)
    limits = [
        limit
        for config in configs.seen
        for limit in (config.maximum_retry_attempts, config.maximum_event_age_seconds)
    ]
    if any(isinstance(limit, int) for limit in limits):
        return
    for limit in limits:
        known(limit)
    known(configs.all)
    known(invoked)
    yield Fault(
        "how often and how long events are tried is left to the defaults",
        observed="2 retries and 21600 s, neither set",
        expected="MaximumRetryAttempts and MaximumEventAgeInSeconds set",
        fix=setting(
            "MaximumRetryAttempts and MaximumEventAgeInSeconds",
            "what the events need",
            terraform="maximum_retry_attempts, maximum_event_age_in_seconds",
            also="SAM: EventInvokeConfig",
        ),
    )


RULE = Rule(
    "async-implicit-limits",
    __doc__,
    severity=Severity.INFO,
    judges=Function,
    judge=judge,
    calls=INVOCATIONS,
)
