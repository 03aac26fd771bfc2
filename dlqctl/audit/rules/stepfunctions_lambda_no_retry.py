"""A passing fault of Lambda ends the whole execution.

What: A Task state invokes a function without retrying Lambda's own errors.

Why: Lambda answers with a server error now and then. The function's asynchronous retries and
    dead-letter queue don't apply here: Step Functions waits for the answer, and without a Retry
    one such answer fails the execution.

Judged: A warning for each Task (as deep as it may be) whose Resource is lambda:invoke or a function
    where Lambda.ServiceException, Lambda.AWSLambdaException or Lambda.SdkClientException is not
    retried. States.ALL and States.TaskFailed count for all three, the Retry of a Parallel or Map
    state around the task counts as well, MaxAttempts 0 doesn't.

CLI:
    aws stepfunctions update-state-machine --state-machine-arn ARN --definition file://flow.asl.json

SAM:
    Definition:
      States:
        Charge:
          Retry:
            - ErrorEquals: [Lambda.ServiceException, Lambda.AWSLambdaException,
                            Lambda.SdkClientException, Lambda.TooManyRequestsException]
              IntervalSeconds: 1
              MaxAttempts: 6
              BackoffRate: 2

CloudFormation:
    The same Definition as for SAM, in AWS::StepFunctions::StateMachine.

Terraform:
    resource "aws_sfn_state_machine" "flow" {
      definition = jsonencode({ States = { Charge = {
        Retry = [{
          ErrorEquals = ["Lambda.ServiceException", "Lambda.AWSLambdaException",
                         "Lambda.SdkClientException", "Lambda.TooManyRequestsException"]
          IntervalSeconds = 1, MaxAttempts = 6, BackoffRate = 2
        }]
      } } })
    }

Source: https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
"""

from collections.abc import Iterator
from dataclasses import replace

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import StateMachine
from dlqctl.audit.rule import Audit, Fault, Rule
from dlqctl.audit.states import Task, each_task

ERRORS = ("Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException")


def judge(machine: StateMachine, _: Audit) -> Iterator[Fault]:
    """Each task is a finding of its own, known by its path."""
    for task, missing in each_task(known(machine.definition), not_retried):
        yield Fault(
            f"a passing fault of Lambda in state {task.path} fails the execution",
            observed=f"no Retry for {', '.join(missing)}",
            expected=f"a Retry for {', '.join(ERRORS)}",
            fix=f"add to state {task.path} a Retry whose ErrorEquals lists {', '.join(missing)}, "
            "with MaxAttempts 1 or more (definition; Terraform: definition)",
            resource=replace(machine, part=task.path),
        )


def not_retried(task: Task) -> list[str] | None:
    """Lambda's errors that nothing retries, None where there are none."""
    if not task.invokes_lambda():
        return None
    return [error for error in ERRORS if not task.retries(error)] or None


RULE = Rule(
    "stepfunctions-lambda-no-retry",
    __doc__,
    severity=Severity.WARNING,
    judges=StateMachine,
    judge=judge,
    calls=("states:DescribeStateMachine",),
)
