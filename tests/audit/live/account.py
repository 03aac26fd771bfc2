"""An account of API documents, as AWS answers them: for the collector, without a server.

Nothing is filled in: what a builder does not give is absent, as AWS or an emulator leaves it.
"""

# ruff: noqa: N802, N803  methods and arguments are named as the API names them

from __future__ import annotations

import json
from collections.abc import Mapping
from threading import Lock
from typing import Any

from dlqctl.audit.facts import Fact, Matches, Unknown
from dlqctl.audit.live.asking import Document, Identity

ACCOUNT = "111122223333"
REGION = "eu-west-1"
HOME = Identity(ACCOUNT, REGION)


def arn(service: str, resource: str) -> str:
    return HOME.arn(service, resource)


def queue_arn(name: str) -> str:
    return arn("sqs", name)


def function_arn(name: str, qualifier: str | None = None) -> str:
    return arn("lambda", f"function:{name}" + (f":{qualifier}" if qualifier else ""))


def url_of(name: str) -> str:
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"


class FakeAccount:
    """Build it with the methods in lower case; the collector asks it by action.

    `denied` are actions that are refused, `unsupported` those there are not, `gone` those whose
    object was deleted meanwhile; `calls` is what was asked, in some order.
    """

    def __init__(self, identity: Identity = HOME) -> None:
        self._identity = identity
        self._lock = Lock()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.denied: set[str] = set()
        self.unsupported: set[str] = set()
        self.gone: set[str] = set()
        self.queues: dict[str, dict[str, str]] = {}
        self.functions: dict[str, dict[str, Any]] = {}
        self.lambda_extras: dict[str, dict[str, Any]] = {}
        self.mappings: list[dict[str, Any]] = []
        self.streams: dict[str, dict[str, Any]] = {}
        self.rules: dict[tuple[str, str], dict[str, Any]] = {}
        self.targets: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.schedules: dict[str, dict[str, Any]] = {}
        self.pipes: dict[str, dict[str, Any]] = {}
        self.subscriptions: list[tuple[dict[str, Any], dict[str, str]]] = []
        self.alarms: list[dict[str, Any]] = []
        self.machines: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, dict[str, Any]]] = {}
        self.ages: dict[str, float] = {}
        self.tags: dict[str, dict[str, str]] = {}

    # What an account has.

    def queue(
        self, name: str, *, dlq: str | None = None, receives: int = 5, **attributes: Any
    ) -> str:
        """A queue with the attributes given, as strings or as JSON."""
        given = {"QueueArn": queue_arn(name)}
        if dlq:
            policy = {"deadLetterTargetArn": queue_arn(dlq), "maxReceiveCount": receives}
            given["RedrivePolicy"] = json.dumps(policy)
        for key, value in attributes.items():
            given[key] = json.dumps(value) if isinstance(value, dict) else str(value)
        self.queues[name] = given
        return queue_arn(name)

    def function(
        self,
        name: str,
        *,
        reserved: int | None = None,
        policy: Mapping[str, Any] | None = None,
        aliases: Mapping[str, Mapping[str, Any] | None] | None = None,
        invoke_configs: tuple[dict[str, Any], ...] = (),
        recursion: str = "Terminate",
        state: str = "Active",
        **configuration: Any,
    ) -> str:
        """A function; `aliases` are policies by name; `invoke_configs` may have a Qualifier."""
        self.functions[name] = {
            "FunctionName": name,
            "FunctionArn": function_arn(name),
            **configuration,
        }
        self.lambda_extras[name] = {
            "reserved": reserved,
            "policy": policy,
            "aliases": dict(aliases or {}),
            "configs": invoke_configs,
            "recursion": recursion,
            "state": state,
        }
        return function_arn(name)

    def mapping(self, uuid: str, source: str | None, function: str, **fields: Any) -> str:
        """An event source mapping; `function` is a name, with a qualifier or without."""
        name, _, qualifier = function.partition(":")
        ref = arn("lambda", f"event-source-mapping:{uuid}")
        self.mappings.append(
            {
                "UUID": uuid,
                "EventSourceMappingArn": ref,
                **({"EventSourceArn": source} if source else {}),
                "FunctionArn": function_arn(name, qualifier or None),
                "State": "Enabled",
                **fields,
            }
        )
        return ref

    def stream(self, name: str, *, hours: int = 24, shards: int = 1) -> str:
        ref = arn("kinesis", f"stream/{name}")
        self.streams[ref] = {"RetentionPeriodHours": hours, "OpenShardCount": shards}
        return ref

    def table_stream(self, name: str, *, shards: int = 1, closed: int = 0) -> str:
        ref = arn("dynamodb", f"table/{name}/stream/2026-01-02T03:04:05.678")
        ended = {"StartingSequenceNumber": "1", "EndingSequenceNumber": "2"}
        self.streams[ref] = {
            "Shards": [{"ShardId": f"s{n}", "SequenceNumberRange": {}} for n in range(shards)]
            + [{"ShardId": f"c{n}", "SequenceNumberRange": ended} for n in range(closed)]
        }
        return ref

    def rule(self, name: str, *targets: dict[str, Any], bus: str = "default", **fields: Any) -> str:
        path = name if bus == "default" else f"{bus}/{name}"
        ref = arn("events", f"rule/{path}")
        self.rules[(bus, name)] = {"Name": name, "Arn": ref, "EventBusName": bus, **fields}
        self.targets[(bus, name)] = list(targets)
        return ref

    def schedule(self, name: str, target: dict[str, Any], **fields: Any) -> str:
        ref = arn("scheduler", f"schedule/default/{name}")
        self.schedules[name] = {"Name": name, "Arn": ref, "Target": target, **fields}
        return ref

    def pipe(self, name: str, source: str, target: str, **parameters: Any) -> str:
        ref = arn("pipes", f"pipe/{name}")
        self.pipes[name] = {
            "Name": name,
            "Arn": ref,
            "Source": source,
            "Target": target,
            "DesiredState": "RUNNING",
            "SourceParameters": parameters,
        }
        return ref

    def subscription(
        self, topic: str, protocol: str, endpoint: str, *, ref: str | None = None, **attributes: str
    ) -> str:
        topic_arn = arn("sns", topic)
        ref = ref or f"{topic_arn}:sub-{len(self.subscriptions) + 1}"
        summary = {
            "SubscriptionArn": ref,
            "TopicArn": topic_arn,
            "Protocol": protocol,
            "Endpoint": endpoint,
        }
        self.subscriptions.append((summary, {"PendingConfirmation": "false", **attributes}))
        return ref

    def alarm(
        self, name: str, metric: str | None = None, *, namespace: str = "AWS/SQS", **fields: Any
    ) -> str:
        """A metric alarm with an action; `Dimensions` as a mapping; others as the API has them."""
        ref = arn("cloudwatch", f"alarm:{name}")
        dimensions = fields.pop("Dimensions", {})
        watched = {
            "Namespace": namespace,
            "MetricName": metric,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        }
        self.alarms.append(
            {
                "AlarmName": name,
                "AlarmArn": ref,
                "ActionsEnabled": True,
                "AlarmActions": [arn("sns", "operators")],
                "Threshold": 0.0,
                "ComparisonOperator": "GreaterThanThreshold",
                **(watched if metric else {}),
                **fields,
            }
        )
        return ref

    def machine(self, name: str, definition: Mapping[str, Any] | str) -> str:
        ref = arn("states", f"stateMachine:{name}")
        written = definition if isinstance(definition, str) else json.dumps(definition)
        self.machines[ref] = {"name": name, "stateMachineArn": ref, "definition": written}
        return ref

    def deployment_group(self, application: str, group: str, **fields: Any) -> str:
        self.groups.setdefault(application, {})[group] = {
            "applicationName": application,
            "deploymentGroupName": group,
            "computePlatform": "Lambda",
            **fields,
        }
        return arn("codedeploy", f"deploymentgroup:{application}/{group}")

    # What it answers.

    def identity(self) -> Identity:
        return self._identity

    def ask(self, action: str, arguments: Document) -> Fact[Document | None]:
        return self._note(action, arguments) or self._answer(action, arguments)

    def pages(self, action: str, arguments: Document, *, results: Any) -> Matches[Any]:
        refused = self._note(action, arguments)
        if refused:
            return Matches((), refused)
        answer = self._answer(action, arguments)
        return Matches(tuple(one for result in results for one in (answer or {}).get(result, ())))

    def count(self, action: str) -> int:
        return sum(1 for asked, _ in self.calls if asked == action)

    def _note(self, action: str, arguments: Document) -> Unknown | None:
        with self._lock:
            self.calls.append((action, dict(arguments)))
        if action in self.denied:
            return Unknown(f"access denied to {action}", action=action)
        if action in self.unsupported:
            return Unknown(f"{action} is not supported here")
        return None

    def _answer(self, action: str, arguments: Document) -> Document | None:
        if action in self.gone:
            return None
        answer: Document | None = getattr(self, action.replace(":", "_"))(**arguments)
        return answer

    def sqs_ListQueues(self) -> Document:
        return {"QueueUrls": [url_of(name) for name in self.queues]}

    def sqs_GetQueueUrl(self, QueueName: str) -> Document | None:
        return {"QueueUrl": url_of(QueueName)} if QueueName in self.queues else None

    def sqs_GetQueueAttributes(self, QueueUrl: str, AttributeNames: list[str]) -> Document | None:
        assert AttributeNames == ["All"]
        attributes = self.queues.get(QueueUrl.rpartition("/")[2])
        return None if attributes is None else {"Attributes": attributes}

    def sqs_ListDeadLetterSourceQueues(self, QueueUrl: str) -> Document:
        mine = json.dumps(queue_arn(QueueUrl.rpartition("/")[2]))
        return {
            "queueUrls": [
                url_of(name)
                for name, attributes in self.queues.items()
                if mine in attributes.get("RedrivePolicy", "")
            ]
        }

    def lambda_ListFunctions(self) -> Document:
        return {"Functions": list(self.functions.values())}

    def lambda_ListEventSourceMappings(self) -> Document:
        return {"EventSourceMappings": self.mappings}

    def lambda_GetFunctionConfiguration(self, FunctionName: str) -> Document | None:
        if FunctionName not in self.functions:
            return None
        state = self.lambda_extras[FunctionName]["state"]
        return {**self.functions[FunctionName], "State": state}

    def lambda_GetFunctionConcurrency(self, FunctionName: str) -> Document | None:
        reserved = self.lambda_extras[FunctionName]["reserved"]
        return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}

    def lambda_GetFunctionRecursionConfig(self, FunctionName: str) -> Document:
        return {"RecursiveLoop": self.lambda_extras[FunctionName]["recursion"]}

    def lambda_GetPolicy(self, FunctionName: str, Qualifier: str | None = None) -> Document | None:
        extras = self.lambda_extras[FunctionName]
        policy = extras["aliases"][Qualifier] if Qualifier else extras["policy"]
        return {"Policy": json.dumps(policy)} if policy else None

    def lambda_ListAliases(self, FunctionName: str) -> Document:
        return {"Aliases": [{"Name": name} for name in self.lambda_extras[FunctionName]["aliases"]]}

    def lambda_ListFunctionEventInvokeConfigs(self, FunctionName: str) -> Document:
        configs = self.lambda_extras[FunctionName]["configs"]
        return {
            "FunctionEventInvokeConfigs": [
                {
                    "FunctionArn": function_arn(FunctionName, one.get("Qualifier", "$LATEST")),
                    **{key: value for key, value in one.items() if key != "Qualifier"},
                }
                for one in configs
            ]
        }

    def kinesis_DescribeStreamSummary(self, StreamName: str, StreamARN: str) -> Document | None:
        assert StreamARN.endswith(f"/{StreamName}")
        summary = self.streams.get(StreamARN)
        return None if summary is None else {"StreamDescriptionSummary": summary}

    def dynamodb_DescribeStream(
        self, StreamArn: str, ExclusiveStartShardId: str | None = None
    ) -> Document | None:
        """One shard a page, to see that all of them are asked for."""
        if StreamArn not in self.streams:
            return None
        shards = self.streams[StreamArn]["Shards"]
        ids = [one["ShardId"] for one in shards]
        begin = ids.index(ExclusiveStartShardId) + 1 if ExclusiveStartShardId else 0
        more = {"LastEvaluatedShardId": ids[begin]} if begin + 1 < len(ids) else {}
        return {"StreamDescription": {"Shards": shards[begin : begin + 1], **more}}

    def events_ListEventBuses(self) -> Document:
        return {"EventBuses": [{"Name": bus} for bus in {"default", *(b for b, _ in self.rules)}]}

    def events_ListRules(self, EventBusName: str) -> Document:
        return {"Rules": [one for (bus, _), one in self.rules.items() if bus == EventBusName]}

    def events_ListTargetsByRule(self, Rule: str, EventBusName: str) -> Document:
        return {"Targets": self.targets[(EventBusName, Rule)]}

    def scheduler_ListSchedules(self) -> Document:
        return {"Schedules": list(self.schedules.values())}

    def scheduler_GetSchedule(self, Name: str, GroupName: str) -> Document | None:
        assert GroupName == "default"
        return self.schedules.get(Name)

    def pipes_ListPipes(self) -> Document:
        return {"Pipes": list(self.pipes.values())}

    def pipes_DescribePipe(self, Name: str) -> Document | None:
        return self.pipes.get(Name)

    def sns_ListSubscriptions(self) -> Document:
        return {"Subscriptions": [summary for summary, _ in self.subscriptions]}

    def sns_GetSubscriptionAttributes(self, SubscriptionArn: str) -> Document | None:
        for summary, attributes in self.subscriptions:
            if summary["SubscriptionArn"] == SubscriptionArn:
                return {"Attributes": attributes}
        return None

    def cloudwatch_DescribeAlarms(self, AlarmTypes: list[str]) -> Document:
        assert AlarmTypes == ["MetricAlarm", "CompositeAlarm"]
        return {
            "MetricAlarms": [one for one in self.alarms if "AlarmRule" not in one],
            "CompositeAlarms": [one for one in self.alarms if "AlarmRule" in one],
        }

    def cloudwatch_GetMetricData(self, MetricDataQueries: list[Any], **_: Any) -> Document:
        def values(query: Any) -> list[float]:
            name = query["MetricStat"]["Metric"]["Dimensions"][0]["Value"]
            return [self.ages[name]] if name in self.ages else []

        return {
            "MetricDataResults": [
                {"Id": one["Id"], "Values": values(one)} for one in MetricDataQueries
            ]
        }

    def states_ListStateMachines(self) -> Document:
        return {"stateMachines": list(self.machines.values())}

    def states_DescribeStateMachine(self, stateMachineArn: str) -> Document | None:
        return self.machines.get(stateMachineArn)

    def codedeploy_ListApplications(self) -> Document:
        return {"applications": list(self.groups)}

    def codedeploy_ListDeploymentGroups(self, applicationName: str) -> Document:
        return {"deploymentGroups": list(self.groups[applicationName])}

    def codedeploy_GetDeploymentGroup(
        self, applicationName: str, deploymentGroupName: str
    ) -> Document | None:
        return {"deploymentGroupInfo": self.groups[applicationName][deploymentGroupName]}

    def tag_GetResources(self, TagFilters: list[Document]) -> Document:
        key = TagFilters[0]["Key"]
        return {
            "ResourceTagMappingList": [
                {"ResourceARN": ref, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
                for ref, tags in self.tags.items()
                if key in tags
            ]
        }
