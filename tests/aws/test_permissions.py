"""The published IAM policies cover what the commands really call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from dlqctl.aws.permissions import PERMISSIONS, policy
from tests.fakes.sqs_server import FakeSqsServer

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "y",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.mark.parametrize("arguments", [["peek", "orders-dlq"], ["redrive", "orders-dlq", "--yes"]])
def test_policy_allows_every_call(
    fake_sqs: FakeSqsServer, tmp_path: Path, arguments: list[str]
) -> None:
    client = boto3.client(
        "sqs",
        endpoint_url=fake_sqs.url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
    )
    dead = client.create_queue(QueueName="orders-dlq")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    redrive = json.dumps({"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 1})
    client.create_queue(QueueName="orders", Attributes={"RedrivePolicy": redrive})
    client.send_message(QueueUrl=dead, MessageBody="one")
    client.close()
    before = len(fake_sqs.sqs.audit.calls())
    subprocess.run(
        [sys.executable, "-m", "dlqctl", *arguments],
        check=True,
        capture_output=True,
        timeout=60,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "AWS_ENDPOINT_URL": fake_sqs.url,
            **CREDENTIALS,
        },
    )
    called = {
        f"sqs:{call.operation.removesuffix('Batch')}"
        for call in fake_sqs.sqs.audit.calls()[before:]
    }
    allowed = {action for part in PERMISSIONS[arguments[0]] for action in part.actions}
    assert called
    assert called <= allowed


@pytest.mark.parametrize("command", sorted(PERMISSIONS))
def test_policy_is_valid_and_never_changes_a_queue(command: str) -> None:
    document = policy(command)
    statements = document["Statement"]
    assert isinstance(statements, list)
    sids = [statement["Sid"] for statement in statements]
    assert len(set(sids)) == len(sids)
    actions = {action for statement in statements for action in statement["Action"]}
    assert not actions & {"sqs:PurgeQueue", "sqs:SetQueueAttributes", "sqs:DeleteQueue"}
