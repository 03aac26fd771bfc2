"""A rule's events can't reach their target.

What: The target of a rule does not exist, or the function that it names does not let EventBridge
    invoke it.

Why: EventBridge does not retry what is not there or not allowed: the event goes straight to the
    target's dead-letter queue, or is lost without one.

Judged: An error where a queue, a function or its alias was not found, or where the policy of the
    function (or alias) does not allow events.amazonaws.com for the rule. A target with a RoleArn
    is not judged by policies. Not judged for versions, whose policies are not read, nor where the
    policy hangs on a condition other than aws:SourceArn and aws:SourceAccount. Topics, streams,
    state machines and buses are not looked for. Rules that are disabled or that an AWS service
    manages are left out.

CLI:
    aws lambda add-permission --function-name worker --statement-id nightly \\
      --principal events.amazonaws.com --action lambda:InvokeFunction --source-arn RULE_ARN

SAM:
    Events:
      Nightly:
        Type: EventBridgeRule  # makes the permission as well

CloudFormation:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Worker
      Action: lambda:InvokeFunction
      Principal: events.amazonaws.com
      SourceArn: !GetAtt Nightly.Arn

Terraform:
    resource "aws_lambda_permission" "nightly" {
      function_name = aws_lambda_function.worker.function_name
      action        = "lambda:InvokeFunction"
      principal     = "events.amazonaws.com"
      source_arn    = aws_cloudwatch_event_rule.nightly.arn
    }

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

from collections.abc import Iterator

from dlqctl.audit.destinations import invoked_by, is_missing
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.policies import allows
from dlqctl.audit.resources import Alias, EventTarget, Function
from dlqctl.audit.rule import Audit, Fault, Rule, Scope


def judge(target: EventTarget, audit: Audit) -> Iterator[Fault]:
    """First whether it is there, then whether it lets EventBridge in."""
    to = known(target.target)
    if to.service not in ("sqs", "lambda") or not known(target.enabled):
        return
    arn = f"{to.ref}:{to.qualifier}" if to.qualifier else to.ref
    missing = known(is_missing(to, audit.inventory))
    invoked = None if missing or to.service == "sqs" else invoked_by(to, audit.inventory)
    if missing or (to.service == "lambda" and invoked is None):
        yield Fault(
            "the target of the rule does not exist",
            observed=f"{arn} does not exist",
            expected="a target that exists",
            fix="set Targets[].Arn to a target that exists, or remove the target "
            "(Terraform: aws_cloudwatch_event_target)",
        )
    elif invoked is not None and known(target.role) is None and not _lets_in(invoked, target, arn):
        yield Fault(
            "EventBridge may not invoke the target",
            observed=f"the policy of {arn} does not allow events.amazonaws.com",
            expected=f"lambda:InvokeFunction for events.amazonaws.com, SourceArn {target.ref}",
            fix=f"add a permission for events.amazonaws.com with SourceArn {target.ref} "
            "(AWS::Lambda::Permission; Terraform: aws_lambda_permission)",
        )


def _lets_in(invoked: Function | Alias, target: EventTarget, arn: str) -> bool:
    verdict = allows(
        known(invoked.policy),
        service="events.amazonaws.com",
        action="lambda:InvokeFunction",
        resource=arn,
        source=target.ref,
    )
    return known(verdict)


RULE = Rule(
    "eventbridge-target-missing",
    __doc__,
    severity=Severity.ERROR,
    judges=EventTarget,
    judge=judge,
    calls=(
        "events:ListTargetsByRule",
        "lambda:GetPolicy",
        "lambda:ListAliases",
        "lambda:ListFunctions",
        "sqs:GetQueueAttributes",
    ),
    scope=Scope.LIVE,
)
