"""A bad release reaches every message at once.

What: A mapping invokes a function in a way that a new release can't be introduced bit by bit.

Why: Through $LATEST each deployment takes all traffic the moment it is done. A faulty release then
    fails everything that arrives until somebody notices; what it fails goes to the DLQ, or is lost.

Judged: Info where a mapping's function is named without an alias ($LATEST or a version number), or
    by an alias that no CodeDeploy deployment group shifts gradually. Info only: a short outage may
    be cheaper than the machinery.

CLI:
    aws lambda update-event-source-mapping --uuid UUID --function-name worker:live

SAM:
    Worker:
      Type: AWS::Serverless::Function
      Properties:
        AutoPublishAlias: live
        DeploymentPreference:
          Type: Canary10Percent5Minutes
          Alarms: [!Ref WorkerErrors]

CloudFormation:
    WorkerAlias:
      Type: AWS::Lambda::Alias
      UpdatePolicy:
        CodeDeployLambdaAliasUpdate:
          ApplicationName: !Ref Application
          DeploymentGroupName: !Ref DeploymentGroup

Terraform:
    resource "aws_codedeploy_deployment_group" "worker" {
      deployment_config_name = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
      deployment_style {
        deployment_option = "WITH_TRAFFIC_CONTROL"
        deployment_type   = "BLUE_GREEN"
      }
    }

Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSourceMapping
from dlqctl.audit.rule import Audit, Fault, Rule

FIX = (
    "set AutoPublishAlias and DeploymentPreference (CloudFormation: UpdatePolicy of "
    "AWS::Lambda::Alias; Terraform: aws_codedeploy_deployment_group), and invoke the alias: "
    "FunctionName of the mapping"
)


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """An alias that is missing is not this rule's business."""
    to = known(mapping.function)
    if to.qualifier is None or to.qualifier == "$LATEST" or to.qualifier.isdigit():
        observed = f"the mapping invokes {to.qualifier or '$LATEST'}"
    else:
        name = to.qualifier
        aliases = audit.inventory.graph.aliases_of(to.ref).where(lambda one: one.name == name)
        if not known(aliases.exists):
            known(audit.inventory.elsewhere)
            return
        if any(known(alias.gradual) for alias in aliases.seen):
            return
        observed = f"alias {name} is switched at once"
    yield Fault(
        "a bad release reaches every message at once",
        observed=observed,
        expected="an alias whose traffic a deployment shifts gradually",
        fix=FIX,
    )


RULE = Rule(
    "deploy-no-gradual-deployment",
    __doc__,
    severity=Severity.INFO,
    judges=EventSourceMapping,
    judge=judge,
    calls=(*MAPPINGS, "codedeploy:GetDeploymentGroup", "lambda:ListAliases"),
)
