"""boto3 clients for a sandbox: its endpoint and credentials, and nothing of the user's settings."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config

from dlqctl.sandbox.server import REGION, Sandbox

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


class Clients:
    """One client a service, made when it is first asked for."""

    def __init__(self, sandbox: Sandbox, *, region: str = REGION) -> None:
        variables = sandbox.variables()
        self.region = region
        self._endpoint_url = sandbox.endpoint_url
        # AWS_PROFILE and the user's configuration file would otherwise be read, and can break us.
        isolated = botocore.session.Session(
            session_vars={
                "profile": (None, [], None, None),
                "config_file": (None, [], os.devnull, None),
                "credentials_file": (None, [], os.devnull, None),
            }
        )
        self._session = boto3.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=region,
            botocore_session=isolated,
        )
        # No proxies: HTTP_PROXY would carry calls to 127.0.0.1 away.
        self._config = Config(proxies={}, s3={"addressing_style": "path"})

    @cached_property
    def cloudwatch(self) -> CloudWatchClient:
        return self._session.client(
            "cloudwatch", endpoint_url=self._endpoint_url, config=self._config
        )

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        return self._session.client(
            "dynamodb", endpoint_url=self._endpoint_url, config=self._config
        )

    @cached_property
    def events(self) -> EventBridgeClient:
        return self._session.client("events", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def functions(self) -> LambdaClient:
        return self._session.client("lambda", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def kinesis(self) -> KinesisClient:
        return self._session.client("kinesis", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def s3(self) -> S3Client:
        return self._session.client("s3", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def scheduler(self) -> EventBridgeSchedulerClient:
        return self._session.client(
            "scheduler", endpoint_url=self._endpoint_url, config=self._config
        )

    @cached_property
    def sns(self) -> SNSClient:
        return self._session.client("sns", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def sqs(self) -> SQSClient:
        return self._session.client("sqs", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def table_streams(self) -> DynamoDBStreamsClient:
        return self._session.client(
            "dynamodbstreams", endpoint_url=self._endpoint_url, config=self._config
        )
