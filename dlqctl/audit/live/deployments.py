"""Step Functions state machines, and CodeDeploy's deployment groups for Lambda."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dlqctl.audit.facts import Fact, Matches, Unknown
from dlqctl.audit.live.asking import NOT_ASKED, Document, Identity, Survey
from dlqctl.audit.resources import Alias, DeploymentGroup, StateMachine
from dlqctl.documents import mapping, parse_json, text

_STOP_ON_ALARM = "DEPLOYMENT_STOP_ON_ALARM"
_ALL_AT_ONCE = "AllAtOnce"


def collect_state_machines(survey: Survey) -> Matches[StateMachine]:
    """Every state machine with its definition."""
    listed = survey.pages("states:ListStateMachines", result="stateMachines")
    if not survey.wants("states:DescribeStateMachine"):
        return Matches((), NOT_ASKED)
    answers = survey.each(
        listed.seen,
        lambda one: survey.ask(
            "states:DescribeStateMachine", stateMachineArn=one["stateMachineArn"]
        ),
    )
    machines = tuple(
        StateMachine(
            ref=summary["stateMachineArn"],
            name=summary["name"],
            definition=_definition(answer),
        )
        for summary, answer in zip(listed.seen, answers, strict=True)
        if answer is not None
    )
    return Matches(machines, listed.gap)


def _definition(answer: Document | Unknown) -> Fact[Mapping[str, object]]:
    if isinstance(answer, Unknown):
        return answer
    written = mapping(parse_json(answer.get("definition") or ""))
    return written or Unknown("the definition is not readable JSON (it may be encrypted)")


@dataclass(frozen=True, slots=True)
class Deployments:
    """The deployment groups, and which aliases they shift bit by bit.

    `gradual` holds (function name, alias) pairs; `unclear` says why an alias that is not among
    them may be shifted as well.
    """

    groups: Matches[DeploymentGroup]
    gradual: frozenset[tuple[str, str]]
    unclear: Unknown | None

    def judged(self, alias: Alias) -> Alias:
        """`alias` with what is known of its deployments."""
        function = alias.ref.rsplit(":", 2)[1]
        shifts = (function, alias.name) in self.gradual
        return replace(alias, gradual=True if shifts else self.unclear or False)


def collect_deployments(survey: Survey) -> Deployments:
    """Every deployment group for Lambda, of every CodeDeploy application."""
    applications = survey.pages("codedeploy:ListApplications", result="applications")
    gap = applications.gap
    names: list[tuple[str, str]] = []
    listed = survey.each(
        applications.seen,
        lambda application: survey.pages(
            "codedeploy:ListDeploymentGroups",
            result="deploymentGroups",
            applicationName=application,
        ),
    )
    for application, found in zip(applications.seen, listed, strict=True):
        names.extend((application, group) for group in found.seen)
        gap = gap or found.gap
    answers = survey.each(names, lambda name: _group(survey, *name))
    groups: list[DeploymentGroup] = []
    gradual: set[tuple[str, str]] = set()
    unclear = gap
    for answer in answers:
        if isinstance(answer, Unknown):
            gap, unclear = gap or answer, unclear or answer
        elif answer is not None and answer.get("computePlatform") == "Lambda":
            groups.append(read_group(survey.identity, answer))
            shifted = _shifted(answer)
            if isinstance(shifted, Unknown):
                unclear = unclear or shifted
            elif _ALL_AT_ONCE not in str(answer.get("deploymentConfigName")):
                gradual |= shifted
    return Deployments(Matches(tuple(groups), gap), frozenset(gradual), unclear)


def _group(survey: Survey, application: str, group: str) -> Fact[Document | None]:
    answer = survey.ask(
        "codedeploy:GetDeploymentGroup", applicationName=application, deploymentGroupName=group
    )
    if answer is None or isinstance(answer, Unknown):
        return answer
    found: Document = answer["deploymentGroupInfo"]
    return found


def read_group(identity: Identity, document: Document) -> DeploymentGroup:
    """https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_DeploymentGroupInfo.html"""
    application, group = document["applicationName"], document["deploymentGroupName"]
    alarms = document.get("alarmConfiguration") or {}
    rollback = document.get("autoRollbackConfiguration") or {}
    return DeploymentGroup(
        ref=identity.arn("codedeploy", f"deploymentgroup:{application}/{group}"),
        name=f"{application}/{group}",
        alarms=tuple(one["name"] for one in alarms.get("alarms") or ())
        if alarms.get("enabled")
        else (),
        rolls_back_on_alarm=bool(rollback.get("enabled"))
        and _STOP_ON_ALARM in (rollback.get("events") or ()),
    )


def _shifted(group: Document) -> set[tuple[str, str]] | Unknown:
    """The function and alias that the group's AppSpec names.

    https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html
    """
    revision = group.get("targetRevision") or {}
    written = revision.get("appSpecContent") or revision.get("string") or {}
    document = mapping(parse_json(written.get("content") or ""))
    unclear = Unknown(
        f"what the deployment group {group['deploymentGroupName']} deploys is not readable"
    )
    resources = (document or {}).get("Resources")
    if not isinstance(resources, list):
        return unclear
    shifted: set[tuple[str, str]] = set()
    for resource in resources:
        for one in resource.values() if isinstance(resource, dict) else ():
            name, alias = text(one, "Properties", "Name"), text(one, "Properties", "Alias")
            if name and alias:
                shifted.add((name, alias))
    return shifted or unclear
