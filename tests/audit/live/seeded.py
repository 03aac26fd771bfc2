"""A small account on an emulator: one chain with faults, one without."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any

import boto3


def client(url: str, service: str, region: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def seed(url: str, region: str) -> str:
    """`orders` has no DLQ, `bills` has one; `clicks` is a stream. Returns the account's id."""
    account: str = client(url, "sts", region).get_caller_identity()["Account"]
    sqs = client(url, "sqs", region)
    orders = _queue(sqs, "orders", VisibilityTimeout="60")
    dead = _queue(sqs, "bills-dlq", MessageRetentionPeriod="1209600")
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 5})
    bills = _queue(sqs, "bills", VisibilityTimeout="60", RedrivePolicy=policy)
    kinesis = client(url, "kinesis", region)
    kinesis.create_stream(StreamName="clicks", ShardCount=2)
    while True:
        stream = kinesis.describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]
        if stream["StreamStatus"] == "ACTIVE":
            break
        time.sleep(0.1)
    lambda_ = client(url, "lambda", region)
    _function(lambda_, _role(url, region))
    for source in (orders, bills):
        lambda_.create_event_source_mapping(EventSourceArn=source, FunctionName="worker")
    lambda_.create_event_source_mapping(
        EventSourceArn=stream["StreamARN"], FunctionName="worker", StartingPosition="LATEST"
    )
    events = client(url, "events", region)
    rule = events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")["RuleArn"]
    arn = lambda_.get_function_configuration(FunctionName="worker")["FunctionArn"]
    events.put_targets(Rule="nightly", Targets=[{"Id": "t", "Arn": arn}])
    lambda_.add_permission(
        FunctionName="worker",
        StatementId="nightly",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    sns = client(url, "sns", region)
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=orders)
    client(url, "cloudwatch", region).put_metric_alarm(
        AlarmName="bills-dlq-not-empty",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": "bills-dlq"}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    return account


def _queue(sqs: Any, name: str, **attributes: str) -> str:
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn: str = found["Attributes"]["QueueArn"]
    return arn


def _role(url: str, region: str) -> str:
    role = client(url, "iam", region).create_role(
        RoleName=f"worker-{region}",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "lambda.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            }
        ),
    )
    arn: str = role["Role"]["Arn"]
    return arn


def _function(lambda_: Any, role: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("worker.py", "def handler(event, context):\n    return {}\n")
    lambda_.create_function(
        FunctionName="worker",
        Runtime="python3.12",
        Handler="worker.handler",
        Role=role,
        Timeout=10,
        Code={"ZipFile": archive.getvalue()},
    )
