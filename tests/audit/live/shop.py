"""An account that is as it should be, in a few words: chains that no rule has a word about."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from tests.audit.live.account import FakeAccount, arn, function_arn, queue_arn

DAY = 86_400
S3 = {"OnFailure": {"Destination": "arn:aws:s3:::kept-records"}}
VISIBLE = "ApproximateNumberOfMessagesVisible"
AGE = "ApproximateAgeOfOldestMessage"


def allowing(service: str, queue: str, source: str) -> dict[str, Any]:
    return {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": f"{service}.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn(queue),
                "Condition": {"ArnEquals": {"aws:SourceArn": source}},
            }
        ]
    }


def invocable(service: str, function: str, source: str | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": function_arn(function),
    }
    if source:
        statement["Condition"] = {"ArnLike": {"AWS:SourceArn": source}}
    return {"Statement": [statement]}


class Shop(FakeAccount):
    """An account with builders of what is as it should be; keywords change one thing of it."""

    def __init__(self) -> None:
        super().__init__()
        self.expected: defaultdict[str, set[str]] = defaultdict(set)

    def plant(self, ref: str, *rules: str) -> None:
        """These rules must find fault in `ref`."""
        for rule in rules:
            self.expected[rule].add(ref)

    def worker(self, name: str, **function: Any) -> str:
        """A function whose alias `live` is shifted gradually and rolled back on an alarm."""
        aliases = {"live": None, **function.pop("aliases", {})}
        ref = self.function(name, **{"Timeout": 30, "aliases": aliases, **function})
        properties = {"Name": name, "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"}
        spec = {"version": 0.0, "Resources": [{"f": {"Properties": properties}}]}
        self.deployment_group(
            "shop",
            name,
            deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent5Minutes",
            targetRevision={"revisionType": "String", "string": {"content": json.dumps(spec)}},
            alarmConfiguration={"enabled": True, "alarms": [{"name": "errors"}]},
            autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_STOP_ON_ALARM"]},
        )
        return ref

    def dead_letters(
        self, name: str, *sources: str, alarm: Mapping[str, Any] | None = None, **attributes: Any
    ) -> str:
        """A queue for failures, alarmed, that only `sources` may redrive into."""
        allow = {"redrivePermission": "byQueue", "sourceQueueArns": [queue_arn(s) for s in sources]}
        given = {
            "MessageRetentionPeriod": 14 * DAY,
            **({"RedriveAllowPolicy": allow} if sources else {}),
            **attributes,
        }
        ref = self.queue(name, **{k: v for k, v in given.items() if v is not None})
        self.alarm(
            f"{name}-not-empty",
            **{"metric": VISIBLE, "Dimensions": {"QueueName": name}, **(alarm or {})},
        )
        return ref

    def consumed(
        self,
        name: str,
        *,
        queue: Mapping[str, Any] | None = None,
        mapping: Mapping[str, Any] | None = None,
        function: Mapping[str, Any] | None = None,
        dlq: Mapping[str, Any] | None = None,
        suffix: str = "",
    ) -> str:
        """A queue with a DLQ, a mapping and a function `NAME-worker`. Returns the mapping."""
        dead = f"{name}-dlq{suffix}"
        self.dead_letters(dead, f"{name}{suffix}", **(dlq or {}))
        ref = self.queue(
            f"{name}{suffix}", **{"dlq": dead, "VisibilityTimeout": 180, **(queue or {})}
        )
        self.alarm(
            f"{name}-old", AGE, Threshold=3_600.0, Dimensions={"QueueName": f"{name}{suffix}"}
        )
        self.worker(f"{name}-worker", **(function or {}))
        return self.mapping(
            name,
            ref,
            **{
                "function": f"{name}-worker:live",
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                **(mapping or {}),
            },
        )

    def streamed(
        self,
        name: str,
        *,
        source: str | None = None,
        hours: int = 72,
        shards: int = 1,
        function: Mapping[str, Any] | None = None,
        **mapping: Any,
    ) -> str:
        """A stream, a mapping and a function `NAME-worker`. Returns the mapping."""
        self.worker(f"{name}-worker", **(function or {}))
        self.alarm(
            f"{name}-behind",
            "IteratorAge",
            namespace="AWS/Lambda",
            Threshold=3_600_000.0,
            Dimensions={"FunctionName": f"{name}-worker"},
        )
        return self.mapping(
            name,
            source or self.stream(name, hours=hours, shards=shards),
            **{
                "function": f"{name}-worker:live",
                "BisectBatchOnFunctionError": True,
                "MaximumRetryAttempts": 5,
                "MaximumRecordAgeInSeconds": 21_600,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "DestinationConfig": S3,
                **mapping,
            },
        )

    def asynchronous(
        self, name: str, *, config: Mapping[str, Any] | None = None, **function: Any
    ) -> str:
        """A function that S3 invokes, whose failures are kept whole."""
        settings = {
            "MaximumRetryAttempts": 2,
            "MaximumEventAgeInSeconds": 3_600,
            "DestinationConfig": S3,
            **(config or {}),
        }
        return self.function(
            name,
            **{
                "policy": invocable("s3", name),
                "invoke_configs": ({k: v for k, v in settings.items() if v is not None},),
                **function,
            },
        )

    def delivered(self, name: str, metric: str, namespace: str, **dimensions: str) -> None:
        """An alarm on failures that can't be delivered."""
        self.alarm(f"{name}-undelivered", metric, namespace=namespace, Dimensions=dimensions)

    def target(self, name: str, *, dlq: str | None = None, **fields: Any) -> dict[str, Any]:
        """A rule's target with a dead-letter queue of its own, or with `dlq`."""
        rule = arn("events", f"rule/{name}")
        queue = dlq or f"{name}-events-dlq"
        if dlq is None:
            self.dead_letters(queue, Policy=allowing("events", queue, rule))
        self.delivered(name, "InvocationsFailedToBeSentToDlq", "AWS/Events", RuleName=name)
        return {
            "Id": "t",
            "Arn": arn("sns", "somewhere"),
            "DeadLetterConfig": {"Arn": queue_arn(queue)},
            **fields,
        }

    def subscribed(self, name: str, *, dlq: str | None = None, **attributes: Any) -> str:
        """A queue's subscription with a dead-letter queue of its own, or with `dlq`."""
        queue = dlq or f"{name}-news-dlq"
        if dlq is None:
            self.dead_letters(queue, Policy=allowing("sns", queue, arn("sns", name)))
        metric = "NumberOfNotificationsFailedToRedriveToDlq"
        self.delivered(f"{name}-news", metric, "AWS/SNS", TopicName=name)
        policy = json.dumps({"deadLetterTargetArn": queue_arn(queue)})
        given = {"RedrivePolicy": policy, **attributes}
        return self.subscription(
            name,
            "sqs",
            queue_arn("elsewhere"),
            **{key: value for key, value in given.items() if value is not None},
        )
