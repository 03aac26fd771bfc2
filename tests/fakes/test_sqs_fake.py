"""The fake SQS on its own: what only a clock that moves at once, or a fault, can show."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ParamValidationError,
    ReadTimeoutError,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from tests.fakes.clocks import ManualClock
from tests.fakes.sqs import FakeSqs, FakeSqsClient, Fault
from tests.fakes.sqs_server import FakeSqsServer
from tests.servers import control

ALL = {"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"]}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sqs(clock: ManualClock) -> FakeSqs:
    return FakeSqs(clock=clock)


@pytest.fixture
def client(sqs: FakeSqs) -> FakeSqsClient:
    return sqs.client()


def new_queue(client: FakeSqsClient, name: str = "q", **attributes: str) -> str:
    if name.endswith(".fifo"):
        attributes["FifoQueue"] = "true"
    url: str = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url


def with_dead_letter_queue(client: FakeSqsClient, suffix: str = "", count: int = 1) -> list[str]:
    dead = new_queue(client, f"dlq{suffix}")
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": count}
    return [new_queue(client, f"source{suffix}", RedrivePolicy=json.dumps(policy)), dead]


def send(client: FakeSqsClient, queue: str, body: str, **more: Any) -> dict[str, Any]:
    return client.send_message(QueueUrl=queue, MessageBody=body, **more)


def send_fifo(client: FakeSqsClient, queue: str, body: str, token: str) -> dict[str, Any]:
    return send(client, queue, body, MessageGroupId="g", MessageDeduplicationId=token)


def batch(*messages: str) -> list[dict[str, str]]:
    return [{"Id": f"e{n}", "MessageBody": body} for n, body in enumerate(messages)]


def receive(client: FakeSqsClient, queue: str, **more: Any) -> list[dict[str, Any]]:
    request = {"QueueUrl": queue, "MaxNumberOfMessages": 10, **ALL, **more}
    found: list[dict[str, Any]] = client.receive_message(**request).get("Messages", [])
    return found


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    code: str = error.value.response["Error"]["Code"]
    return code


# ── time ──


def test_deduplication_window_is_five_minutes_from_the_first_send(
    client: FakeSqsClient, clock: ManualClock
) -> None:
    queue = new_queue(client, "q.fifo")
    first = send_fifo(client, queue, "a", "d")
    clock.advance(299)
    assert send_fifo(client, queue, "a", "d")["MessageId"] == first["MessageId"]
    clock.advance(1)
    assert send_fifo(client, queue, "a", "d")["MessageId"] != first["MessageId"]


def test_long_poll_lets_the_clock_run_to_the_message(
    client: FakeSqsClient, clock: ManualClock
) -> None:
    queue, start = new_queue(client), clock.now()
    send(client, queue, "a", DelaySeconds=7)
    assert len(receive(client, queue, WaitTimeSeconds=20)) == 1
    assert clock.now() - start == 7


def test_long_poll_of_an_empty_queue_takes_its_whole_time(
    client: FakeSqsClient, clock: ManualClock
) -> None:
    queue, start = new_queue(client, ReceiveMessageWaitTimeSeconds="3"), clock.now()
    assert receive(client, queue) == []
    assert clock.now() - start == 3


def test_retention_ends(client: FakeSqsClient, sqs: FakeSqs, clock: ManualClock) -> None:
    queue = new_queue(client, MessageRetentionPeriod="60")
    send(client, queue, "a")
    clock.advance(30)
    send(client, queue, "b")
    clock.advance(30)
    assert sqs.bodies("q") == ["b"]


def test_retention_on_a_standard_dead_letter_queue_runs_since_the_first_send(
    client: FakeSqsClient, sqs: FakeSqs, clock: ManualClock
) -> None:
    source, dead = with_dead_letter_queue(client)
    client.set_queue_attributes(QueueUrl=dead, Attributes={"MessageRetentionPeriod": "100"})
    send(client, source, "a")
    receive(client, source, VisibilityTimeout=0)
    clock.advance(90)
    receive(client, source)
    assert sqs.bodies("dlq") == ["a"]
    clock.advance(10)
    assert sqs.bodies("dlq") == []


def test_retention_on_a_fifo_dead_letter_queue_starts_anew(
    client: FakeSqsClient, sqs: FakeSqs, clock: ManualClock
) -> None:
    source, dead = with_dead_letter_queue(client, ".fifo")
    client.set_queue_attributes(QueueUrl=dead, Attributes={"MessageRetentionPeriod": "100"})
    send_fifo(client, source, "a", "d")
    receive(client, source, VisibilityTimeout=0)
    clock.advance(90)
    receive(client, source)
    clock.advance(90)
    assert sqs.bodies("dlq.fifo") == ["a"]


def test_purge_is_possible_again_after_a_minute(client: FakeSqsClient, clock: ManualClock) -> None:
    queue = new_queue(client)
    client.purge_queue(QueueUrl=queue)
    with pytest.raises(client.exceptions.PurgeQueueInProgress):
        client.purge_queue(QueueUrl=queue)
    clock.advance(60)
    client.purge_queue(QueueUrl=queue)


def test_visibility_cannot_be_stretched_beyond_twelve_hours_from_the_receive(
    client: FakeSqsClient, clock: ManualClock
) -> None:
    queue = new_queue(client)
    send(client, queue, "a")
    handle = receive(client, queue, VisibilityTimeout=43_200)[0]["ReceiptHandle"]
    clock.advance(3600)
    with pytest.raises(ClientError, match="beyond the limit"):
        client.change_message_visibility(
            QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=43_200
        )


def test_fifo_group_stays_locked_while_its_head_is_delayed(
    client: FakeSqsClient, clock: ManualClock
) -> None:
    queue = new_queue(client, "q.fifo", DelaySeconds="10")
    send_fifo(client, queue, "1", "1")
    clock.advance(5)
    send_fifo(client, queue, "2", "2")
    assert receive(client, queue) == []
    clock.advance(5)
    assert [m["Body"] for m in receive(client, queue)] == ["1"]


def test_several_exhausted_messages_of_one_group_move_in_order(
    client: FakeSqsClient, sqs: FakeSqs
) -> None:
    source, _ = with_dead_letter_queue(client, ".fifo")
    for n in range(3):
        send_fifo(client, source, str(n), str(n))
    assert len(receive(client, source, VisibilityTimeout=0)) == 3
    send_fifo(client, source, "3", "3")
    assert [m["Body"] for m in receive(client, source)] == ["3"]
    assert sqs.bodies("dlq.fifo") == ["0", "1", "2"]


# ── limits, sampling ──


def test_in_flight_limit(clock: ManualClock) -> None:
    client = FakeSqs(clock=clock, in_flight_limit=3).client()
    queue = new_queue(client)
    client.send_message_batch(QueueUrl=queue, Entries=batch(*"abcde"))
    assert len(receive(client, queue)) == 3
    with pytest.raises(client.exceptions.OverLimit):
        receive(client, queue)
    assert receive(client, queue, WaitTimeSeconds=1) == [], "a long poll is not refused"


def test_short_polls_may_miss_messages_and_long_polls_do_not(clock: ManualClock) -> None:
    sqs = FakeSqs(clock=clock, short_poll_miss=0.5, rng=random.Random(1))
    client = sqs.client()
    queue = new_queue(client)
    client.send_message_batch(QueueUrl=queue, Entries=batch(*"abcde"))
    sizes = {len(receive(client, queue, VisibilityTimeout=0)) for _ in range(50)}
    assert sizes > {0, 5}
    assert len(receive(client, queue, WaitTimeSeconds=1, VisibilityTimeout=0)) == 5


def test_parameters_are_checked_as_boto3_checks_them(client: FakeSqsClient) -> None:
    with pytest.raises(ParamValidationError):
        client.receive_message(QueueUrl=new_queue(client), MaxNumberOfMessages="10")


def test_clients_of_many_threads_share_one_queue(client: FakeSqsClient) -> None:
    queue = new_queue(client)
    for _ in range(20):
        client.send_message_batch(QueueUrl=queue, Entries=batch(*"abcdefghij"))
    seen: list[str] = []

    def drain() -> None:
        while messages := receive(client, queue):
            seen.extend(m["MessageId"] for m in messages)

    threads = [threading.Thread(target=drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen)) == 200


# ── faults ──


def test_chosen_entries_fail(client: FakeSqsClient, sqs: FakeSqs) -> None:
    queue = new_queue(client)
    sqs.faults.add(Fault.fail_entries("SendMessageBatch", ids=("e1",), code="InternalError"))
    answer = client.send_message_batch(QueueUrl=queue, Entries=batch("a", "b", "c"))
    assert [(e["Id"], e["Code"], e["SenderFault"]) for e in answer["Failed"]] == [
        ("e1", "InternalError", False)
    ]
    assert sqs.bodies("q") == ["a", "c"]
    assert "Failed" not in client.send_message_batch(QueueUrl=queue, Entries=batch("b"))


def test_entries_fail_by_body_until_told_otherwise(client: FakeSqsClient, sqs: FakeSqs) -> None:
    queue = new_queue(client)
    sqs.faults.add(Fault.fail_entries("SendMessageBatch", body_contains="poison", times=None))
    for _ in range(2):
        answer = client.send_message_batch(QueueUrl=queue, Entries=batch("fine", "poison 1"))
        assert [e["Id"] for e in answer["Failed"]] == ["e1"]
    sqs.faults.clear()
    assert "Failed" not in client.send_message_batch(QueueUrl=queue, Entries=batch("poison 2"))


def test_lost_answer_was_applied(client: FakeSqsClient, sqs: FakeSqs) -> None:
    queue = new_queue(client)
    sqs.faults.add(Fault.lose_answer("SendMessageBatch"))
    with pytest.raises(ConnectionClosedError):
        client.send_message_batch(QueueUrl=queue, Entries=batch("a"))
    assert sqs.bodies("q") == ["a"]
    assert sqs.audit.calls("SendMessageBatch")[0].outcome == "lost"


def test_lost_answer_as_a_server_error(client: FakeSqsClient, sqs: FakeSqs) -> None:
    queue = new_queue(client)
    sqs.faults.add(Fault.lose_answer("DeleteMessage", status=500))
    send(client, queue, "a")
    handle = receive(client, queue)[0]["ReceiptHandle"]
    with pytest.raises(ClientError, match="InternalFailure"):
        client.delete_message(QueueUrl=queue, ReceiptHandle=handle)
    assert sqs.bodies("q") == []


def test_dropped_connection_applied_nothing(client: FakeSqsClient, sqs: FakeSqs) -> None:
    queue = new_queue(client)
    sqs.faults.add(Fault.drop_connection("SendMessage"))
    with pytest.raises(ConnectionClosedError):
        send(client, queue, "a")
    assert sqs.bodies("q") == []


def test_denied_action_is_named(client: FakeSqsClient, sqs: FakeSqs) -> None:
    queue = new_queue(client)
    sqs.faults.add(Fault.access_denied("SendMessageBatch", queue="q"))
    with pytest.raises(ClientError, match=r"perform: sqs:sendmessage on resource: .*:q ") as error:
        client.send_message_batch(QueueUrl=queue, Entries=batch("a"))
    assert code_of(error) == "AccessDenied"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_denied_action_covers_single_and_batch(client: FakeSqsClient, sqs: FakeSqs) -> None:
    queue = new_queue(client)
    sqs.faults.add(Fault.access_denied("SendMessage"))
    with pytest.raises(ClientError, match="sqs:sendmessage"):
        client.send_message_batch(QueueUrl=queue, Entries=batch("a"))
    with pytest.raises(ClientError, match="sqs:sendmessage"):
        send(client, queue, "a")
    assert receive(client, queue) == []


def test_faults_wait_their_turn_and_are_used_up(client: FakeSqsClient, sqs: FakeSqs) -> None:
    queue = new_queue(client)
    sqs.faults.add(Fault.throttled("SendMessage", skip=1, times=2))
    outcomes = []
    for _ in range(4):
        try:
            send(client, queue, "a")
            outcomes.append("ok")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
    assert outcomes == ["ok", "RequestThrottled", "RequestThrottled", "ok"]


def test_fault_by_predicate(client: FakeSqsClient, sqs: FakeSqs) -> None:
    queue = new_queue(client)
    sqs.faults.add(
        Fault.error("SendMessage", code="KmsAccessDenied", when=lambda c: len(c.entries[0]) > 2)
    )
    send(client, queue, "a")
    with pytest.raises(client.exceptions.KmsAccessDenied):
        send(client, queue, "a", MessageGroupId="g")


def test_delayed_answer_lets_visibility_run(client: FakeSqsClient, sqs: FakeSqs) -> None:
    queue = new_queue(client)
    send(client, queue, "a")
    sqs.faults.add(Fault.delay_answer("ReceiveMessage", seconds=31))
    assert len(receive(client, queue)) == 1
    assert len(receive(client, queue)) == 1


def test_audit_tells_when_and_what(client: FakeSqsClient, sqs: FakeSqs, clock: ManualClock) -> None:
    queue = new_queue(client)
    clock.advance(5)
    send(client, queue, "a")
    call = sqs.audit.calls("SendMessage", "q")[0]
    assert call.at == clock.now()
    assert call.request["MessageBody"] == "a"
    assert call.response is not None
    assert call.outcome == "ok"


# ── over HTTP ──


def http_client(server: FakeSqsServer, attempts: int = 1) -> Any:
    return boto3.client(
        "sqs",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(read_timeout=1, retries={"total_max_attempts": attempts, "mode": "standard"}),
    )


def test_lost_answer_over_http_duplicates_when_boto3_retries(fake_sqs: FakeSqsServer) -> None:
    client = http_client(fake_sqs, attempts=3)
    queue = client.create_queue(QueueName="q")["QueueUrl"]
    control(fake_sqs.url, "POST", "faults", {"kind": "lose_answer", "operation": "SendMessage"})
    client.send_message(QueueUrl=queue, MessageBody="a")
    assert fake_sqs.sqs.bodies("q") == ["a", "a"]


def test_dropped_connection_over_http(fake_sqs: FakeSqsServer) -> None:
    client = http_client(fake_sqs)
    queue = client.create_queue(QueueName="q")["QueueUrl"]
    fake_sqs.sqs.faults.add(Fault.drop_connection("SendMessage"))
    with pytest.raises(ConnectionClosedError):
        client.send_message(QueueUrl=queue, MessageBody="a")
    assert fake_sqs.sqs.bodies("q") == []


def test_answer_delayed_beyond_the_read_timeout(fake_sqs: FakeSqsServer) -> None:
    client = http_client(fake_sqs)
    queue = client.create_queue(QueueName="q")["QueueUrl"]
    fake_sqs.sqs.faults.add(Fault.delay_answer("SendMessage", seconds=2))
    with pytest.raises(ReadTimeoutError):
        client.send_message(QueueUrl=queue, MessageBody="a")
    assert fake_sqs.sqs.bodies("q") == ["a"]


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (Fault.access_denied("ListQueues"), "AccessDenied", 403),
        (Fault.expired_token(), "ExpiredToken", 403),
        (Fault.throttled("ListQueues"), "RequestThrottled", 400),
        (Fault.error("*", code="ServiceUnavailable"), "ServiceUnavailable", 503),
    ],
)
def test_errors_over_http_are_those_in_process(
    fake_sqs: FakeSqsServer, fault: Fault, code: str, status: int
) -> None:
    for client in (http_client(fake_sqs), fake_sqs.sqs.client()):
        fake_sqs.sqs.faults.clear()
        fake_sqs.sqs.faults.add(fault)
        with pytest.raises(ClientError) as error:
            client.list_queues()
        assert code_of(error) == code
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_queue_urls_may_name_a_host_that_does_not_resolve() -> None:
    with FakeSqsServer(FakeSqs(endpoint="http://sqs.invalid:4566")) as server:
        client = http_client(server)
        queue = client.create_queue(QueueName="q")["QueueUrl"]
        assert queue == "http://sqs.invalid:4566/123456789012/q"
        client.send_message(QueueUrl=queue, MessageBody="a")
        assert server.sqs.bodies("q") == ["a"]


def test_control_endpoints(fake_sqs: FakeSqsServer) -> None:
    client, url = http_client(fake_sqs), fake_sqs.url
    queue = client.create_queue(QueueName="q")["QueueUrl"]
    binary = {"x": {"DataType": "Binary", "BinaryValue": b"\x00"}}
    client.send_message(QueueUrl=queue, MessageBody="a", DelaySeconds=900, MessageAttributes=binary)
    assert control(url, "GET", "state")["queues"]["q"]["delayed"] == 1
    control(url, "POST", "clock", {"advance": 900})
    state = control(url, "GET", "state")["queues"]["q"]
    assert state["visible"] == 1
    assert state["messages"][0]["attributes"]["x"]["BinaryValue"] == "AA=="
    assert [c["operation"] for c in control(url, "GET", "calls")] == ["CreateQueue", "SendMessage"]
    assert control(url, "POST", "options", {"in_flight_limit": 5})["in_flight_limit"] == 5
    control(url, "POST", "faults", [{"operation": "*", "effect": "error", "times": None}])
    assert control(url, "GET", "faults") == [{"operation": "*", "effect": "error"}]
    control(url, "POST", "reset")
    assert control(url, "GET", "state")["queues"] == {}


# ── properties ──


# Part of what one receive brought: messages of a group end their flight at different times.
SOME = st.sampled_from([slice(None), slice(0, 1), slice(1, 2), slice(1, None)])


class QueueMachine(RuleBasedStateMachine):
    """Whatever clients do: without faults nothing is lost, doubled, or out of a group's order."""

    name = "q"
    attributes: dict[str, str] = {"VisibilityTimeout": "30"}  # noqa: RUF012
    handles = Bundle("handles")

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.sqs = FakeSqs(clock=self.clock)
        self.client = self.sqs.client()
        self.queue = new_queue(self.client, self.name, **self.attributes)
        self.sent: list[str] = []
        self.deleted: list[str] = []
        self.held: dict[str, tuple[str, float]] = {}

    def _group(self, group: str, body: str) -> dict[str, str]:
        return {}

    @rule(group=st.sampled_from("xyz"), delay=st.sampled_from([0, 0, 0, 5]))
    def send(self, group: str, delay: int) -> None:
        body = f"{group}{len(self.sent):04d}"
        more: dict[str, Any] = self._group(group, body)
        if delay and not more:
            more = {"DelaySeconds": delay}
        send(self.client, self.queue, body, **more)
        self.sent.append(body)

    @rule(target=handles, count=st.integers(1, 4), visibility=st.sampled_from([0, 10, 30]))
    def receive(self, count: int, visibility: int) -> tuple[tuple[str, str], ...]:
        messages = receive(
            self.client, self.queue, MaxNumberOfMessages=count, VisibilityTimeout=visibility
        )
        for message in messages:
            body = message["Body"]
            assert body not in self.deleted
            assert self._held_until(body) <= self.clock.now(), "delivered while in flight"
            self.held[body] = (message["ReceiptHandle"], self.clock.now() + visibility)
        self._check_delivery([m["Body"] for m in messages])
        return tuple((m["Body"], m["ReceiptHandle"]) for m in messages)

    def _held_until(self, body: str) -> float:
        return self.held.get(body, ("", 0.0))[1]

    def _check_delivery(self, delivered: list[str]) -> None:
        assert len(delivered) == len(set(delivered))

    @rule(received=handles, some=SOME)
    def delete(self, received: tuple[tuple[str, str], ...], some: slice) -> None:
        for body, handle in received[some]:
            current = self.held.get(body, ("", 0.0))[0] == handle
            self.client.delete_message(QueueUrl=self.queue, ReceiptHandle=handle)
            if current and body not in self.deleted:
                self.deleted.append(body)

    @rule(received=handles, some=SOME, seconds=st.sampled_from([0, 20]))
    def change_visibility(
        self, received: tuple[tuple[str, str], ...], some: slice, seconds: int
    ) -> None:
        for body, handle in received[some]:
            entry = {"Id": "x", "ReceiptHandle": handle, "VisibilityTimeout": seconds}
            answer = self.client.change_message_visibility_batch(
                QueueUrl=self.queue, Entries=[entry]
            )
            if "Successful" in answer:
                self.held[body] = (handle, self.clock.now() + seconds)

    @rule(seconds=st.sampled_from([1, 9, 31]))
    def pass_time(self, seconds: int) -> None:
        self.clock.advance(seconds)

    def teardown(self) -> None:
        """In the end everything that was not deleted can still be had, once each."""
        self.clock.advance(60)
        while messages := receive(self.client, self.queue):
            self._check_delivery([m["Body"] for m in messages])
            for message in messages:
                handle = message["ReceiptHandle"]
                self.client.delete_message(QueueUrl=self.queue, ReceiptHandle=handle)
                self.deleted.append(message["Body"])
        assert sorted(self.deleted) == sorted(self.sent)

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        left = Counter(self.sqs.bodies(self.name))
        assert left + Counter(self.deleted) == Counter(self.sent)

    @invariant()
    def counts_add_up(self) -> None:
        queue = self.sqs.snapshot()["queues"][self.name]
        states = Counter(message["state"] for message in queue["messages"])
        for state in ("visible", "in_flight", "delayed"):
            assert queue[state] == states[state]


