"""The promises of a redrive, by number (docs/explanation/promises.md), on a fake SQS in process."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dlqctl.archive import ArchiveWriter
from dlqctl.errors import ExitCode
from dlqctl.redrive.journal import EntryState, Journal
from dlqctl.selection import selection
from tests.fakes.clocks import RunningClock
from tests.fakes.sqs import Fault
from tests.redrive import evidence
from tests.redrive.account import RUN, Account

HOLD, RESEND = "hold", "resend"


def states(account: Account, run: str = RUN) -> dict[str, int]:
    with Journal(account.folder / "journal.sqlite3") as journal:
        return {state.value: count for state, count in journal.counts(run).items()}


def numbers(account: Account, **options: object) -> tuple[int, int, int, int]:
    summary = account.redrive(**options).summary  # type: ignore[arg-type]
    assert summary.selected == (
        summary.redriven + summary.skipped + summary.failed + summary.in_doubt
    )
    return summary.redriven, summary.skipped, summary.failed, summary.in_doubt


# ── 1: nothing is deleted before its send is confirmed, for that entry ──


def test_promise_1_all_go_back_once_and_the_queue_is_empty(account: Account) -> None:
    account.fill(23)
    assert numbers(account) == (23, 0, 0, 0)
    assert Counter(account.bodies("orders")) == Counter(f"m-{n:03d}" for n in range(23))
    assert account.bodies() == []


def test_promise_1_entries_that_fail_stay_and_the_rest_of_their_batch_goes(
    account: Account,
) -> None:
    account.fill(20)
    account.sqs.faults.add(
        Fault.fail_entries(
            "SendMessageBatch", positions=(2, 5), times=None, code="Bad", sender_fault=True
        )
    )
    assert numbers(account) == (16, 0, 4, 0)
    assert len(account.bodies()) == 4
    assert not set(account.bodies()) & set(account.bodies("orders"))
    assert account.in_flight() == 0


def test_promise_1_an_entry_that_the_answer_does_not_name_stays(account: Account) -> None:
    account.fill(3)
    client = account.queues._sender
    send = client.send_message_batch

    def forgetful(**request: object) -> dict[str, object]:
        answer = send(**request)
        return {**answer, "Successful": answer["Successful"][1:]}

    client.send_message_batch = forgetful
    outcome = account.redrive()
    assert outcome.summary.in_doubt == 1
    assert [f.code for f in outcome.summary.failures] == ["NoAnswer"]
    assert account.bodies() == ["m-000"]


def test_promise_1_a_body_that_sqs_confirms_with_another_checksum_is_in_doubt(
    account: Account,
) -> None:
    account.fill(1)
    client = account.queues._sender
    send = client.send_message_batch

    def garbled(**request: object) -> dict[str, object]:
        answer = send(**request)
        answer["Successful"][0]["MD5OfMessageBody"] = "0" * 32
        return dict(answer)

    client.send_message_batch = garbled
    outcome = account.redrive()
    assert [f.code for f in outcome.summary.failures] == ["ChecksumMismatch"]
    assert account.bodies() == ["m-000"]


# ── 2: a crash loses nothing ──


class CutOffError(BaseException):
    """The process dies here."""


def cut_off(account: Account, operation: str, *, applied: bool) -> None:
    """A run that dies at its first call of `operation`: before SQS does it, or right after."""
    step = "finish" if applied else "begin"
    original = getattr(account.sqs, step)

    def die(*given: Any) -> Any:
        if operation in (given[0], getattr(given[0], "operation", None)):
            raise CutOffError
        return original(*given)

    setattr(account.sqs, step, die)
    with pytest.raises(CutOffError):
        account.redrive()
    setattr(account.sqs, step, original)
    account.clock.advance(31)


def test_promise_2_cut_off_before_the_send_is_in_doubt_and_held(account: Account) -> None:
    account.fill(5)
    cut_off(account, "SendMessageBatch", applied=False)
    assert states(account) == {"sending": 5}
    assert numbers(account, resumed=True) == (0, 0, 0, 5)
    assert account.bodies("orders") == []
    assert len(account.bodies()) == 5
    assert account.in_flight() == 0


@pytest.mark.parametrize("applied", [False, True])
def test_promise_2_in_doubt_is_sent_again_when_asked(account: Account, applied: bool) -> None:
    account.fill(5)
    cut_off(account, "SendMessageBatch", applied=applied)
    assert numbers(account, resumed=True, in_doubt=RESEND) == (5, 0, 0, 0)
    arrived = Counter(account.bodies("orders"))
    assert set(arrived.values()) == {2 if applied else 1}  # at most what was in flight doubles
    assert len(arrived) == 5
    assert account.bodies() == []


@pytest.mark.parametrize("applied", [False, True])
def test_promise_2_sent_and_not_deleted_is_deleted_only(account: Account, applied: bool) -> None:
    account.fill(5)
    cut_off(account, "DeleteMessageBatch", applied=applied)
    account.forget_calls()
    assert numbers(account, resumed=True) == (5, 0, 0, 0)
    assert account.calls("SendMessageBatch") == []
    assert Counter(account.bodies("orders")) == Counter(f"m-{n:03d}" for n in range(5))
    assert account.bodies() == []


def test_promise_2_another_run_knows_what_the_first_one_sent(account: Account) -> None:
    account.fill(5)
    cut_off(account, "DeleteMessageBatch", applied=False)
    outcome = account.redrive(run="another")
    assert (outcome.summary.selected, outcome.summary.finished_earlier) == (0, 5)
    assert len(account.bodies("orders")) == 5
    assert account.bodies() == []


def test_promise_2_another_run_holds_what_the_first_one_left_in_doubt(account: Account) -> None:
    account.fill(5)
    cut_off(account, "SendMessageBatch", applied=True)
    outcome = account.redrive(run="another")
    assert (outcome.summary.selected, outcome.summary.in_doubt) == (5, 5)
    assert outcome.summary.exit_code is ExitCode.IN_DOUBT
    assert len(account.bodies("orders")) == 5


@pytest.mark.parametrize("limit", [5, 3])
def test_promise_2_a_limit_that_was_reached_does_not_stop_the_deletion(
    account: Account, limit: int
) -> None:
    account.fill(9)
    account.sqs.faults.add(Fault.access_denied("DeleteMessage"))
    account.redrive(limit=limit)
    account.sqs.faults.clear()
    assert numbers(account, resumed=True, limit=0) == (limit, 0, 0, 0)
    assert len(account.bodies("orders")) == limit
    assert len(account.bodies()) == 9 - limit
    assert account.in_flight() == 0


def test_promise_2_ids_that_a_cut_off_run_has_sent_are_not_missed(account: Account) -> None:
    account.fill(3)
    first, second, third = (message["message_id"] for message in account.messages())
    wanted = selection(ids=[first, second])
    account.sqs.faults.add(Fault.access_denied("DeleteMessage"))
    account.redrive(selection=wanted)
    account.sqs.faults.clear()
    outcome = account.redrive(selection=wanted, resumed=True)
    assert outcome.tally.missing == set()
    assert outcome.summary.redriven == 2
    assert [message["message_id"] for message in account.messages()] == [third]


def test_promise_2_the_journal_is_private_and_survives_power_loss(account: Account) -> None:
    account.fill(1)
    account.redrive()
    path = account.folder / "journal.sqlite3"
    assert path.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    assert b"m-000" not in path.read_bytes()


# ── 3: messages arrive unchanged ──

AWKWARD = "tab\t line\n return\r é 漢 😀 \ufffd \U0010ffff </Body> & \\u0041 " + "x" * 1000
ATTRIBUTES = {
    "plain": {"DataType": "String", "StringValue": "é\n"},
    "suffixed": {"DataType": "String.json", "StringValue": '{"a": 1}'},
    "number": {"DataType": "Number", "StringValue": "0001.50"},
    "odd.number": {"DataType": "Number.int", "StringValue": "-7"},
    "bytes": {"DataType": "Binary", "BinaryValue": bytes(range(256))},
    "zipped": {"DataType": "Binary.gzip", "BinaryValue": b"\x00\x1f\x8b"},
}
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"


def test_promise_3_body_attributes_types_and_trace_header_arrive_unchanged(
    account: Account,
) -> None:
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}
    account.send(
        "orders",
        AWKWARD,
        MessageAttributes=ATTRIBUTES,
        MessageSystemAttributes=header,
        MessageGroupId="tenant-1",
    )
    account.die()
    account.redrive()
    [arrived] = account.messages("orders")
    assert arrived["body"] == AWKWARD
    assert arrived["attributes"] == ATTRIBUTES
    assert arrived["system_attributes"]["AWSTraceHeader"] == TRACE
    assert arrived["system_attributes"]["MessageGroupId"] == "tenant-1"


def test_promise_3_nothing_is_added_to_a_bare_message(account: Account) -> None:
    account.fill(1)
    account.redrive()
    [call] = account.calls("SendMessageBatch")
    assert call["request"]["Entries"] == [{"Id": "0", "MessageBody": "m-000"}]


def test_promise_3_large_messages_are_packed_by_bytes(account: Account) -> None:
    for n in range(6):
        account.send("orders", f"{n}" + "x" * 400_000)
    account.die()
    assert numbers(account) == (6, 0, 0, 0)
    assert [len(call["request"]["Entries"]) for call in account.calls("SendMessageBatch")] == [
        2,
        2,
        2,
    ]


# ── 5: the rate, and visibility ──


def test_promise_5_no_message_is_received_before_its_turn(account: Account) -> None:
    account.fill(12)
    outcome = account.redrive(rate=4)
    received = [call for call in account.calls("ReceiveMessage") if call["response"]]
    asked = {call["request"]["MaxNumberOfMessages"] for call in received}
    assert asked == {1}
    times = [call["at"] for call in received]
    assert times[-1] - times[0] >= 11 / 4 - 1e-6
    assert outcome.tally.achieved_rate == pytest.approx(4, rel=0.02)


def test_promise_5_what_is_not_selected_stays_hidden_meanwhile_and_is_visible_at_the_end(
    account: Account,
) -> None:
    account.fill(40)
    wanted = selection(where=["ends_with(body_text, '7')"])
    held: list[int] = []
    outcome = account.redrive(
        selection=wanted, rate=1, watch=lambda *_: held.append(account.in_flight())
    )
    assert outcome.summary.redriven == 4
    assert max(held) > 20
    assert (len(account.bodies()), account.in_flight()) == (36, 0)
    # Every message was received once: none came back while the others were looked at.
    assert {m["system_attributes"]["ApproximateReceiveCount"] for m in account.messages()} == {"2"}


def test_promise_5_visibility_is_extended_while_a_slow_run_holds_messages(
    account: Account,
) -> None:
    account.fill(30)
    for n in range(40):
        account.send("orders", f"late-{n}")
    account.die()
    wanted = selection(where=["starts_with(body_text, 'late')"])

    def keep(*given: object) -> None:
        given[2].keep()  # type: ignore[attr-defined]  # the keeper's thread has the machine's time

    outcome = account.redrive(selection=wanted, rate=0.25, watch=keep)
    assert outcome.summary.redriven == 40
    assert outcome.work.duration_seconds > 100
    assert {m["system_attributes"]["ApproximateReceiveCount"] for m in account.messages()} == {"2"}
    assert account.in_flight() == 0


def test_promise_5_what_an_interrupted_run_holds_is_given_back(account: Account) -> None:
    account.fill(30)

    def interrupt(work: object, *_: object) -> None:
        work._finish.set()  # type: ignore[attr-defined]

    outcome = account.redrive(rate=10, watch=interrupt)
    redriven = outcome.summary.redriven
    assert 0 < redriven < 30
    assert (len(account.bodies()), account.in_flight()) == (30 - redriven, 0)
    assert len(account.bodies("orders")) == redriven


# ── 6: each message goes to its own source ──


def test_promise_6_each_message_goes_to_its_own_source(
    new_account: Callable[..., Account],
) -> None:
    account = new_account(sources=("orders", "returns", "invoices"))
    for source in ("orders", "returns", "invoices"):
        account.fill(7, source=source, prefix=source)
    outcome = account.redrive()
    assert outcome.summary.routes == {
        account.arn(source): 7 for source in ("orders", "returns", "invoices")
    }
    for source in ("orders", "returns", "invoices"):
        assert sorted(account.bodies(source)) == [f"{source}-{n:03d}" for n in range(7)]


def test_promise_6_without_a_source_and_with_several_sources_nothing_is_guessed(
    new_account: Callable[..., Account],
) -> None:
    account = new_account(sources=("orders", "returns"))
    account.send("dlq", "from nowhere")
    assert numbers(account) == (0, 1, 0, 0)
    assert account.bodies() == ["from nowhere"]
    assert account.bodies("orders") == account.bodies("returns") == []


def test_promise_6_without_a_source_the_only_source_is_taken(account: Account) -> None:
    account.send("dlq", "from nowhere")
    assert numbers(account) == (1, 0, 0, 0)
    assert account.bodies("orders") == ["from nowhere"]


def test_promise_6_one_destination_of_several_that_refuses_does_not_stop_the_others(
    new_account: Callable[..., Account],
) -> None:
    account = new_account(sources=("orders", "returns"))
    account.fill(15, source="orders", prefix="o")
    account.fill(15, source="returns", prefix="r")
    account.client.delete_queue(QueueUrl=account.url("returns"))
    outcome = account.redrive()
    assert (outcome.summary.redriven, outcome.summary.failed) == (15, 15)
    assert {f.code for f in outcome.summary.failures} == {"DestinationUnusable"}
    assert "no queue named returns" in outcome.summary.failures[0].message
    assert sorted(account.bodies()) == [f"r-{n:03d}" for n in range(15)]
    assert account.in_flight() == 0


# ── 7: numbers reconcile ──


def test_promise_7_numbers_of_a_mixed_run_reconcile_with_what_is_on_the_queues(
    account: Account,
) -> None:
    account.fill(30)
    pointer = json.dumps(
        {
            "requestContext": {"functionArn": "arn:aws:lambda:eu-west-1:1:function:f"},
            "KinesisBatchInfo": {"shardId": "s", "streamArn": "a", "batchSize": 1},
        }
    )
    account.send("dlq", pointer)
    account.sqs.faults.add(
        Fault.fail_entries(
            "SendMessageBatch", body_contains="7", times=None, code="Bad", sender_fault=True
        ),
        Fault.lose_answer("SendMessageBatch", skip=1),
    )
    outcome = account.redrive()
    summary = outcome.summary
    assert (summary.skipped, summary.failed + summary.in_doubt > 0) == (1, True)
    assert summary.selected == 31
    assert summary.redriven == 31 - len(account.bodies())
    assert (
        outcome.tally.selected,
        outcome.tally.redriven,
        outcome.tally.failed,
        outcome.tally.in_doubt,
    ) == (summary.selected, summary.redriven, summary.failed, summary.in_doubt)
    arrived = Counter(account.bodies("orders"))
    assert max(arrived.values()) == 1
    assert len(arrived) == summary.redriven + summary.in_doubt  # this doubt was taken


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("rate", [None, 400.0])
def test_promise_7_a_limit_is_exact(
    new_account: Callable[..., Account], workers: int, filtered: bool, rate: float | None
) -> None:
    account = new_account(clock=RunningClock() if workers > 1 else None)
    account.fill(60)
    wanted = selection(where=["body_text != 'm-000'"]) if filtered else selection()
    outcome = account.redrive(limit=23, selection=wanted, workers=workers, rate=rate)
    assert (outcome.summary.selected, outcome.summary.redriven) == (23, 23)
    assert (len(account.bodies()), len(account.bodies("orders"))) == (37, 23)
    assert account.in_flight() == 0


def test_a_limit_reached_by_one_worker_does_not_cut_short_what_another_is_sending(
    new_account: Callable[..., Account],
) -> None:
    account = new_account(clock=RunningClock())
    account.fill(20)
    # The last batch is throttled: its worker waits while others find that the limit is reached.
    account.sqs.faults.add(Fault.throttled("SendMessageBatch", skip=1, times=2))
    outcome = account.redrive(limit=20, workers=4)
    assert (outcome.summary.redriven, outcome.summary.failed) == (20, 0)


def test_ids_found_by_one_worker_do_not_cut_short_what_another_is_sending(
    new_account: Callable[..., Account],
) -> None:
    account = new_account(clock=RunningClock())
    account.fill(40)
    wanted = selection(ids=[message["message_id"] for message in account.messages()])
    account.sqs.faults.add(Fault.throttled("SendMessageBatch", skip=2, times=2))
    outcome = account.redrive(selection=wanted, workers=4)
    assert (outcome.summary.redriven, outcome.summary.failed) == (40, 0)


def test_many_workers_redrive_all_and_double_none(new_account: Callable[..., Account]) -> None:
    account = new_account(clock=RunningClock())
    account.fill(400)
    assert numbers(account, workers=16) == (400, 0, 0, 0)
    assert Counter(account.bodies("orders")) == Counter(f"m-{n:03d}" for n in range(400))
    assert account.bodies() == []


# ── copies, archives, bounces, duplicates ──


def test_copies_leave_the_queue_as_it_is(account: Account) -> None:
    account.fill(25)
    assert numbers(account, copy=True) == (25, 0, 0, 0)
    assert account.calls("DeleteMessageBatch") == []
    assert sorted(account.bodies()) == sorted(account.bodies("orders"))
    assert account.in_flight() == 0
    assert states(account) == {"copied": 25}


def test_a_resumed_copy_copies_only_the_rest(account: Account) -> None:
    account.fill(25)
    account.redrive(copy=True, limit=10)
    assert numbers(account, copy=True, resumed=True) == (25, 0, 0, 0)
    assert Counter(account.bodies("orders")) == Counter(f"m-{n:03d}" for n in range(25))


def test_what_was_copied_can_be_redriven_later(account: Account) -> None:
    account.fill(3)
    account.redrive(copy=True)
    assert numbers(account, run="another") == (3, 0, 0, 0)
    assert account.bodies() == []
    assert len(account.bodies("orders")) == 6


def test_every_message_is_in_the_archive_whole_before_it_is_sent(account: Account) -> None:
    for n in range(12):
        account.send("orders", f"{AWKWARD}{n}", MessageAttributes=ATTRIBUTES)
    account.die()
    path = account.folder / "archive.jsonl"
    client = account.queues._sender
    send = client.send_message_batch

    def checked(**request: object) -> object:
        archived = {json.loads(line)["body"] for line in path.read_text().splitlines()}
        assert archived >= {entry["MessageBody"] for entry in request["Entries"]}  # type: ignore[attr-defined]
        return send(**request)

    client.send_message_batch = checked
    with ArchiveWriter(path) as archive:
        assert numbers(account, archive=archive) == (12, 0, 0, 0)
    documents = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(documents) == 12
    assert documents[0]["attributes"]["zipped"] == {"type": "Binary.gzip", "value": "AB+L"}
    assert {document["source_queue"] for document in documents} == {account.arn("orders")}


def test_a_message_that_dies_again_during_the_run_is_not_sent_again(account: Account) -> None:
    account.fill(20)

    def kill_again(*_: object) -> None:
        account.die("orders")

    outcome = account.redrive(watch=kill_again)
    assert (outcome.summary.redriven, outcome.summary.bounced) == (20, 20)
    assert max(evidence.taken(account.calls("SendMessageBatch")).values()) == 1
    assert len(account.bodies()) == 20
    assert account.in_flight() == 0
    # Another run, on purpose, sends them once more.
    assert numbers(account, run="another") == (20, 0, 0, 0)


def test_a_message_delivered_again_while_it_is_sent_goes_once_and_is_gone(
    account: Account,
) -> None:
    """Its visibility runs out during a slow send, and another receive gets it meanwhile."""
    account.fill(1)
    queue = account.dead_letters()
    client = account.queues._sender
    send = client.send_message_batch

    def slow(**request: object) -> object:
        account.clock.advance(31)
        again = queue.receive(10, visibility_seconds=30, wait_seconds=0)
        assert [letter.body for letter in again] == ["m-000"]
        assert account.holding
        assert account.holding.hold(again) == []
        return send(**request)

    client.send_message_batch = slow
    outcome = account.redrive()
    assert outcome.summary.redriven == 1
    assert account.bodies("orders") == ["m-000"]
    assert account.bodies() == []


def test_a_letter_that_comes_back_after_its_deletion_is_deleted_not_sent(
    account: Account,
) -> None:
    """SQS may deliver a deleted message again."""
    account.fill(3)
    queue = account.sqs.queues["dlq"]
    ghosts = [replace(message) for message in queue.messages.values()]
    returned = []

    def haunt(*_: object) -> None:
        if not returned:
            returned.extend(ghosts)
            for ghost in ghosts:
                queue.put(ghost, visible_at=0.0, now=account.clock.now())

    outcome = account.redrive(watch=haunt)
    assert len(returned) == 3
    assert (outcome.summary.redriven, outcome.tally.redriven) == (3, 3)
    assert len(account.bodies("orders")) == 3
    assert account.bodies() == []


def test_delay_is_asked_of_sqs(account: Account) -> None:
    account.fill(2)
    account.redrive(delay_seconds=30)
    assert {message["state"] for message in account.messages("orders")} == {"delayed"}


def test_the_entry_states_are_what_the_promises_name() -> None:
    assert [state.value for state in EntryState][:3] == ["sending", "sent", "deleted"]
