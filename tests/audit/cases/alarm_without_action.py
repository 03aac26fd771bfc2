from typing import Any

from dlqctl.audit.facts import Fact
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import CompositeAlarm, DeploymentGroup, EventRule
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    alarm,
    arn,
    composite_alarm,
    event_rule,
    inventory,
)

METRIC = "ApproximateNumberOfMessagesVisible"
SILENT = alarm(METRIC, facts={"actions": ()}, QueueName="dlq")
OFF = alarm(METRIC, facts={"actions_enabled": False}, QueueName="dlq")
NAMING_IT = 'ALARM("alarm") OR ALARM("other")'


def telling(pattern: Fact[dict[str, Any] | None], *, enabled: Fact[bool] = True) -> Inventory:
    return inventory(SILENT, event_rule(pattern=pattern, enabled=enabled))


def deployment(alarms: Fact[tuple[str, ...]]) -> DeploymentGroup:
    return DeploymentGroup(ref=f"{arn('lambda', 'deployment')}", alarms=alarms)


FAILS = {
    "no action": Fails(
        inventory(SILENT), on=(SILENT.ref,), observed="AlarmActions empty", expected="at least one"
    ),
    "switched off": Fails(
        inventory(OFF), on=(OFF.ref,), observed="ActionsEnabled false", expected="true"
    ),
    "switched off, whatever the actions": Fails(
        inventory(alarm(METRIC, facts={"actions_enabled": False, "actions": UNKNOWN})),
        on=(OFF.ref,),
    ),
    "metric math": Fails(
        inventory(alarm("Errors", namespace="AWS/Lambda", facts={"is_math": True, "actions": ()})),
        on=(SILENT.ref,),
    ),
    "a query": Fails(
        inventory(
            alarm(
                "",
                facts={
                    "metrics": (),
                    "queries": ('SELECT MAX(x) FROM "AWS/SQS"',),
                    "actions": (),
                },
            )
        ),
        on=(SILENT.ref,),
    ),
    "a composite alarm names another": Fails(
        inventory(SILENT, composite_alarm('ALARM("alarm-2")')), on=(SILENT.ref,)
    ),
    "a composite alarm that is as silent": Fails(
        inventory(SILENT, composite_alarm(NAMING_IT, actions=())), on=(SILENT.ref,)
    ),
    "two silent composite alarms that name each other": Fails(
        inventory(
            SILENT,
            composite_alarm('ALARM("alarm") OR ALARM("b")', "a", actions=()),
            composite_alarm('ALARM("a")', "b", actions_enabled=False),
        ),
        on=(SILENT.ref,),
    ),
    "rules about other things": Fails(
        inventory(
            SILENT,
            event_rule("a", pattern=None),
            event_rule("b", pattern={"source": ["aws.ec2"]}),
            event_rule("c", pattern={"source": ["aws.cloudwatch"], "detail-type": ["Other"]}),
            event_rule("d", pattern={"source": ["aws.cloudwatch"], "resources": ["arn:other"]}),
            event_rule("e", pattern={"detail": {"alarmName": ["other"]}}),
            event_rule("f", pattern={"source": ["aws.cloudwatch"]}, enabled=False),
        ),
        on=(SILENT.ref,),
    ),
    "a deployment watches another": Fails(
        inventory(SILENT, deployment(("other",))), on=(SILENT.ref,)
    ),
}
PASSES = {
    "action": Passes(inventory(alarm(METRIC, QueueName="dlq"))),
    "a composite alarm names it": Passes(inventory(SILENT, composite_alarm(NAMING_IT))),
    "by its ARN": Passes(inventory(OFF, composite_alarm(f"ALARM({OFF.ref})"))),
    "by way of another composite alarm": Passes(
        inventory(
            SILENT,
            composite_alarm(NAMING_IT, "inner", actions=()),
            composite_alarm('ALARM("inner")', "outer"),
        )
    ),
    "it silences a composite alarm": Passes(
        inventory(SILENT, composite_alarm('ALARM("other")', suppressor="alarm"))
    ),
    "a deployment watches it": Passes(inventory(SILENT, deployment(("other", "alarm")))),
    "not about messages": Passes(
        inventory(alarm("CPUUtilization", namespace="AWS/EC2", facts={"actions": ()}))
    ),
    "a composite alarm, whatever rules do": Passes(
        inventory(SILENT, composite_alarm(NAMING_IT), gaps={EventRule: UNKNOWN})
    ),
}
NOT_JUDGED = {
    "actions": CannotJudge(inventory(alarm(METRIC, facts={"actions": UNKNOWN})), on=(SILENT.ref,)),
    "switched on or off": CannotJudge(
        inventory(alarm(METRIC, facts={"actions_enabled": UNKNOWN})), on=(SILENT.ref,)
    ),
    "composite alarms": CannotJudge(
        inventory(SILENT, gaps={CompositeAlarm: UNKNOWN}), on=(SILENT.ref,)
    ),
    "what a composite alarm names": CannotJudge(
        inventory(SILENT, composite_alarm(UNKNOWN)), on=(SILENT.ref,)
    ),
    "what a composite alarm does": CannotJudge(
        inventory(SILENT, composite_alarm(NAMING_IT, actions=UNKNOWN)), on=(SILENT.ref,)
    ),
    "deployments": CannotJudge(
        inventory(SILENT, gaps={DeploymentGroup: UNKNOWN}), on=(SILENT.ref,)
    ),
    "what a deployment watches": CannotJudge(
        inventory(SILENT, deployment(UNKNOWN)), on=(SILENT.ref,)
    ),
    "rules": CannotJudge(inventory(SILENT, gaps={EventRule: UNKNOWN}), on=(SILENT.ref,)),
    "a rule on alarms": CannotJudge(
        telling({"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]}),
        on=(SILENT.ref,),
    ),
    "a rule on this alarm": CannotJudge(
        telling({"source": ["aws.cloudwatch"], "detail": {"alarmName": [{"prefix": "al"}]}}),
        on=(SILENT.ref,),
    ),
    "a rule on everything": CannotJudge(telling({"account": ["1"]}), on=(SILENT.ref,)),
    "a rule that may be off": CannotJudge(
        telling({"source": ["aws.cloudwatch"]}, enabled=UNKNOWN), on=(SILENT.ref,)
    ),
    "a pattern": CannotJudge(telling(UNKNOWN), on=(SILENT.ref,)),
}
