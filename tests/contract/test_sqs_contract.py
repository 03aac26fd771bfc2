"""What SQS does, asked of the fake, of moto's server and of ministack through real boto3.

Every test is one behaviour that AWS documents or that was recorded against AWS. Where a server
answers differently, DEVIATIONS says so: what passes there proves nothing about AWS.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.conftest import SERVERS, SqsUnderContract

MEBIBYTE = 1_048_576
TEXT = {"DataType": "String", "StringValue": "a"}

_ALLOW_POLICY = "keeps RedriveAllowPolicy at most as text, and enforces nothing"
_NO_SOURCES = "has no ListDeadLetterSourceQueues"
_NOT_CHECKED = "accepts what AWS refuses"
_WHOLE_SIZE = "counts the body alone"
_OTHER_CODE = "refuses with another error code"
_BATCH_TRACE = "drops message system attributes of batch entries"
_SAME_DEDUPLICATION_ID = "leaves MessageDeduplicationId as it was"
_SAME_TIMESTAMP = "leaves SentTimestamp as it was"
_FIFO_HANDLE = "deletes with the newest handle for as long as the message exists"

DEVIATIONS: dict[tuple[str, str], str] = {
    ("moto", "test_redrive_policy_needs_an_existing_target"): _OTHER_CODE,
    ("moto", "test_redrive_policy_needs_a_target_of_its_own_type"): _OTHER_CODE,
    ("moto", "test_redrive_allow_policy_keeps_sources_away"): _ALLOW_POLICY,
    ("moto", "test_redrive_allow_policy_names_sources"): _ALLOW_POLICY,
    ("moto", "test_list_dead_letter_source_queues_in_pages"): "ignores MaxResults",
    ("moto", "test_empty_body"): _NOT_CHECKED,
    ("moto", "test_characters_outside_the_allowed_set"): _NOT_CHECKED,
    ("moto", "test_trace_header_arrives_in_a_batch"): _BATCH_TRACE,
    ("moto", "test_deduplication_id_on_a_standard_queue"): _NOT_CHECKED,
    ("moto", "test_ten_attributes_and_no_more"): _NOT_CHECKED,
    ("moto", "test_empty_attribute_value"): _NOT_CHECKED,
    ("moto", "test_size_is_counted_in_bytes"): "counts characters",
    ("moto", "test_attributes_count_towards_the_size"): _WHOLE_SIZE,
    ("moto", "test_attributes_count_towards_the_batch"): _WHOLE_SIZE,
    ("moto", "test_batch_entry_larger_than_the_queue_takes"): "refuses the whole batch",
    ("moto", "test_batch_entry_with_invalid_characters"): _NOT_CHECKED,
    ("moto", "test_change_visibility_with_an_old_handle"): "old handles keep working",
    ("moto", "test_delete_with_an_old_handle_deletes_nothing"): "old handles keep working",
    ("moto", "test_moved_message_names_its_source"): "sets no DeadLetterQueueSourceArn",
    ("moto", "test_moved_fifo_message_is_deduplicated_by_its_message_id"): _SAME_DEDUPLICATION_ID,
    ("moto", "test_moved_fifo_message_gets_a_new_sent_timestamp"): _SAME_TIMESTAMP,
    ("moto", "test_fifo_batch_without_a_group_is_refused_whole"): _OTHER_CODE,
    ("moto", "test_sequence_numbers_have_twenty_digits_and_grow"): "draws them at random",
    ("moto", "test_duplicate_is_answered_with_the_first_message_id"): "invents an id",
    (
        "moto",
        "test_duplicate_of_a_deleted_message_is_not_delivered",
    ): "remembers only what is still on the queue",
    ("moto", "test_deduplication_by_group_where_asked_for"): "knows the queue's scope only",
    ("moto", "test_fifo_refuses_to_delete_with_an_expired_handle"): _FIFO_HANDLE,
    ("ministack", "test_no_attribute_names_no_attributes"): "answers with all of them",
    ("ministack", "test_unknown_attribute_name"): _NOT_CHECKED,
    ("ministack", "test_redrive_policy_needs_an_existing_target"): _OTHER_CODE,
    ("ministack", "test_redrive_policy_needs_a_target_of_its_own_type"): _NOT_CHECKED,
    ("ministack", "test_redrive_allow_policy_keeps_sources_away"): _ALLOW_POLICY,
    ("ministack", "test_redrive_allow_policy_names_sources"): _ALLOW_POLICY,
    ("ministack", "test_list_dead_letter_source_queues"): _NO_SOURCES,
    ("ministack", "test_list_dead_letter_source_queues_in_pages"): _NO_SOURCES,
    ("ministack", "test_second_purge_within_a_minute"): _NOT_CHECKED,
    ("ministack", "test_trace_header_arrives_in_a_batch"): _BATCH_TRACE,
    ("ministack", "test_deduplication_id_on_a_standard_queue"): _NOT_CHECKED,
    ("ministack", "test_ten_attributes_and_no_more"): _NOT_CHECKED,
    ("ministack", "test_empty_attribute_value"): _NOT_CHECKED,
    ("ministack", "test_attributes_count_towards_the_size"): _WHOLE_SIZE,
    ("ministack", "test_attributes_count_towards_the_batch"): _WHOLE_SIZE,
    ("ministack", "test_change_visibility_with_an_old_handle"): _OTHER_CODE,
    ("ministack", "test_visibility_of_more_than_twelve_hours"): _NOT_CHECKED,
    ("ministack", "test_delete_twice"): "forgets the handles of deleted messages",
    (
        "ministack",
        "test_delete_with_an_old_handle_deletes_nothing",
    ): "refuses an old handle, where AWS says yes and does nothing",
    (
        "ministack",
        "test_moved_fifo_message_is_deduplicated_by_its_message_id",
    ): _SAME_DEDUPLICATION_ID,
    ("ministack", "test_moved_fifo_message_gets_a_new_sent_timestamp"): _SAME_TIMESTAMP,
    (
        "ministack",
        "test_fifo_batch_without_a_group_is_refused_whole",
    ): "fails the one entry, sends the others",
    ("ministack", "test_fifo_refuses_to_delete_with_an_expired_handle"): _FIFO_HANDLE,
}


def refused(code: str) -> Any:
    """The call ends in this error code."""
    return pytest.raises(ClientError, match=rf"\({code}\)")


def failed_codes(answer: dict[str, Any]) -> dict[str, str]:
    return {entry["Id"]: entry["Code"] for entry in answer.get("Failed", [])}


def bodies(messages: list[dict[str, Any]]) -> list[str]:
    return [message["Body"] for message in messages]


def grouped(body: str, group: str = "g", token: str | None = None) -> dict[str, str]:
    """A batch entry for a FIFO queue."""
    return {
        "MessageBody": body,
        "MessageGroupId": group,
        "MessageDeduplicationId": token or f"{group}-{body}",
    }


def test_deviations_name_tests_and_servers() -> None:
    for server, name in DEVIATIONS:
        assert server in SERVERS
        assert name in globals()


# ── queues ──


def test_unknown_queue_by_name(sqs: SqsUnderContract) -> None:
    with refused("AWS.SimpleQueueService.NonExistentQueue"):
        sqs.client.get_queue_url(QueueName=f"{sqs.prefix}-none")


def test_unknown_queue_is_the_modelled_exception(sqs: SqsUnderContract) -> None:
    with pytest.raises(sqs.client.exceptions.QueueDoesNotExist):
        sqs.receive(f"{sqs.url}/123456789012/{sqs.prefix}-none")


def test_create_again_with_the_same_attributes(sqs: SqsUnderContract) -> None:
    name = f"{sqs.prefix}-again"
    assert sqs.queue(name=name, DelaySeconds="1") == sqs.queue(name=name, DelaySeconds="1")
    sqs._queues.pop()


def test_create_again_with_other_attributes(sqs: SqsUnderContract) -> None:
    name = f"{sqs.prefix}-again"
    sqs.queue(name=name, DelaySeconds="1")
    with refused("QueueAlreadyExists"):
        sqs.queue(name=name, DelaySeconds="2")


def test_attribute_values_are_strings(sqs: SqsUnderContract) -> None:
    attributes = sqs.attributes(sqs.queue(VisibilityTimeout="7"))
    assert all(isinstance(value, str) for value in attributes.values())
    assert attributes["VisibilityTimeout"] == "7"
    assert attributes["MessageRetentionPeriod"] == "345600"
    assert attributes["MaximumMessageSize"] == str(MEBIBYTE)


def test_no_attribute_names_no_attributes(sqs: SqsUnderContract) -> None:
    answer = sqs.client.get_queue_attributes(QueueUrl=sqs.queue())
    assert not answer.get("Attributes")


def test_unknown_attribute_name(sqs: SqsUnderContract) -> None:
    with refused("InvalidAttributeName"):
        sqs.attributes(sqs.queue(), "Colour")


def test_attribute_out_of_range(sqs: SqsUnderContract) -> None:
    with refused("InvalidAttributeValue"):
        sqs.queue(MaximumMessageSize="1023")


def test_redrive_policy_is_a_json_string(sqs: SqsUnderContract) -> None:
    source, dead = sqs.with_dead_letter_queue(max_receive_count=3)
    policy = json.loads(sqs.attributes(source, "RedrivePolicy")["RedrivePolicy"])
    assert policy["deadLetterTargetArn"] == sqs.arn(dead)
    assert int(policy["maxReceiveCount"]) == 3


def test_redrive_policy_is_removed_by_an_empty_value(sqs: SqsUnderContract) -> None:
    source, _ = sqs.with_dead_letter_queue()
    sqs.client.set_queue_attributes(QueueUrl=source, Attributes={"RedrivePolicy": ""})
    assert "RedrivePolicy" not in sqs.attributes(source)


def test_redrive_policy_needs_an_existing_target(sqs: SqsUnderContract) -> None:
    missing = sqs.arn(sqs.queue()) + "-none"
    with refused("InvalidParameterValue"):
        sqs.queue(RedrivePolicy={"deadLetterTargetArn": missing, "maxReceiveCount": 1})


def test_redrive_policy_needs_a_target_of_its_own_type(sqs: SqsUnderContract) -> None:
    standard = sqs.arn(sqs.queue())
    with refused("InvalidParameterValue"):
        sqs.queue(fifo=True, RedrivePolicy={"deadLetterTargetArn": standard, "maxReceiveCount": 1})


def test_redrive_allow_policy_keeps_sources_away(sqs: SqsUnderContract) -> None:
    closed = sqs.arn(sqs.queue(RedriveAllowPolicy={"redrivePermission": "denyAll"}))
    with refused("InvalidParameterValue"):
        sqs.queue(RedrivePolicy={"deadLetterTargetArn": closed, "maxReceiveCount": 1})


def test_redrive_allow_policy_names_sources(sqs: SqsUnderContract) -> None:
    source = sqs.queue()
    allowed = {"redrivePermission": "byQueue", "sourceQueueArns": [sqs.arn(source)]}
    dead = sqs.queue(RedriveAllowPolicy=allowed)
    assert json.loads(sqs.attributes(dead)["RedriveAllowPolicy"]) == allowed
    policy = json.dumps({"deadLetterTargetArn": sqs.arn(dead), "maxReceiveCount": 1})
    sqs.client.set_queue_attributes(QueueUrl=source, Attributes={"RedrivePolicy": policy})
    with refused("InvalidParameterValue"):
        sqs.queue(RedrivePolicy=json.loads(policy))


def test_list_queues_by_prefix(sqs: SqsUnderContract) -> None:
    mine = {sqs.queue(), sqs.queue()}
    answer = sqs.client.list_queues(QueueNamePrefix=sqs.prefix)
    assert set(answer["QueueUrls"]) == mine
    assert "NextToken" not in answer


def test_list_queues_in_pages(sqs: SqsUnderContract) -> None:
    mine = {sqs.queue() for _ in range(3)}
    first = sqs.client.list_queues(QueueNamePrefix=sqs.prefix, MaxResults=2)
    assert len(first["QueueUrls"]) == 2
    rest = sqs.client.list_queues(
        QueueNamePrefix=sqs.prefix, MaxResults=2, NextToken=first["NextToken"]
    )
    assert {*first["QueueUrls"], *rest["QueueUrls"]} == mine
    assert "NextToken" not in rest


def test_list_dead_letter_source_queues(sqs: SqsUnderContract) -> None:
    source, dead = sqs.with_dead_letter_queue()
    answer = sqs.client.list_dead_letter_source_queues(QueueUrl=dead)
    assert answer["queueUrls"] == [source]


def test_list_dead_letter_source_queues_in_pages(sqs: SqsUnderContract) -> None:
    source, dead = sqs.with_dead_letter_queue()
    policy = json.loads(sqs.attributes(source)["RedrivePolicy"])
    sources = {source, sqs.queue(RedrivePolicy=policy), sqs.queue(RedrivePolicy=policy)}
    paginator = sqs.client.get_paginator("list_dead_letter_source_queues")
    pages = list(paginator.paginate(QueueUrl=dead, PaginationConfig={"PageSize": 2}))
    assert [len(page["queueUrls"]) for page in pages] == [2, 1]
    assert {url for page in pages for url in page["queueUrls"]} == sources


def test_purge_empties_the_queue(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a")
    sqs.client.purge_queue(QueueUrl=queue)
    assert sqs.receive(queue) == []


def test_second_purge_within_a_minute(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.client.purge_queue(QueueUrl=queue)
    with refused("AWS.SimpleQueueService.PurgeQueueInProgress"):
        sqs.client.purge_queue(QueueUrl=queue)


# ── sending and receiving ──


def test_body_arrives_as_it_was(sqs: SqsUnderContract) -> None:
    queue, body = sqs.queue(), 'grüße \t\n 🦊 {"a": [1, null]} <&>"\' \ufffd'
    sent = sqs.send(queue, body)
    message = sqs.receive_one(queue)
    assert message["Body"] == body
    assert message["MessageId"] == sent["MessageId"]
    digest = hashlib.md5(body.encode()).hexdigest()
    assert digest == message["MD5OfBody"] == sent["MD5OfMessageBody"]


def test_carriage_return_survives(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a\r\nb\r")
    assert sqs.receive_one(queue)["Body"] == "a\r\nb\r"


def test_empty_queue_gives_no_messages(sqs: SqsUnderContract) -> None:
    assert sqs.receive(sqs.queue()) == []


def test_empty_body(sqs: SqsUnderContract) -> None:
    with refused("MissingParameter"):
        sqs.send(sqs.queue(), "")


@pytest.mark.parametrize("body", ["a\x00b", "a\x1bb", "\ufffe"])
def test_characters_outside_the_allowed_set(sqs: SqsUnderContract, body: str) -> None:
    with refused("InvalidMessageContents"):
        sqs.send(sqs.queue(), body)


def test_attribute_types_arrive_as_they_were(sqs: SqsUnderContract) -> None:
    attributes = {
        "plain": {"DataType": "String", "StringValue": "grüße"},
        "custom": {"DataType": "String.json", "StringValue": "{}"},
        "number": {"DataType": "Number", "StringValue": "200"},
        "precise": {"DataType": "Number.float", "StringValue": "1.50"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff\xfe"},
        "image": {"DataType": "Binary.png", "BinaryValue": b"\x89PNG"},
    }
    queue = sqs.queue()
    sqs.send(queue, "a", MessageAttributes=attributes)
    assert sqs.receive_one(queue)["MessageAttributes"] == attributes


def test_md5_of_attributes_as_aws_computes_it(sqs: SqsUnderContract) -> None:
    binary = b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
    queue = sqs.queue()
    sent = sqs.send(
        queue,
        "test",
        MessageAttributes={"attr1": {"DataType": "Binary", "BinaryValue": binary}},
    )
    assert sent["MD5OfMessageAttributes"] == "8cbe4db156db8a94db8b801b7addb984"


@pytest.mark.parametrize(
    ("asked", "given", "digest"),
    [
        (["All"], {"General", "Hello", "Help.Me"}, "4c360f3fdafd970e05fae2f149d997f5"),
        ([".*"], {"General", "Hello", "Help.Me"}, "4c360f3fdafd970e05fae2f149d997f5"),
        (["Hel.*"], {"Hello", "Help.Me"}, "83fee93c1bcd8b9a5a923ffacdc636c7"),
        (["Hello", "Foo"], {"Hello"}, "a311262e065454b75da111d535b8dacd"),
    ],
)
def test_message_attributes_by_name(
    sqs: SqsUnderContract, asked: list[str], given: set[str], digest: str
) -> None:
    queue = sqs.queue()
    values = {"General": "Kenobi", "Hello": "There", "Help.Me": "Me"}
    attributes = {k: {"DataType": "String", "StringValue": v} for k, v in values.items()}
    sqs.send(queue, "msg", MessageAttributes=attributes)
    message = sqs.receive_one(queue, MessageAttributeNames=asked)
    assert set(message["MessageAttributes"]) == given
    assert message["MD5OfMessageAttributes"] == digest


def test_attributes_only_on_request(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a", MessageAttributes={"x": TEXT})
    message = sqs.receive_one(queue, MessageSystemAttributeNames=[], MessageAttributeNames=[])
    assert not {"Attributes", "MessageAttributes", "MD5OfMessageAttributes"} & message.keys()


def test_system_attributes_of_a_first_receive(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a")
    attributes = sqs.receive_one(queue)["Attributes"]
    assert attributes["ApproximateReceiveCount"] == "1"
    assert int(attributes["SentTimestamp"]) <= int(attributes["ApproximateFirstReceiveTimestamp"])
    assert attributes.keys() == {
        "SenderId",
        "SentTimestamp",
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
    }


@pytest.mark.parametrize("parameter", ["MessageSystemAttributeNames", "AttributeNames"])
def test_system_attributes_by_name(sqs: SqsUnderContract, parameter: str) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a")
    answer = sqs.client.receive_message(QueueUrl=queue, **{parameter: ["SentTimestamp"]})
    assert answer["Messages"][0]["Attributes"].keys() == {"SentTimestamp"}


HEADER = "Root=1-5e1b4151-5ac6c58f3eb1e0e0a1b2c3d4;Sampled=1"
TRACE = {"AWSTraceHeader": {"DataType": "String", "StringValue": HEADER}}


def test_trace_header_arrives(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a", MessageSystemAttributes=TRACE)
    assert sqs.receive_one(queue)["Attributes"]["AWSTraceHeader"] == HEADER


def test_trace_header_arrives_in_a_batch(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send_batch(queue, {"MessageBody": "a", "MessageSystemAttributes": TRACE})
    assert sqs.receive_one(queue)["Attributes"]["AWSTraceHeader"] == HEADER


def test_group_id_on_a_standard_queue(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a", MessageGroupId="tenant-1")
    sqs.send(queue, "b", MessageGroupId="tenant-1")
    messages = sqs.receive(queue)
    assert sorted(bodies(messages)) == ["a", "b"]
    assert messages[0]["Attributes"]["MessageGroupId"] == "tenant-1"


def test_deduplication_id_on_a_standard_queue(sqs: SqsUnderContract) -> None:
    with refused("InvalidParameterValue"):
        sqs.send(sqs.queue(), "a", MessageDeduplicationId="d")


def test_ten_attributes_and_no_more(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a", MessageAttributes={f"a{n}": TEXT for n in range(10)})
    with refused("InvalidParameterValue"):
        sqs.send(queue, "a", MessageAttributes={f"a{n}": TEXT for n in range(11)})


def test_empty_attribute_value(sqs: SqsUnderContract) -> None:
    empty = {"DataType": "String", "StringValue": ""}
    with refused("InvalidParameterValue"):
        sqs.send(sqs.queue(), "a", MessageAttributes={"x": empty})


def test_message_larger_than_the_queue_takes(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(MaximumMessageSize="1024")
    sqs.send(queue, "a" * 1024)
    with refused("InvalidParameterValue"):
        sqs.send(queue, "a" * 1025)


def test_size_is_counted_in_bytes(sqs: SqsUnderContract) -> None:
    with refused("InvalidParameterValue"):
        sqs.send(sqs.queue(MaximumMessageSize="1024"), "é" * 513)


def test_attributes_count_towards_the_size(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(MaximumMessageSize="1024")
    with refused("InvalidParameterValue"):
        sqs.send(queue, "a" * 1020, MessageAttributes={"x": TEXT})


def test_delayed_message(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a", DelaySeconds=1)
    assert sqs.receive(queue) == []
    assert sqs.attributes(queue)["ApproximateNumberOfMessagesDelayed"] == "1"
    sqs.pass_time(1.1)
    assert sqs.receive_one(queue)["Body"] == "a"


def test_long_poll_waits_for_a_message(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a", DelaySeconds=1)
    assert sqs.receive_one(queue, WaitTimeSeconds=5)["Body"] == "a"


def test_at_most_ten_messages_a_receive(sqs: SqsUnderContract) -> None:
    with refused("InvalidParameterValue"):
        sqs.receive(sqs.queue(), MaxNumberOfMessages=11)


# ── batches ──


def test_batch_names_every_entry(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    answer = sqs.send_batch(queue, {"MessageBody": "a"}, {"MessageBody": "b"})
    assert [entry["Id"] for entry in answer["Successful"]] == ["e0", "e1"]
    assert not answer.get("Failed")
    received = {m["MessageId"]: m["Body"] for m in sqs.receive(queue)}
    sent = [entry["MessageId"] for entry in answer["Successful"]]
    assert received == dict(zip(sent, ["a", "b"], strict=True))


def test_empty_batch(sqs: SqsUnderContract) -> None:
    with refused("AWS.SimpleQueueService.EmptyBatchRequest"):
        sqs.send_batch(sqs.queue())


def test_batch_of_eleven(sqs: SqsUnderContract) -> None:
    with refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest"):
        sqs.send_batch(sqs.queue(), *[{"MessageBody": "a"}] * 11)


def test_batch_ids_repeated(sqs: SqsUnderContract) -> None:
    with refused("AWS.SimpleQueueService.BatchEntryIdsNotDistinct"):
        sqs.send_batch(sqs.queue(), *[{"Id": "same", "MessageBody": "a"}] * 2)


@pytest.mark.parametrize("entry_id", ["a:b", "a" * 81])
def test_batch_id_malformed(sqs: SqsUnderContract, entry_id: str) -> None:
    with refused("AWS.SimpleQueueService.InvalidBatchEntryId"):
        sqs.send_batch(sqs.queue(), {"Id": entry_id, "MessageBody": "a"})


def test_batch_longer_than_a_mebibyte(sqs: SqsUnderContract) -> None:
    queue, half = sqs.queue(), "a" * (MEBIBYTE // 2)
    with refused("AWS.SimpleQueueService.BatchRequestTooLong"):
        sqs.send_batch(queue, {"MessageBody": half}, {"MessageBody": half + "a"})
    assert sqs.receive(queue) == []


def test_batch_of_exactly_a_mebibyte(sqs: SqsUnderContract) -> None:
    queue, half = sqs.queue(), "a" * (MEBIBYTE // 2)
    answer = sqs.send_batch(queue, {"MessageBody": half}, {"MessageBody": half})
    assert len(answer["Successful"]) == 2


def test_attributes_count_towards_the_batch(sqs: SqsUnderContract) -> None:
    with refused("AWS.SimpleQueueService.BatchRequestTooLong"):
        sqs.send_batch(
            sqs.queue(),
            {"MessageBody": "a" * (MEBIBYTE - 3), "MessageAttributes": {"x": TEXT}},
            {"MessageBody": "b"},
        )


def test_batch_entry_larger_than_the_queue_takes(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(MaximumMessageSize="1024")
    answer = sqs.send_batch(queue, {"MessageBody": "a" * 1025}, {"MessageBody": "b"})
    assert failed_codes(answer) == {"e0": "InvalidParameterValue"}
    assert answer["Failed"][0]["SenderFault"] is True
    assert bodies(sqs.receive(queue)) == ["b"]


def test_batch_entry_with_invalid_characters(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    answer = sqs.send_batch(queue, {"MessageBody": "\x00"}, {"MessageBody": "b"})
    assert failed_codes(answer) == {"e0": "InvalidMessageContents"}
    assert bodies(sqs.receive(queue)) == ["b"]


# ── visibility and receipt handles ──


def test_received_message_is_hidden(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a")
    sqs.receive_one(queue)
    assert sqs.receive(queue) == []
    attributes = sqs.attributes(queue)
    assert attributes["ApproximateNumberOfMessages"] == "0"
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_visibility_timeout_ends(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(VisibilityTimeout="1")
    sqs.send(queue, "a")
    first = sqs.receive_one(queue)
    sqs.pass_time(1.1)
    second = sqs.receive_one(queue)
    assert second["MessageId"] == first["MessageId"]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    timestamp = "ApproximateFirstReceiveTimestamp"
    assert second["Attributes"][timestamp] == first["Attributes"][timestamp]


def test_receive_with_no_visibility_timeout(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a")
    sqs.receive_one(queue, VisibilityTimeout=0)
    assert sqs.receive_one(queue)["Attributes"]["ApproximateReceiveCount"] == "2"


def test_give_back(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a")
    handle = sqs.receive_one(queue)["ReceiptHandle"]
    sqs.client.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=0)
    assert sqs.receive_one(queue)["Body"] == "a"


def test_extend(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(VisibilityTimeout="1")
    sqs.send(queue, "a")
    handle = sqs.receive_one(queue)["ReceiptHandle"]
    entry = {"Id": "x", "ReceiptHandle": handle, "VisibilityTimeout": 60}
    answer = sqs.client.change_message_visibility_batch(QueueUrl=queue, Entries=[entry])
    assert [entry["Id"] for entry in answer["Successful"]] == ["x"]
    sqs.pass_time(1.1)
    assert sqs.receive(queue) == []


def test_change_visibility_with_garbage(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    with refused("ReceiptHandleIsInvalid"):
        sqs.client.change_message_visibility(
            QueueUrl=queue, ReceiptHandle="garbage", VisibilityTimeout=0
        )
    entry = {"Id": "x", "ReceiptHandle": "garbage", "VisibilityTimeout": 0}
    answer = sqs.client.change_message_visibility_batch(QueueUrl=queue, Entries=[entry])
    assert failed_codes(answer) == {"x": "ReceiptHandleIsInvalid"}


def test_change_visibility_with_an_old_handle(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a")
    old = sqs.receive_one(queue, VisibilityTimeout=0)["ReceiptHandle"]
    sqs.receive_one(queue)
    with refused("InvalidParameterValue"):
        sqs.client.change_message_visibility(QueueUrl=queue, ReceiptHandle=old, VisibilityTimeout=0)


def test_change_visibility_after_the_timeout(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(VisibilityTimeout="1")
    sqs.send(queue, "a")
    handle = sqs.receive_one(queue)["ReceiptHandle"]
    sqs.pass_time(1.1)
    sqs.client.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=60)
    assert sqs.receive(queue) == []


def test_visibility_of_more_than_twelve_hours(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a")
    handle = sqs.receive_one(queue)["ReceiptHandle"]
    with refused("InvalidParameterValue"):
        sqs.client.change_message_visibility(
            QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=43_201
        )


def test_delete(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a")
    message = sqs.receive_one(queue)
    sqs.delete(queue, message)
    attributes = sqs.attributes(queue)
    assert attributes["ApproximateNumberOfMessages"] == "0"
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_delete_twice(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a")
    message = sqs.receive_one(queue)
    sqs.delete(queue, message)
    sqs.delete(queue, message)


def test_delete_after_the_visibility_timeout(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(VisibilityTimeout="1")
    sqs.send(queue, "a")
    message = sqs.receive_one(queue)
    sqs.pass_time(1.1)
    sqs.delete(queue, message)
    assert sqs.receive(queue) == []


def test_delete_with_an_old_handle_deletes_nothing(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a")
    old = sqs.receive_one(queue, VisibilityTimeout=0)
    sqs.receive_one(queue, VisibilityTimeout=0)
    sqs.delete(queue, old)
    assert sqs.receive_one(queue)["Body"] == "a"


def test_delete_with_garbage(sqs: SqsUnderContract) -> None:
    with refused("ReceiptHandleIsInvalid"):
        sqs.client.delete_message(QueueUrl=sqs.queue(), ReceiptHandle="garbage")


def test_delete_batch_fails_only_the_bad_entry(sqs: SqsUnderContract) -> None:
    queue = sqs.queue()
    sqs.send(queue, "a")
    handle = sqs.receive_one(queue)["ReceiptHandle"]
    entries = [{"Id": "bad", "ReceiptHandle": "garbage"}, {"Id": "good", "ReceiptHandle": handle}]
    answer = sqs.client.delete_message_batch(QueueUrl=queue, Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    assert failed_codes(answer) == {"bad": "ReceiptHandleIsInvalid"}


# ── dead-letter queues ──


def moved(sqs: SqsUnderContract, source: str, dead: str) -> dict[str, Any]:
    """Receive once, give back, and let the next receive move the message."""
    sqs.receive_one(source, VisibilityTimeout=0)
    assert sqs.receive(source) == []
    return sqs.receive_one(dead)


def test_message_received_too_often_moves_whole(sqs: SqsUnderContract) -> None:
    source, dead = sqs.with_dead_letter_queue()
    sent = sqs.send(source, "a", MessageAttributes={"x": TEXT})
    message = moved(sqs, source, dead)
    assert message["MessageId"] == sent["MessageId"]
    assert message["Body"] == "a"
    assert message["MessageAttributes"] == {"x": TEXT}
    assert message["Attributes"]["ApproximateReceiveCount"] == "2"


def test_moved_message_names_its_source(sqs: SqsUnderContract) -> None:
    source, dead = sqs.with_dead_letter_queue()
    sqs.send(source, "a")
    attributes = moved(sqs, source, dead)["Attributes"]
    assert attributes["DeadLetterQueueSourceArn"] == sqs.arn(source)


def test_moved_message_keeps_its_sent_timestamp(sqs: SqsUnderContract) -> None:
    source, dead = sqs.with_dead_letter_queue()
    sqs.send(source, "a")
    before = sqs.receive_one(source, VisibilityTimeout=0)["Attributes"]["SentTimestamp"]
    sqs.pass_time(0.1)
    assert sqs.receive(source) == []
    assert sqs.receive_one(dead)["Attributes"]["SentTimestamp"] == before


def test_moved_fifo_message_is_deduplicated_by_its_message_id(sqs: SqsUnderContract) -> None:
    source, dead = sqs.with_dead_letter_queue(fifo=True)
    sent = sqs.send(source, "a", MessageGroupId="g", MessageDeduplicationId="d")
    attributes = moved(sqs, source, dead)["Attributes"]
    assert attributes["MessageGroupId"] == "g"
    assert attributes["MessageDeduplicationId"] == sent["MessageId"]


def test_moved_fifo_message_gets_a_new_sent_timestamp(sqs: SqsUnderContract) -> None:
    source, dead = sqs.with_dead_letter_queue(fifo=True)
    sqs.send(source, "a", MessageGroupId="g", MessageDeduplicationId="d")
    before = sqs.receive_one(source, VisibilityTimeout=0)["Attributes"]["SentTimestamp"]
    sqs.pass_time(0.1)
    assert sqs.receive(source) == []
    assert int(sqs.receive_one(dead)["Attributes"]["SentTimestamp"]) > int(before)


# ── FIFO queues ──


def test_fifo_needs_a_group(sqs: SqsUnderContract) -> None:
    with refused("MissingParameter"):
        sqs.send(sqs.queue(fifo=True), "a", MessageDeduplicationId="d")


def test_fifo_needs_a_deduplication_id(sqs: SqsUnderContract) -> None:
    with refused("InvalidParameterValue"):
        sqs.send(sqs.queue(fifo=True), "a", MessageGroupId="g")


def test_fifo_batch_without_a_group_is_refused_whole(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True)
    with refused("InvalidParameterValue"):
        sqs.send_batch(
            queue, grouped("a"), {"MessageBody": "b", "MessageDeduplicationId": "no-group"}
        )
    assert sqs.receive(queue) == []


def test_fifo_takes_no_delay_per_message(sqs: SqsUnderContract) -> None:
    with refused("InvalidParameterValue"):
        sqs.send(sqs.queue(fifo=True), DelaySeconds=1, body="a", **_tokens("g", "d"))


def _tokens(group: str, token: str) -> dict[str, str]:
    return {"MessageGroupId": group, "MessageDeduplicationId": token}


def test_fifo_system_attributes(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True)
    sent = sqs.send(queue, "a", **_tokens("g", "d"))
    attributes = sqs.receive_one(queue)["Attributes"]
    assert attributes["MessageGroupId"] == "g"
    assert attributes["MessageDeduplicationId"] == "d"
    assert attributes["SequenceNumber"] == sent["SequenceNumber"]


def test_sequence_numbers_have_twenty_digits_and_grow(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True)
    answer = sqs.send_batch(queue, *(grouped(str(n)) for n in range(5)))
    numbers = [entry["SequenceNumber"] for entry in answer["Successful"]]
    assert all(len(number) == 20 and number.isdigit() for number in numbers)
    assert numbers == sorted(set(numbers))


def test_duplicate_is_not_delivered(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True)
    sqs.send(queue, "a", **_tokens("g", "d"))
    sqs.send(queue, "another body", **_tokens("g", "d"))
    assert bodies(sqs.receive(queue)) == ["a"]


def test_duplicate_is_answered_with_the_first_message_id(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True)
    first = sqs.send(queue, "a", **_tokens("g", "d"))
    again = sqs.send(queue, "a", **_tokens("g", "d"))
    assert again["MessageId"] == first["MessageId"]
    assert again["SequenceNumber"] == first["SequenceNumber"]


def test_duplicate_of_a_deleted_message_is_not_delivered(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True)
    sqs.send(queue, "a", **_tokens("g", "d"))
    sqs.delete(queue, sqs.receive_one(queue))
    sqs.send(queue, "a", **_tokens("g", "d"))
    assert sqs.receive(queue) == []


def test_duplicate_within_a_batch(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True)
    answer = sqs.send_batch(queue, grouped("a", token="d"), grouped("b", token="d"))
    assert len(answer["Successful"]) == 2
    assert bodies(sqs.receive(queue)) == ["a"]


def test_deduplication_spans_groups(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True)
    sqs.send(queue, "a", **_tokens("g1", "d"))
    sqs.send(queue, "b", **_tokens("g2", "d"))
    assert bodies(sqs.receive(queue)) == ["a"]


def test_deduplication_by_group_where_asked_for(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(
        fifo=True, DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId"
    )
    sqs.send(queue, "a", **_tokens("g1", "d"))
    sqs.send(queue, "b", **_tokens("g2", "d"))
    assert sorted(bodies(sqs.receive(queue))) == ["a", "b"]


def test_content_based_deduplication_sees_the_body_only(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True, ContentBasedDeduplication="true")
    sqs.send(queue, "a", MessageGroupId="g")
    sqs.send(queue, "a", MessageGroupId="g", MessageAttributes={"x": TEXT})
    message = sqs.receive_one(queue)
    digest = hashlib.sha256(b"a").hexdigest()
    assert message["Attributes"]["MessageDeduplicationId"] == digest


def test_explicit_deduplication_id_wins_over_content(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True, ContentBasedDeduplication="true")
    sqs.send(queue, "a", MessageGroupId="g")
    sqs.send(queue, "a", **_tokens("g", "explicit"))
    assert bodies(sqs.receive(queue)) == ["a", "a"]


def test_order_within_a_group(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True)
    sqs.send_batch(queue, *(grouped(str(n)) for n in range(5)))
    assert bodies(sqs.receive(queue)) == ["0", "1", "2", "3", "4"]


def test_group_is_locked_while_one_of_it_is_in_flight(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True)
    sqs.send_batch(queue, grouped("a1", "a"), grouped("a2", "a"), grouped("b1", "b"))
    assert bodies(sqs.receive(queue, MaxNumberOfMessages=1)) == ["a1"]
    assert bodies(sqs.receive(queue)) == ["b1"]
    assert sqs.receive(queue) == []


def test_delete_unlocks_the_group(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True)
    sqs.send_batch(queue, grouped("1"), grouped("2"))
    sqs.delete(queue, sqs.receive_one(queue, MaxNumberOfMessages=1))
    assert bodies(sqs.receive(queue)) == ["2"]


def test_message_given_back_comes_first_again(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True)
    sqs.send_batch(queue, grouped("1"), grouped("2"))
    handle = sqs.receive_one(queue, MaxNumberOfMessages=1)["ReceiptHandle"]
    sqs.client.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=0)
    assert bodies(sqs.receive(queue)) == ["1", "2"]


def test_fifo_refuses_to_delete_with_an_expired_handle(sqs: SqsUnderContract) -> None:
    queue = sqs.queue(fifo=True, VisibilityTimeout="1")
    sqs.send(queue, "a", **_tokens("g", "d"))
    message = sqs.receive_one(queue)
    sqs.pass_time(1.1)
    with refused("InvalidParameterValue"):
        sqs.delete(queue, message)
    assert bodies(sqs.receive(queue)) == ["a"]
