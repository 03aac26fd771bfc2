"""A small account on the fake SQS: queues with a dead-letter queue, and redrives over it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlqctl import origins
from dlqctl.aws.queues import SqsQueue, SqsQueues
from dlqctl.holding import Holding
from dlqctl.redrive.delivery import ArchiveSink
from dlqctl.redrive.engine import VISIBILITY_SECONDS, InDoubtChoice, Redrive, RedriveOptions
from dlqctl.redrive.guard import refuse_unfit_destination
from dlqctl.redrive.journal import Journal
from dlqctl.redrive.pacing import Pace
from dlqctl.redrive.plan import Router
from dlqctl.redrive.summary import Summary, summarise
from dlqctl.redrive.tally import Tally
from dlqctl.selection import Selection
from tests.fakes.clocks import ManualClock, RunningClock
from tests.fakes.sqs import FakeSqs, FakeSqsClient
from tests.redrive import evidence

RUN = "20261120-101112-abcd"


class Session:
    """What SqsQueues needs of an AwsSession, over the fake."""

    region = "us-east-1"
    credentials = None

    def __init__(self, sqs: FakeSqs) -> None:
        self._sqs = sqs

    def client(self, service: str, *, retry: bool = True) -> FakeSqsClient:
        return self._sqs.client()


class ClockEvent(threading.Event):
    """An event whose waits let the fake's time pass; nobody waits for the machine's."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        if not self.is_set():
            self._clock.sleep(timeout or 0.0)
        return self.is_set()


@dataclass(frozen=True)
class Outcome:
    """What one redrive left behind."""

    summary: Summary
    work: Redrive

    @property
    def tally(self) -> Tally:
        return self.work.tally


class Account:
    """One DLQ with its sources. Time is the manual clock's unless `clock` says otherwise."""

    def __init__(
        self,
        folder: Path,
        *,
        fifo: bool = False,
        sources: Sequence[str] = ("orders",),
        clock: ManualClock | RunningClock | None = None,
    ) -> None:
        self.clock = clock or ManualClock()
        self.sqs = FakeSqs(clock=self.clock)
        self.client = self.sqs.client()
        self.folder = folder
        self.suffix = ".fifo" if fifo else ""
        self.queues = SqsQueues(Session(self.sqs))  # type: ignore[arg-type]
        self.create("dlq")
        for source in sources:
            policy = {"deadLetterTargetArn": self.arn("dlq"), "maxReceiveCount": 1}
            self.create(source, RedrivePolicy=json.dumps(policy))
        self._numbers = 0
        self._earlier_calls: list[dict[str, Any]] = []
        self.holding: Holding | None = None

    def create(self, name: str, **attributes: str) -> str:
        if self.suffix:
            attributes["FifoQueue"] = "true"
        name += self.suffix
        url: str = self.client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url

    def url(self, name: str) -> str:
        url: str = self.client.get_queue_url(QueueName=name + self.suffix)["QueueUrl"]
        return url

    def arn(self, name: str) -> str:
        return f"arn:aws:sqs:us-east-1:123456789012:{name}{self.suffix}"

    def dead_letters(self) -> SqsQueue:
        return self.queues.find("dlq" + self.suffix)

    # ── filling ──

    def send(self, name: str, body: str, **more: Any) -> str:
        self._numbers += 1
        if self.suffix:
            more = {"MessageDeduplicationId": f"d{self._numbers}", "MessageGroupId": "g", **more}
        sent = self.client.send_message(QueueUrl=self.url(name), MessageBody=body, **more)
        return str(sent["MessageId"])

    def die(self, name: str = "orders") -> None:
        """Everything on this source is received once too often."""
        url = self.url(name)
        while self.client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0
        ).get("Messages"):
            pass

    def fill(self, count: int, *, source: str = "orders", prefix: str = "m", **more: Any) -> None:
        """`count` dead letters from `source`, with bodies `m-000`, `m-001` …"""
        for n in range(count):
            self.send(source, f"{prefix}-{n:03d}", **more)
        self.die(source)
        self.forget_calls()

    # ── redriving ──

    def redrive(
        self,
        *,
        run: str = RUN,
        selection: Selection | None = None,
        to: str | None = None,
        to_arn: str | None = None,
        sources: Sequence[str] | None = None,
        rate: float | None = None,
        workers: int = 1,
        limit: int | None = None,
        delay_seconds: int | None = None,
        copy: bool = False,
        in_doubt: str = "hold",
        resumed: bool = False,
        archive: ArchiveSink | None = None,
        watch: Callable[[Redrive, Tally, Holding], None] = lambda *_: None,
        finish: threading.Event | None = None,
    ) -> Outcome:
        """One run from start to end, as the command line wires it."""
        queue = self.dead_letters()
        facts = queue.facts()
        clock = self.clock
        if finish is None:
            virtual = isinstance(clock, ManualClock)
            finish = ClockEvent(clock) if virtual else threading.Event()

        def destination(arn: str) -> SqsQueue:
            found = self.queues.find(arn)
            refuse_unfit_destination(facts, found.facts(), delay_seconds=delay_seconds)
            return found

        with (
            Journal(self.folder / "journal.sqlite3") as journal,
            Holding(queue, visibility_seconds=VISIBILITY_SECONDS, clock=clock.now) as holding,
        ):
            self.holding = holding
            options = json.dumps({"archive": None})
            journal.start_run(run, queue=facts.arn, options=options, at="2026-11-20T10:11:12Z")
            work = Redrive(
                queue,
                run=run,
                router=Router(
                    facts.arn,
                    self.arn(to) if to else to_arn,
                    self.queues.sources_of(queue) if sources is None else sources,
                ),
                destinations=destination,
                selection=selection or Selection(),
                journal=journal,
                holding=holding,
                pace=Pace(rate, clock=clock.now, sleep=finish.wait),
                options=RedriveOptions(
                    workers=workers,
                    limit=limit,
                    delay_seconds=delay_seconds,
                    copy=copy,
                    in_doubt=InDoubtChoice(in_doubt),
                    resumed=resumed,
                ),
                decode=origins.decode,
                archive=archive,
                clock=clock.now,
                now=lambda: datetime.fromtimestamp(clock.now(), UTC),
                finish=finish,
                expected=facts.visible,
                on_progress=lambda tally: watch(work, tally, holding),
            )
            work.run()
            summary = summarise(work, journal, run=run, queue=facts.arn, rate=rate)
        self.check()
        return Outcome(summary, work)

    # ── looking ──

    def bodies(self, name: str = "dlq") -> list[str]:
        return self.sqs.bodies(name + self.suffix)

    def messages(self, name: str = "dlq") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sqs.snapshot()["queues"][name + self.suffix]["messages"]
        return found

    def in_flight(self, name: str = "dlq") -> int:
        return int(self.sqs.snapshot()["queues"][name + self.suffix]["in_flight"])

    def calls(self, operation: str) -> list[dict[str, Any]]:
        return [call.as_json() for call in self.sqs.audit.calls(operation)]

    def forget_calls(self) -> None:
        """`calls` begins anew."""
        self._earlier_calls += [call.as_json() for call in self.sqs.audit.calls()]
        self.sqs.audit.clear()

    def check(self) -> None:
        """Promise 1, which holds after any redrive."""
        calls = self._earlier_calls + [call.as_json() for call in self.sqs.audit.calls()]
        evidence.check_deletes(calls, dead_letter_queue="dlq" + self.suffix)
