"""On-failure records in S3: every object under a prefix, read again when its records are wanted."""

from __future__ import annotations

import json
import uuid
from typing import Any

import boto3
import pytest

from dlqctl import origins
from dlqctl.aws.objects import KeptObjects
from dlqctl.aws.session import AwsOptions
from dlqctl.errors import DlqctlError, UsageError
from dlqctl.streams.gathering import gather
from dlqctl.streams.letter_files import FileLetter
from tests.streams.account import CREDENTIALS
from tests.streams.test_letter_files import kept


@pytest.fixture
def options(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> AwsOptions:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return AwsOptions(endpoint_url=moto_url)


@pytest.fixture
def bucket(moto_url: str, options: AwsOptions) -> Any:
    name = f"failures-{uuid.uuid4().hex[:8]}"
    s3 = boto3.resource("s3", endpoint_url=moto_url)
    return s3.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )


def test_every_object_under_the_prefix(options: AwsOptions, bucket: Any) -> None:
    prefix = "aws/lambda/0b1c/shardId-000000000003/2026/11/20"
    for n in range(20):
        bucket.put_object(Key=f"{prefix}/2026-11-20T10.11.{n:02}-x", Body=kept().encode())
    bucket.put_object(Key="elsewhere", Body=b"{}")
    bucket.put_object(Key=f"{prefix}/folder/", Body=b"")
    found = list(KeptObjects(options, f"s3://{bucket.name}/aws/lambda/").letters())
    assert len(found) == 20
    letters = [one for one in found if isinstance(one, FileLetter)]
    assert letters[0].letter.message_id == f"s3://{bucket.name}/{prefix}/2026-11-20T10.11.00-x"
    again = {one.letter.message_id: one.again for one in letters}
    batches = gather((origins.decode(one.letter) for one in letters), again=again).batches
    assert all(one.event is not None and one.event()["Records"] for one in batches)


def test_an_object_that_is_none_is_counted(options: AwsOptions, bucket: Any) -> None:
    bucket.put_object(Key="a", Body=kept().encode())
    bucket.put_object(Key="b", Body=kept().encode()[:200])
    letters = list(KeptObjects(options, f"s3://{bucket.name}").letters())
    records = (origins.decode(one.letter) for one in letters if isinstance(one, FileLetter))
    gathered = gather(records)
    assert len(gathered.batches) == 1
    assert [one.message_id for one in gathered.unreadable] == [f"s3://{bucket.name}/b"]


def test_a_bucket_that_is_not_there(options: AwsOptions) -> None:
    with pytest.raises(DlqctlError, match="NoSuchBucket"):
        list(KeptObjects(options, "s3://no-such-bucket-anywhere/x").letters())


@pytest.mark.parametrize("uri", ["s3://", "s3://UPPER/x", "s3:///x", "s3://a"])
def test_what_is_no_location(options: AwsOptions, uri: str) -> None:
    with pytest.raises(UsageError):
        KeptObjects(options, uri)


def test_an_event_that_vanished_meanwhile_says_so(options: AwsOptions, bucket: Any) -> None:
    bucket.put_object(Key="a", Body=kept().encode())
    [one] = KeptObjects(options, f"s3://{bucket.name}").letters()
    assert isinstance(one, FileLetter)
    again = {one.letter.message_id: one.again}
    [batch] = gather([origins.decode(one.letter)], again=again).batches
    bucket.put_object(Key="a", Body=json.dumps({"now": "something else"}).encode())
    assert batch.event is not None
    with pytest.raises(DlqctlError, match="its records are not there any more"):
        batch.event()
