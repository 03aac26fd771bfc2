"""`dlqctl fetch-stream-records` as its users run it."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import threading
import time
from typing import Any

import pytest

from dlqctl.aws.permissions import PERMISSIONS
from tests.fakes.functions import FunctionFailed
from tests.fakes.streams import HOUR
from tests.streams.account import FUNCTION, QUEUE, Account, pointer
from tests.streams.test_kpl import aggregate


def order(number: int) -> bytes:
    return json.dumps({"order": number}).encode()


def orders(account: Account, count: int, *, name: str = "orders") -> tuple[str, list[str]]:
    arn = account.streams.create_stream(name)
    return arn, [account.streams.put(arn, order(n)) for n in range(count)]


def yesterday(account: Account) -> None:
    """Set the streams' clock back, so that what they get now has expired when it is advanced."""
    account.streams.clock.advance(-25 * HOUR)


def test_every_living_record_once_and_the_trimmed_range_named(account: Account) -> None:
    yesterday(account)
    arn, old = orders(account, 3)
    arrived = account.streams.clock.now()
    account.streams.clock.advance(25 * HOUR)
    young = [account.streams.put(arn, order(n)) for n in range(3, 13)]
    ids = account.send(
        pointer(arn, old, arrived=arrived),
        account.pointer(arn, young[:6]),
        account.pointer(arn, young[3:9]),
        account.pointer(arn, young[3:5]),
        "hello",
    )
    done = account.fetch(QUEUE)
    assert done.code == 3
    assert [line["sequence_number"] for line in done.lines] == young[:9]
    assert [line["data"] for line in done.lines] == [{"order": n} for n in range(3, 12)]
    first, fourth = done.lines[0], done.lines[3]
    assert first["schema"] == "dlqctl.stream-record/v1"
    assert first["pointers"] == [ids[1]]
    assert sorted(fourth["pointers"]) == sorted(ids[1:4])
    assert f"trimmed: orders shardId-000000000000 {old[0]} to {old[-1]}: expired" in done.err
    assert ids[0] in done.err
    assert "1 unknown" in done.err
    assert sorted(account.left()) == sorted(account.left())
    assert len(account.left()) == 5


def test_one_document(account: Account) -> None:
    yesterday(account)
    arn, old = orders(account, 2)
    arrived = account.streams.clock.now()
    account.streams.clock.advance(25 * HOUR)
    young = [account.streams.put(arn, order(n)) for n in range(2, 5)]
    [gone, _] = account.send(
        pointer(arn, old, arrived=arrived), account.pointer(arn, young, count=2)
    )
    done = account.fetch(QUEUE, "-o", "json")
    document = done.document
    assert done.code == 3
    assert document["schema"] == "dlqctl.stream-records/v1"
    assert [record["data"]["order"] for record in document["records"]] == [2, 3, 4]
    [trimmed] = document["trimmed"]
    assert (trimmed["start"], trimmed["end"], trimmed["pointers"]) == (old[0], old[-1], [gone])
    assert trimmed["stream"] == arn
    assert trimmed["expired_at"] is not None
    assert document["pointers"] == 2
    assert document["calls"]["GetShardIterator"] <= 3
    assert [(one["batch_size"], one["found"]) for one in document["extra"]] == [(2, 3)]
    assert "not in the failed batch, but in its range: 1 record of 1 pointer" in done.err


def test_changes_of_items(account: Account) -> None:
    arn = account.streams.create_table_stream("orders")
    new = {"id": {"S": "o-1"}, "total": {"N": "12345678901234567890.5"}, "raw": {"B": b"\x00\xff"}}
    number = account.streams.change(arn, {"id": {"S": "o-1"}}, new=new)
    account.send(account.pointer(arn, [number]))
    [line] = account.fetch(QUEUE).lines
    assert line["event_name"] == "INSERT"
    assert line["new_image"] == {"id": "o-1", "total": "12345678901234567890.5", "raw": "AP8="}
    assert line["dynamodb"]["NewImage"]["raw"] == {"B": "AP8="}


def test_the_events_that_the_function_would_have_received(account: Account) -> None:
    arn, numbers = orders(account, 6)
    account.functions.code[FUNCTION] = lambda _: None
    account.send(account.pointer(arn, numbers[:3]), account.pointer(arn, numbers[2:]))
    done = account.fetch(QUEUE, "--format", "lambda-event")
    batches = [
        [record["kinesis"]["sequenceNumber"] for record in event["Records"]] for event in done.lines
    ]
    assert done.code == 0
    assert batches == [numbers[:3], numbers[3:]]
    assert done.lines[0]["Records"][0]["invokeIdentityArn"].startswith("arn:aws:iam::")
    document = account.fetch(QUEUE, "--format", "lambda-event", "-o", "json").document
    assert [len(event["Records"]) for event in document["events"]] == [3, 3]
    assert document["records"] == []


