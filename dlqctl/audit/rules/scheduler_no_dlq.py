"""An invocation that a schedule can't make is dropped.

What: A schedule of EventBridge Scheduler has no dead-letter queue.

Why: When the retries (185 in 24 hours unless set otherwise) are used up, or at once where the role
    lacks a permission, the invocation does not happen and nothing is left of it.

Judged: A warning where the target has no DeadLetterConfig. Disabled schedules are not judged.

CLI:
    aws scheduler update-schedule --name nightly --schedule-expression 'rate(1 day)' \\
      --flexible-time-window Mode=OFF \\
      --target 'Arn=TARGET_ARN,RoleArn=ROLE_ARN,DeadLetterConfig={Arn=DLQ_ARN}'

SAM:
    Events:
      Nightly:
        Type: ScheduleV2
        Properties:
          DeadLetterConfig:
            Arn: !GetAtt NightlyDlq.Arn

CloudFormation:
    Type: AWS::Scheduler::Schedule
    Properties:
      Target:
        DeadLetterConfig:
          Arn: !GetAtt NightlyDlq.Arn

Terraform:
    resource "aws_scheduler_schedule" "nightly" {
      target {
        dead_letter_config { arn = aws_sqs_queue.nightly_dlq.arn }
      }
    }

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
"""

from collections.abc import Iterator

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Schedule
from dlqctl.audit.rule import Audit, Fault, Rule, setting


def judge(schedule: Schedule, _: Audit) -> Iterator[Fault]:
    """A schedule that is off makes no invocations."""
    if known(schedule.dead_letter) is not None or not known(schedule.enabled):
        return
    yield Fault(
        "invocations that the schedule can't make are dropped",
        observed="no DeadLetterConfig",
        expected="a DeadLetterConfig",
        fix=setting(
            "Target.DeadLetterConfig.Arn",
            "the ARN of a standard queue",
            terraform="aws_scheduler_schedule target.dead_letter_config.arn",
        ),
    )


RULE = Rule(
    "scheduler-no-dlq",
    __doc__,
    severity=Severity.WARNING,
    judges=Schedule,
    judge=judge,
    calls=("scheduler:GetSchedule", "scheduler:ListSchedules"),
)
