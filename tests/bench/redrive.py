"""`dlqctl redrive` measured from outside: the installed command against a local SQS.

How fast and at what cost beside a bare boto3 loop; whether memory grows with the queue; whether
--rate is kept, by the record of the server that got the messages.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests import servers
from tests.bench.tools.clients import DLQCTL, Used, client_home, run_client
from tests.bench.tools.dead_letters import DeadLetters, Drained
from tests.bench.tools.tables import write_table

LATENCIES_MS = (0, 5, 20)
MESSAGES = 6_000
ROUNDS = 3
MEMORY_MESSAGES = (1_000, 100_000)
SECONDS_AT_RATE = {5: 12, 50: 10, 500: 10}

BARE_LOOP = Path(__file__).parent / "tools" / "bare_loop.py"
MEGABYTE = 1024 * 1024

Command = Sequence[str | Path]
Client = Callable[[DeadLetters], Command]


def redrive(letters: DeadLetters, *, rate: str = "max") -> Command:
    """As a person would type it; its progress goes to a stderr that is no terminal."""
    endpoint = ["--endpoint-url", letters.endpoint]
    return [DLQCTL, "redrive", letters.name, "--rate", rate, "--yes", *endpoint]


def dry_run(letters: DeadLetters) -> Command:
    return [DLQCTL, "redrive", letters.name, "--dry-run", "--endpoint-url", letters.endpoint]


def bare_loop(letters: DeadLetters) -> Command:
    return [sys.executable, BARE_LOOP, letters.url, letters.source_url, letters.endpoint]


# ── throughput and CPU ──


@dataclass(frozen=True, slots=True)
class Run:
    """A client's way through a queue."""

    used: Used
    drained: Drained

    def cpu_per_message(self, idle: Used) -> float:
        """Seconds of CPU, less what the same client uses on an empty queue."""
        return (self.used.cpu_seconds - idle.cpu_seconds) / self.drained.messages


def drain(client: Client, endpoint: str, *, messages: int, latency_ms: int = 0) -> Run:
    """Fill a queue, let a client drain it, and see that everything arrived."""
    letters = DeadLetters(endpoint)
    letters.fill(messages)
    drained: list[Drained] = []
    servers.control(endpoint, "POST", "options", {"latency_ms": latency_ms})
    with client_home() as environment:
        used = run_client(
            client(letters),
            environment,
            meanwhile=lambda running: drained.append(letters.watch(messages, running)),
        )
    servers.control(endpoint, "POST", "options", {"latency_ms": 0})
    letters.check_arrived(messages)
    letters.delete()
    return Run(used, drained[0])


def throughput() -> None:
    """Both clients in turn on one server, so that what else the machine does hits both."""
    rows = []
    with servers.fake_sqs_server("--audit", "0") as endpoint:
        ours, theirs = (drain(client, endpoint, messages=0).used for client in (redrive, bare_loop))
        for latency_ms in LATENCIES_MS:
            rounds = [
                [
                    drain(client, endpoint, messages=MESSAGES, latency_ms=latency_ms)
                    for client in (redrive, bare_loop)
                ]
                for _ in range(ROUNDS)
            ]
            rates = [(a.drained.rate, b.drained.rate) for a, b in rounds]
            micros = [
                (a.cpu_per_message(ours) * 1e6, b.cpu_per_message(theirs) * 1e6) for a, b in rounds
            ]
            rows.append(
                (
                    f"{latency_ms} ms a call",
                    f"{median(a / b for a, b in rates):.2f}",
                    f"{median(a / b for a, b in micros):.2f}",
                    *(
                        f"{median(pair[n] for pair in pairs):,.0f}"
                        for n in (0, 1)
                        for pairs in (rates, micros)
                    ),
                )
            )
    write_table(
        f"redrive --rate max to a bare boto3 loop ({MESSAGES:,} messages, {ROUNDS} rounds)",
        ("", "throughput", "CPU", "messages/s", "CPU µs", "bare", "CPU µs"),
        rows,
        note=f"Start-up is not counted: {ours.cpu_seconds:.2f} s to {theirs.cpu_seconds:.2f} s"
        " of CPU.",
    )


# ── memory ──


def memory() -> None:
    """A dry run, which holds all messages, and then the redrive of the same queue."""
    most: dict[int, tuple[int, int]] = {}
    with servers.fake_sqs_server("--audit", "0") as endpoint, client_home() as environment:
        for messages in MEMORY_MESSAGES:
            letters = DeadLetters(endpoint)
            letters.fill(messages)
            planned = run_client(dry_run(letters), environment)
            redriven = run_client(redrive(letters), environment)
            letters.check_arrived(messages)
            letters.delete()
            most[messages] = (planned.max_rss_bytes, redriven.max_rss_bytes)
    few, many = (most[messages] for messages in MEMORY_MESSAGES)
    write_table(
        "most memory, by messages on the queue",
        ("", *(f"{messages:,}" for messages in MEMORY_MESSAGES), "ratio"),
        [
            (name, f"{a / MEGABYTE:.0f} MB", f"{b / MEGABYTE:.0f} MB", f"{b / a:.2f}")
            for name, a, b in zip(
                ("redrive --dry-run", "redrive --rate max"), few, many, strict=True
            )
        ],
    )


# ── rate ──


def rate_kept() -> None:
    """By the server's record: from the first send to the last, and in the fullest second."""
    rows = []
    with servers.fake_sqs_server() as endpoint:
        for rate, seconds in SECONDS_AT_RATE.items():
            letters = DeadLetters(endpoint)
            letters.fill(rate * seconds)
            servers.control(endpoint, "DELETE", "calls")
            with client_home() as environment:
                run_client(redrive(letters, rate=str(rate)), environment)
            letters.check_arrived(rate * seconds)
            sends = [
                (call["at"], len(call["request"]["Entries"]))
                for call in servers.control(endpoint, "GET", "calls")
                if call["operation"] == "SendMessageBatch"
            ]
            letters.delete()
            rows.append(
                (
                    f"--rate {rate}",
                    f"{achieved(sends) / rate:.4f}",
                    fullest_second(sends),
                    rate + max(count for _, count in sends),
                )
            )
    write_table(
        "rate kept, as the server saw it",
        ("", "achieved to asked", "fullest second", "rate + one batch"),
        rows,
    )


def achieved(sends: Sequence[tuple[float, int]]) -> float:
    """Messages a second; the last batch only ends the time in which the others went."""
    (first, _), (last, _) = sends[0], sends[-1]
    return sum(count for _, count in sends[:-1]) / (last - first)


def fullest_second(sends: Sequence[tuple[float, int]]) -> int:
    """Most messages in any window of one second."""
    return max(sum(count for at, count in sends if start <= at < start + 1) for start, _ in sends)


def main() -> None:
    throughput()
    memory()
    rate_kept()


if __name__ == "__main__":
    main()
