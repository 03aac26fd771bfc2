"""An execution waits for an answer that may never come.

What: A Task state waits for its task token to be sent back, for as long as that takes.

Why: When the message with the token is lost, or goes to a dead-letter queue, nobody sends it back.
    Without a limit the execution hangs until the year's quota ends it, and its Retry and Catch
    never run.

Judged: An error for each Task (as deep as it may be) whose Resource ends in .waitForTaskToken that
    has neither HeartbeatSeconds nor TimeoutSeconds (nor their Path forms), in a state machine that
    has no TimeoutSeconds itself. 99999999, the default, is none.

CLI:
    aws stepfunctions update-state-machine --state-machine-arn ARN --definition file://flow.asl.json

SAM:
    Definition:
      States:
        Approve:
          Resource: arn:aws:states:::sqs:sendMessage.waitForTaskToken
          HeartbeatSeconds: 3600

CloudFormation:
    The same Definition as for SAM, in AWS::StepFunctions::StateMachine.

Terraform:
    resource "aws_sfn_state_machine" "flow" {
      definition = jsonencode({ States = { Approve = {
        Resource         = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
        HeartbeatSeconds = 3600
      } } })
    }

Source: https://docs.aws.amazon.com/step-functions/latest/dg/sfn-stuck-execution.html
"""

from collections.abc import Iterator
from dataclasses import replace

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import StateMachine
from dlqctl.audit.rule import Audit, Fault, Rule
from dlqctl.audit.states import Task, each_task, sets_limit


def judge(machine: StateMachine, _: Audit) -> Iterator[Fault]:
    """The limit of the whole state machine is asked for only where a task waits."""
    definition = known(machine.definition)

    def waits(task: Task) -> bool | None:
        unlimited = task.waits_for_token() and not task.is_limited()
        return True if unlimited and not sets_limit(definition, "TimeoutSeconds") else None

    for task, _waits in each_task(definition, waits):
        yield Fault(
            f"state {task.path} waits for its task token for ever",
            observed="neither HeartbeatSeconds nor TimeoutSeconds",
            expected="one of them",
            fix=f"set HeartbeatSeconds or TimeoutSeconds in state {task.path} (definition; "
            "Terraform: definition)",
            resource=replace(machine, part=task.path),
        )


RULE = Rule(
    "stepfunctions-token-without-timeout",
    __doc__,
    severity=Severity.ERROR,
    judges=StateMachine,
    judge=judge,
    calls=("states:DescribeStateMachine",),
)