def test_a_role_that_is_not_known_is_null_and_said(account: Account) -> None:
    arn, numbers = orders(account, 1)
    account.send(account.pointer(arn, numbers))
    done = account.fetch(QUEUE, "--format", "lambda-event")
    assert done.lines[0]["Records"][0]["invokeIdentityArn"] is None
    assert f"the role of {FUNCTION} is not known" in done.err


def test_out_is_private_and_never_overwrites(account: Account) -> None:
    arn, numbers = orders(account, 4)
    account.send(account.pointer(arn, numbers))
    done = account.fetch(QUEUE, "--out", "records.jsonl")
    path = account.home / "records.jsonl"
    assert (done.code, done.out) == (0, "")
    assert len(path.read_text().splitlines()) == 4
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = account.fetch(QUEUE, "--out", "records.jsonl")
    assert again.code == 2
    assert "records.jsonl exists already" in again.err


def test_delete_once_everything_is_on_disk(account: Account) -> None:
    yesterday(account)
    arn, old = orders(account, 2)
    arrived = account.streams.clock.now()
    account.streams.clock.advance(25 * HOUR)
    young = [account.streams.put(arn, order(n)) for n in range(4)]
    half_gone = pointer(arn, [old[1], *young[:1]], arrived=arrived)
    gone, half, whole, other = account.send(
        pointer(arn, old, arrived=arrived), half_gone, account.pointer(arn, young), "hello"
    )
    done = account.fetch(QUEUE, "--out", "a.jsonl", "--delete", "--yes")
    assert done.code == 3
    assert "1 pointer deleted" in done.err
    assert sorted(account.left()) == sorted([gone, half, other])
    done = account.fetch(QUEUE, "--out", "b.jsonl", "--delete", "--delete-trimmed", "--yes")
    assert done.code == 3
    assert account.left() == [other]
    assert whole in (account.home / "a.jsonl").read_text()


def test_a_run_that_is_killed_is_continued_by_the_same_command(account: Account) -> None:
    account.streams.page_records = 2
    arn, numbers = orders(account, 20)
    account.send(account.pointer(arn, numbers))
    with account.start(QUEUE, "--out", "records.jsonl") as process:
        _wait_for(lambda: sum(len(p.read_text().splitlines()) for p in _partials(account)) >= 5)
        process.kill()
        process.communicate()
    assert not (account.home / "records.jsonl").exists()
    before = account.streams.calls["GetRecords"]
    done = account.fetch(QUEUE, "--out", "records.jsonl")
    lines = [json.loads(one) for one in (account.home / "records.jsonl").read_text().splitlines()]
    assert done.code == 0
    assert [line["sequence_number"] for line in lines] == numbers
    assert "of them by an earlier run" in done.err
    assert account.streams.calls["GetRecords"] - before < 10
    assert _partials(account) == []


def _partials(account: Account) -> list[Any]:
    return list(account.home.glob("*.partial"))


