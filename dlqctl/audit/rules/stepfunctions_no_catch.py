"""Any error of the task ends the whole execution.

What: A Task state has neither a Retry nor a Catch.

Why: The first error fails the execution. Its input is kept in the history for 90 days only (for
    an express workflow in its log, if it has one), and nothing is told that work was left undone.

Judged: A warning for each Task (as deep as it may be) that has neither, where no Parallel or Map
    state around it has one either.

CLI:
    aws stepfunctions update-state-machine --state-machine-arn ARN --definition file://flow.asl.json

SAM:
    Definition:
      States:
        Charge:
          Catch:
            - ErrorEquals: [States.ALL]
              Next: SendToDeadLetterQueue

CloudFormation:
    The same Definition as for SAM, in AWS::StepFunctions::StateMachine.

Terraform:
    resource "aws_sfn_state_machine" "flow" {
      definition = jsonencode({ States = { Charge = {
        Catch = [{ ErrorEquals = ["States.ALL"], Next = "SendToDeadLetterQueue" }]
      } } })
    }

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from collections.abc import Iterator
from dataclasses import replace

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import StateMachine
from dlqctl.audit.rule import Audit, Fault, Rule
from dlqctl.audit.states import Task, each_task


def judge(machine: StateMachine, _: Audit) -> Iterator[Fault]:
    """Each task is a finding of its own, known by its path."""
    for task, _unhandled in each_task(known(machine.definition), is_unhandled):
        yield Fault(
            f"any error in state {task.path} fails the execution",
            observed="neither Retry nor Catch",
            expected="a Retry or a Catch",
            fix=f"add to state {task.path} a Catch for States.ALL whose Next keeps the input, or a "
            "Retry (definition; Terraform: definition)",
            resource=replace(machine, part=task.path),
        )


def is_unhandled(task: Task) -> bool | None:
    """True or nothing."""
    return None if task.handles_errors() else True


RULE = Rule(
    "stepfunctions-no-catch",
    __doc__,
    severity=Severity.WARNING,
    judges=StateMachine,
    judge=judge,
    calls=("states:DescribeStateMachine",),
)
