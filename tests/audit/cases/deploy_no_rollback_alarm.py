from dlqctl.audit.resources import DeploymentGroup
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    arn,
    deployment_group,
    inventory,
    queue,
)

GROUP = arn("codedeploy", "app/workers")

FAILS = {
    "no alarms": Fails(
        inventory(deployment_group(alarms=())),
        on=(GROUP,),
        observed="no alarms",
        expected="rolling back on it",
    ),
    "alarms that only stop it": Fails(
        inventory(deployment_group(rolls_back_on_alarm=False)),
        on=(GROUP,),
        observed="DEPLOYMENT_STOP_ON_ALARM",
    ),
    "neither": Fails(
        inventory(deployment_group(alarms=(), rolls_back_on_alarm=False)), on=(GROUP,)
    ),
    "no alarms, whatever the rollback": Fails(
        inventory(deployment_group(alarms=(), rolls_back_on_alarm=UNKNOWN)), on=(GROUP,)
    ),
}
PASSES = {
    "both": Passes(inventory(deployment_group())),
    "no deployment": Passes(inventory(queue("orders"))),
}
NOT_JUDGED = {
    "alarms": CannotJudge(inventory(deployment_group(alarms=UNKNOWN)), on=(GROUP,)),
    "rollback": CannotJudge(inventory(deployment_group(rolls_back_on_alarm=UNKNOWN)), on=(GROUP,)),
    "groups": CannotJudge(inventory(gaps={DeploymentGroup: UNKNOWN}), on=()),
}