def _wait_for(come: Any) -> None:
    deadline = time.monotonic() + 30
    while not come():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_ctrl_c_leaves_the_queue_as_it_was(account: Account) -> None:
    account.streams.page_records = 1
    arn, numbers = orders(account, 200)
    [message_id] = account.send(account.pointer(arn, numbers))
    with account.start(QUEUE, "--out", "records.jsonl", "--delete", "--yes") as process:
        _wait_for(lambda: account.streams.calls["GetRecords"] >= 3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "the same command again goes on behind them" in err
    assert account.left() == [message_id]


def test_replay_to_the_repaired_function(account: Account) -> None:
    arn, numbers = orders(account, 6)
    account.functions.code[FUNCTION] = lambda _: {"batchItemFailures": []}
    account.send(account.pointer(arn, numbers[:3]), account.pointer(arn, numbers[3:]))
    done = account.fetch(QUEUE, "--replay", "invoke", "--yes", "--delete")
    assert (done.code, done.out) == (0, "")
    assert "6 records accepted by the function" in done.err
    events = account.functions.given(FUNCTION)
    assert [len(event["Records"]) for event in events] == [3, 3]
    assert account.left() == []


def test_a_function_that_still_fails_stops_its_shard(account: Account) -> None:
    def repaired_but_one(event: dict[str, Any]) -> None:
        numbers = [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
        if orders_numbers[4] in numbers:
            raise FunctionFailed("KeyError", "'total'")

    arn, orders_numbers = orders(account, 8)
    account.functions.code[FUNCTION] = repaired_but_one
    ids = account.send(*(account.pointer(arn, orders_numbers[n : n + 2]) for n in range(0, 8, 2)))
    done = account.fetch(QUEUE, "--replay", "invoke", "--yes", "--delete", "-o", "json")
    assert done.code == 3
    replay = done.document["replay"]
    assert replay["records_accepted"] == 4
    [refusal] = replay["refusals"]
    assert (refusal["sequence_number"], refusal["message"]) == (
        orders_numbers[4],
        "KeyError: 'total'",
    )
    assert done.document["deleted"] == ids[:2]
    assert sorted(account.left()) == sorted(ids[2:])


def test_a_lost_answer_is_in_doubt_and_held_the_next_time(account: Account) -> None:
    arn, numbers = orders(account, 2)
    account.functions.code[FUNCTION] = lambda _: None
    account.functions.lose_next = 1
    [message_id] = account.send(account.pointer(arn, numbers))
    assert account.fetch(QUEUE, "--replay", "invoke", "--yes", "--delete").code == 4
    held = account.fetch(QUEUE, "--replay", "invoke", "--yes", "--delete")
    assert held.code == 4
    assert "in doubt, held: 1 pointer" in held.err
    assert len(account.functions.events) == 1
    assert account.left() == [message_id]
    again = account.fetch(QUEUE, "--replay", "invoke", "--yes", "--delete", "--in-doubt", "resend")
    assert again.code == 0
    assert account.left() == []


def test_ctrl_c_during_a_replay_finishes_the_batch_at_hand(account: Account) -> None:
    asked, interrupted = threading.Event(), threading.Event()

    def slow(_: object) -> None:
        asked.set()
        interrupted.wait(20)

    arn, numbers = orders(account, 4)
    account.functions.code[FUNCTION] = slow
    ids = account.send(account.pointer(arn, numbers[:2]), account.pointer(arn, numbers[2:]))
    with account.start(QUEUE, "--replay", "invoke", "--yes", "--delete") as process:
        assert asked.wait(30)
        process.send_signal(signal.SIGINT)
        _wait_for_line(process, "finishing what is in flight")
        interrupted.set()
        process.communicate(timeout=30)
    assert process.returncode == 130
    assert len(account.functions.events) == 1
    assert account.left() == ids[1:]


def test_a_replay_that_is_killed_is_in_doubt(account: Account) -> None:
    asked = threading.Event()

    def slow(_: object) -> None:
        asked.set()
        time.sleep(0.5)

    arn, numbers = orders(account, 2)
    account.functions.code[FUNCTION] = slow
    pointers = account.home / "pointers"
    pointers.write_text(account.pointer(arn, numbers))
    with account.start("--from", "pointers", "--replay", "invoke", "--yes") as process:
        assert asked.wait(30)
        process.kill()
        process.communicate()
    held = account.fetch("--from", "pointers", "--replay", "invoke", "--yes")
    assert held.code == 4
    assert len(account.functions.events) == 1


def _wait_for_line(process: subprocess.Popen[str], wanted: str) -> None:
    assert process.stderr
    for line in process.stderr:
        if wanted in line:
            return
    raise AssertionError(f"it never said {wanted!r}")


def test_a_function_that_no_longer_exists(account: Account) -> None:
    arn, numbers = orders(account, 2)
    [message_id] = account.send(account.pointer(arn, numbers))
    done = account.fetch(QUEUE, "--replay", "invoke", "--yes", "--delete")
    assert done.code == 1
    assert "Function not found" in done.err
    assert account.left() == [message_id]
    account.functions.code["other"] = lambda _: None
    done = account.fetch(QUEUE, "--replay", "invoke", "--function", "other", "--yes")
    assert done.code == 0
    assert len(account.functions.given("other")) == 1


def test_put_back_on_the_stream(account: Account) -> None:
    arn, numbers = orders(account, 4)
    account.streams.put_faults = [[1, 2]]
    account.send(account.pointer(arn, numbers))
    done = account.fetch(QUEUE, "--replay", "put", "--yes", "--delete")
    assert done.code == 0
    records = account.streams.living(arn, "shardId-000000000000")
    assert [json.loads(one.content["Data"])["order"] for one in records[4:]] == [0, 3, 1, 2]
    assert {one.content["PartitionKey"] for one in records} == {"key"}
    assert account.left() == []


def test_changes_of_items_are_not_put(account: Account) -> None:
    arn = account.streams.create_table_stream("orders")
    number = account.streams.change(arn, {"id": {"S": "o-1"}})
    account.send(account.pointer(arn, [number]))
    done = account.fetch(QUEUE, "--replay", "put", "--yes")
    assert done.code == 3
    assert "not replayed, not of a Kinesis stream: 1 pointer" in done.err


def test_without_yes_there_is_a_plan_and_nothing_happens(account: Account) -> None:
    arn, numbers = orders(account, 2)
    account.functions.code[FUNCTION] = lambda _: None
    [message_id] = account.send(account.pointer(arn, numbers))
    for arguments in (["--replay", "invoke"], ["--out", "x", "--delete"]):
        done = account.fetch(QUEUE, *arguments)
        assert done.code == 2
        assert "POINTERS" in done.err
        assert "there is no terminal to ask on" in done.err
    assert account.functions.events == []
    assert account.left() == [message_id]


def test_a_dry_run_reads_nothing(account: Account) -> None:
    arn, numbers = orders(account, 3)
    account.send(account.pointer(arn, numbers))
    done = account.fetch(QUEUE, "--dry-run", "-o", "json", "--replay", "put")
    assert done.code == 0
    [planned] = done.document["ranges"]
    assert (planned["start"], planned["end"], planned["records_at_most"]) == (
        numbers[0],
        numbers[-1],
        3,
    )
    assert planned["gone_from"] is not None
    assert "where all consumers see them again" in done.err
    assert account.streams.calls["GetRecords"] == 0
    assert not (account.home / ".local").exists()


def test_pointers_from_a_file_or_stdin(account: Account) -> None:
    arn, numbers = orders(account, 4)
    one, two = account.pointer(arn, numbers[:2]), account.pointer(arn, numbers[2:])
    (account.home / "pointers").write_text(f"{one}\n{two[:70]}\n{two}\n")
    done = account.fetch("--from", "pointers")
    assert done.code == 3
    assert [line["pointers"] for line in done.lines] == [["pointers:1"]] * 2 + [["pointers:3"]] * 2
    assert "unreadable: pointers:2: not JSON: 71 bytes" in done.err
    done = account.fetch("--from", "-", given=one)
    assert [line["pointers"] for line in done.lines] == [["stdin:1"]] * 2


def test_events_that_an_s3_destination_kept(account: Account) -> None:
    arn, numbers = orders(account, 3)
    account.functions.code[FUNCTION] = lambda _: None
    account.send(account.pointer(arn, numbers))
    [event] = account.fetch(QUEUE, "--format", "lambda-event").lines
    account.streams.delete_stream(arn)
    kept = account.pointer(arn, numbers, payload=json.dumps(event))
    (account.home / "object.json").write_text(kept)
    done = account.fetch("--from", "object.json", "--replay", "invoke", "--yes", "-o", "json")
    assert done.code == 0
    assert [record["sequence_number"] for record in done.document["records"]] == numbers
    assert account.functions.given(FUNCTION) == [event]
    assert done.document["calls"] == {"GetShardIterator": 0, "GetRecords": 0}


def test_bad_pointers_are_counted_and_the_rest_goes_on(account: Account) -> None:
    arn, numbers = orders(account, 2)
    ids = account.send(
        account.pointer(arn, [numbers[1], numbers[0]]),
        account.pointer(arn, numbers)[:120],
        account.pointer(arn, numbers, shard_id="shardId-000000000007"),
        account.pointer(arn.replace("111122223333", "999999999999"), numbers),
        account.pointer(arn.replace("stream/orders", "stream/gone"), numbers),
        account.pointer("arn:aws:sqs:eu-west-1:111122223333:orders", numbers),
        account.pointer(arn, numbers),
    )
    done = account.fetch(QUEUE, "-o", "json")
    document = done.document
    assert done.code == 3
    assert [record["pointers"] for record in document["records"]] == [[ids[6]]] * 2
    assert {one["message_id"]: one["why"][:13] for one in document["unreadable"]} == {
        ids[0]: "it starts at ",
        ids[1]: "the body is n",
    }
    failed = {one["pointers"][0]: one["message"] for one in document["failed"]}
    assert set(failed) == {ids[2], ids[3], ids[5]}
    assert "is not a shard of" in failed[ids[2]]
    assert "a stream of account 999999999999" in failed[ids[3]]
    assert "not the ARN of a stream" in failed[ids[5]]
    [trimmed] = document["trimmed"]
    assert (trimmed["pointers"], trimmed["reason"]) == (
        [ids[4]],
        "the stream does not exist any more",
    )


def test_a_queue_without_pointers(account: Account) -> None:
    account.send("hello")
    done = account.fetch(QUEUE)
    assert (done.code, done.out) == (0, "")
    assert "no stream pointers" in done.err


def test_a_queue_that_does_not_exist(account: Account) -> None:
    done = account.fetch("nowhere")
    assert done.code == 1
    assert "no queue named nowhere" in done.err


def test_a_stream_that_may_not_be_read(account: Account) -> None:
    arn, numbers = orders(account, 2)
    account.send(account.pointer(arn, numbers))
    account.streams.fail_next("GetShardIterator", "AccessDeniedException")
    done = account.fetch(QUEUE)
    assert done.code == 1
    assert "kinesis:GetShardIterator" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nowhere to get pointers from"),
        (["q", "--from", "x"], "not both"),
        (["q", "--all", "-n", "3"], "contradict"),
        (["q", "--function", "f"], "--function goes with --replay invoke"),
        (["q", "--rate", "5"], "--rate is the rate of a --replay"),
        (["q", "--replay", "put", "--rate", "0"], "--rate: '0' is not a rate"),
        (["q", "--delete"], "wants the records to be safe first"),
        (["q", "--out", "x", "--delete-trimmed"], "--delete-trimmed goes with --delete"),
        (["--from", "x", "--delete", "--out", "y"], "--from names none"),
        (["q", "--deaggregate", "--format", "lambda-event"], "do not go together"),
        (["q", "--out", "no/such/folder/x"], "there is no folder no/such/folder"),
        (["--from", "nowhere.json"], "can't read nowhere.json"),
        (["--from", "s3://"], "not an S3 location"),
        (["q", "--where", "nonsense == `1`"], "nonsense"),
    ],
)
def test_what_cant_be_meant(account: Account, arguments: list[str], said: str) -> None:
    done = account.fetch(*arguments)
    assert done.code == 2
    assert said in done.err


