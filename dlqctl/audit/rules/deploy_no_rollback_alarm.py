"""A gradual deployment that nothing stops.

What: A CodeDeploy deployment group for Lambda has no alarm that rolls it back.

Why: Shifting traffic bit by bit helps only when something looks at the first bit. Without an alarm,
    or without rolling back on it, a faulty release is shifted to the end.

Judged: A warning where the deployment group has no alarms (or they are switched off), or where
    DEPLOYMENT_STOP_ON_ALARM is not among its enabled automatic rollbacks.

CLI:
    aws deploy update-deployment-group \\
      --application-name APP --current-deployment-group-name GROUP \\
      --alarm-configuration 'enabled=true,alarms=[{name=worker-errors}]' \\
      --auto-rollback-configuration enabled=true,events=DEPLOYMENT_STOP_ON_ALARM

SAM:
    Worker:
      Type: AWS::Serverless::Function
      Properties:
        DeploymentPreference:
          Alarms: [!Ref WorkerErrors]

CloudFormation:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties:
      AlarmConfiguration: {Enabled: true, Alarms: [{Name: !Ref WorkerErrors}]}
      AutoRollbackConfiguration: {Enabled: true, Events: [DEPLOYMENT_STOP_ON_ALARM]}

Terraform:
    resource "aws_codedeploy_deployment_group" "worker" {
      alarm_configuration {
        enabled = true
        alarms  = [aws_cloudwatch_metric_alarm.worker_errors.alarm_name]
      }
      auto_rollback_configuration {
        enabled = true
        events  = ["DEPLOYMENT_STOP_ON_ALARM"]
      }
    }

Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-groups-configure-advanced-options.html
"""

from collections.abc import Iterator

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import DeploymentGroup
from dlqctl.audit.rule import Audit, Fault, Rule, setting

NO_ALARMS = "AlarmConfiguration has no alarms, or is not enabled"
NO_ROLLBACK = "AutoRollbackConfiguration lacks DEPLOYMENT_STOP_ON_ALARM, or is not enabled"


def judge(group: DeploymentGroup, _: Audit) -> Iterator[Fault]:
    """It takes both: an alarm, and rolling back on it."""
    if group.alarms == ():
        observed = NO_ALARMS
    elif group.rolls_back_on_alarm is False:
        observed = NO_ROLLBACK
    else:
        known(group.alarms)
        known(group.rolls_back_on_alarm)
        return
    yield Fault(
        "nothing stops the deployment of a bad release",
        observed=observed,
        expected="an alarm, and rolling back on it",
        fix=setting(
            "AlarmConfiguration.Alarms",
            "an alarm on the function's errors, and AutoRollbackConfiguration.Events to "
            "DEPLOYMENT_STOP_ON_ALARM, both with Enabled true",
            terraform="alarm_configuration, auto_rollback_configuration",
            also="SAM: DeploymentPreference.Alarms",
        ),
    )


RULE = Rule(
    "deploy-no-rollback-alarm",
    __doc__,
    severity=Severity.WARNING,
    judges=DeploymentGroup,
    judge=judge,
    calls=("codedeploy:GetDeploymentGroup",),
)
