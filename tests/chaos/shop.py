"""A shop on the fake SQS over HTTP, and blows that fall on the redriving process at a set call."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from tests.fakes.clocks import RunningClock
from tests.fakes.sqs import Call, FakeSqs, Fault
from tests.fakes.sqs_server import FakeSqsServer
from tests.redrive import evidence
from tests.redrive.commandline import TIMEOUT_SECONDS, CommandLine

HIDDEN_SECONDS = 61  # longer than any message of these short runs stays hidden


class Shop:
    """`dlq`, fed by `orders` and `returns`, each with its dead letters. A context manager."""

    def __init__(self, home: Path, *, fifo: bool = False) -> None:
        self.clock = RunningClock()
        self.sqs = FakeSqs(clock=self.clock)
        self.server = FakeSqsServer(self.sqs)
        self.home = home
        self.suffix = ".fifo" if fifo else ""
        self.client = self.sqs.client()
        self.urls: dict[str, str] = {}

    def __enter__(self) -> Shop:
        self.server.__enter__()
        self.home.mkdir(parents=True, exist_ok=True)
        self.dlqctl = CommandLine(self.server.url, self.home)
        self.create("dlq")
        arn = f"arn:aws:sqs:us-east-1:123456789012:dlq{self.suffix}"
        for name in ("orders", "returns"):
            policy = {"deadLetterTargetArn": arn, "maxReceiveCount": 1}
            self.create(name, RedrivePolicy=json.dumps(policy))
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    def create(self, name: str, **attributes: str) -> None:
        if self.suffix:
            attributes["FifoQueue"] = "true"
        answer = self.client.create_queue(QueueName=name + self.suffix, Attributes=attributes)
        self.urls[name] = answer["QueueUrl"]

    def fill(self, count: int, *, groups: int = 5) -> None:
        """`count` letters of each source; on FIFO queues in message groups."""
        for name in ("orders", "returns"):
            for n in range(count):
                more = {"MessageGroupId": f"g{n % groups}", "MessageDeduplicationId": f"{name}{n}"}
                self.client.send_message(
                    QueueUrl=self.urls[name],
                    MessageBody=f"{name}-{n:04d}",
                    **(more if self.suffix else {}),
                )
            self.die(name)
        self.sqs.audit.clear()

    def die(self, name: str) -> None:
        while self.client.receive_message(
            QueueUrl=self.urls[name], MaxNumberOfMessages=10, VisibilityTimeout=0
        ).get("Messages"):
            pass

    # ── blows ──

    def redrive(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        return self.dlqctl.start("redrive", f"dlq{self.suffix}", "--yes", *arguments, **more)

    def strike(
        self, process: subprocess.Popen[str], operation: str, at: int, *, how: signal.Signals
    ) -> None:
        """Signal `process` when its `at`-th call of `operation` arrives."""
        seen = 0

        def count(_call: Call) -> bool:
            nonlocal seen
            seen += 1
            if seen == at:
                os.kill(process.pid, how)
            return False

        self.sqs.faults.add(Fault.delay_answer(operation, seconds=0, times=None, when=count))

    def strike_and_lose(
        self, process: subprocess.Popen[str], operation: str, at: int, *, applied: bool
    ) -> None:
        """Kill `process` as its call arrives; SQS does what it asks for, or does not."""
        kind = Fault.lose_answer if applied else Fault.drop_connection
        seen = 0

        def count(_call: Call) -> bool:
            nonlocal seen
            seen += 1
            if seen == at:
                os.kill(process.pid, signal.SIGKILL)
            return seen >= at

        self.sqs.faults.add(kind(operation, times=None, when=count))

    def wait(self, process: subprocess.Popen[str]) -> tuple[int, str, str]:
        with process:
            out, err = process.communicate(timeout=TIMEOUT_SECONDS)
        return process.returncode, out, err

    def resume(self, *arguments: str) -> tuple[int, dict[str, Any], str]:
        """Go on with the last run, once what it left hidden is visible again."""
        self.sqs.faults.clear()
        self.clock.advance(HIDDEN_SECONDS)
        run = self.dlqctl.last_run()
        code, out, err = self.wait(
            self.redrive("--resume", run, "--rate", "max", "-o", "json", *arguments)
        )
        assert out, err
        return code, json.loads(out), err

    # ── looking ──

    def bodies(self, name: str) -> list[str]:
        return self.sqs.bodies(name + self.suffix)

    def in_flight(self) -> int:
        return int(self.sqs.snapshot()["queues"][f"dlq{self.suffix}"]["in_flight"])

    def arrived(self) -> Counter[str]:
        return Counter(self.bodies("orders") + self.bodies("returns"))

    def check(self, summary: dict[str, Any], *, of: int) -> None:
        """The summary reconciles with itself, with the queues and with the server's trail."""
        parts = [summary[name] for name in ("redriven", "skipped", "failed", "in_doubt")]
        assert summary["selected"] == sum(parts), summary
        assert sum(summary["routes"].values()) == summary["redriven"]
        calls = [call.as_json() for call in self.sqs.audit.calls()]
        evidence.check_deletes(calls, dead_letter_queue=f"dlq{self.suffix}")
        assert not set(summary["routes"]) - {
            f"arn:aws:sqs:us-east-1:123456789012:{name}{self.suffix}"
            for name in ("orders", "returns")
        }
        there = set(self.bodies("dlq")) | set(self.arrived())
        assert len(there) == of, "a message is lost"
        assert all(body.startswith("orders") for body in self.bodies("orders"))
        assert all(body.startswith("returns") for body in self.bodies("returns"))