def test_a_table_for_a_person(account: Account) -> None:
    arn, numbers = orders(account, 2)
    account.send(account.pointer(arn, numbers))
    done = account.fetch(QUEUE, "-o", "table")
    head, first, _ = done.out.splitlines()
    assert head.split() == ["ARRIVED", "STREAM", "SHARD", "NUMBER", "KEY", "DATA"]
    assert '{"order": 0}' in first
    assert "orders" in first
    assert account.fetch(QUEUE, "-o", "table", "--format", "lambda-event").code == 2


def test_records_that_were_packed_together_are_taken_apart(account: Account) -> None:
    arn = account.streams.create_stream("orders")
    packed = aggregate([("a", None, order(1)), ("b", None, order(2))])
    numbers = [account.streams.put(arn, packed), account.streams.put(arn, order(3))]
    account.send(account.pointer(arn, numbers))
    done = account.fetch(QUEUE, "--deaggregate")
    assert [(line["partition_key"], line["data"]["order"]) for line in done.lines] == [
        ("a", 1),
        ("b", 2),
        ("key", 3),
    ]
    assert [line["data"] for line in account.fetch(QUEUE).lines] == [None, {"order": 3}]


def test_the_published_policy_covers_every_call(account: Account) -> None:
    called: set[str] = set()
    account.server.on_call = called.add
    arn, numbers = orders(account, 2)
    account.functions.code[FUNCTION] = lambda _: None
    table = account.streams.create_table_stream("orders")
    change = account.streams.change(table, {"id": {"S": "o-1"}})
    account.send(account.pointer(arn, numbers), account.pointer(table, [change]))
    account.fetch(QUEUE, "--replay", "put", "--yes")
    account.fetch(QUEUE, "--replay", "invoke", "--yes", "--delete", "--format", "lambda-event")
    called.remove("Invoke")
    allowed = {
        action.partition(":")[2]
        for permission in PERMISSIONS["fetch-stream-records"]
        for action in permission.actions
    }
    assert {"GetRecords", "PutRecords", "GetFunctionConfiguration"} <= called
    assert called <= allowed