class FifoQueueMachine(QueueMachine):
    """The same for a FIFO queue, and its promises on top."""

    name = "q.fifo"

    def _group(self, group: str, body: str) -> dict[str, str]:
        return {"MessageGroupId": group, "MessageDeduplicationId": body}

    def _check_delivery(self, delivered: list[str]) -> None:
        """Of each group exactly its oldest messages, in order, and only if none is in flight."""
        super()._check_delivery(delivered)
        for body, (_, until) in self.held.items():
            in_flight = until > self.clock.now() and body not in {*self.deleted, *delivered}
            assert not (in_flight and body[0] in {other[0] for other in delivered})
        for group in {body[0] for body in delivered}:
            mine = [body for body in delivered if body[0] == group]
            left = [b for b in self.sent if b[0] == group and b not in self.deleted]
            assert mine == left[: len(mine)]

    @rule(received=QueueMachine.handles, some=SOME)
    def delete(self, received: tuple[tuple[str, str], ...], some: slice) -> None:
        for body, handle in received[some]:
            in_time = self.held[body][0] == handle and self._held_until(body) > self.clock.now()
            gone = body in self.deleted
            try:
                self.client.delete_message(QueueUrl=self.queue, ReceiptHandle=handle)
            except ClientError:
                assert not in_time
                assert not gone
            else:
                assert in_time or gone
                self.deleted += [] if gone else [body]


TestStandardQueue = QueueMachine.TestCase
TestFifoQueue = FifoQueueMachine.TestCase
TestStandardQueue.settings = TestFifoQueue.settings = settings(
    max_examples=100, stateful_step_count=30, deadline=None
)
