"""CloudWatch alarms, metric and composite."""

import json
from dataclasses import dataclass

from dlqctl.audit.facts import Matches
from dlqctl.audit.live.asking import Document, Survey
from dlqctl.audit.resources import Alarm, CompositeAlarm, Metric


@dataclass(frozen=True, slots=True)
class Alarms:
    """What was found of CloudWatch."""

    alarms: Matches[Alarm]
    composites: Matches[CompositeAlarm]


def collect_alarms(survey: Survey) -> Alarms:
    """Every alarm of the account and Region, in one listing."""
    found = survey.pages(
        "cloudwatch:DescribeAlarms",
        result=("MetricAlarms", "CompositeAlarms"),
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
    )
    composites = tuple(read_composite(one) for one in found.seen if "AlarmRule" in one)
    alarms = tuple(read_alarm(one) for one in found.seen if "AlarmRule" not in one)
    return Alarms(Matches(alarms, found.gap), Matches(composites, found.gap))


def read_alarm(document: Document) -> Alarm:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html"""
    watched = [one["MetricStat"]["Metric"] for one in _inputs(document) if one.get("MetricStat")]
    if document.get("MetricName"):
        watched.append(document)
    return Alarm(
        ref=document["AlarmArn"],
        name=document["AlarmName"],
        metrics=tuple(_metric(one) for one in watched),
        queries=_queries(document),
        threshold=document.get("Threshold"),
        is_math=any(one.get("Expression") for one in _inputs(document)),
        comparison=document.get("ComparisonOperator") or "GreaterThanThreshold",
        actions_enabled=document.get("ActionsEnabled", True),
        actions=tuple(document.get("AlarmActions") or ()),
    )


def _inputs(document: Document) -> list[Document]:
    return list(document.get("Metrics") or ())


def _metric(document: Document) -> Metric:
    dimensions = {one["Name"]: one["Value"] for one in document.get("Dimensions") or ()}
    return Metric(document.get("Namespace") or "", document["MetricName"], dimensions)


def _queries(document: Document) -> tuple[str, ...]:
    """Expressions that find metrics by themselves; `m1 + m2` only computes with its inputs."""
    expressions = [one["Expression"] for one in _inputs(document) if one.get("Expression")]
    if document.get("EvaluationCriteria"):
        expressions.append("SELECT " + json.dumps(document["EvaluationCriteria"], default=str))
    return tuple(one for one in expressions if "SELECT" in one.upper() or "SEARCH" in one.upper())


def read_composite(document: Document) -> CompositeAlarm:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_CompositeAlarm.html"""
    return CompositeAlarm(
        ref=document["AlarmArn"],
        name=document["AlarmName"],
        rule=document["AlarmRule"],
        suppressor=document.get("ActionsSuppressor"),
        actions_enabled=document.get("ActionsEnabled", True),
        actions=tuple(document.get("AlarmActions") or ()),
    )
