"""`dlqctl audit` measured: how much faster than one call at a time, how many calls, what CPU.

    python -m tests.bench.audit

Figures are ratios within one run of one machine; nothing here is asserted.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from dlqctl.audit.live.asking import Account, Identity
from dlqctl.audit.live.collector import Collected, collect
from dlqctl.audit.live.needs import needed
from dlqctl.audit.rules import registry
from dlqctl.audit.runner import chosen, judge
from dlqctl.aws.account import AwsAccount
from dlqctl.aws.session import AwsOptions, AwsSession
from tests import servers
from tests.audit.live.account import FakeAccount, function_arn, queue_arn
from tests.bench.tools.audit_server import FUNCTION_PAGE, MAPPING_PAGE, REGION

SIZE = 300
LATENCY_MS = 20
THROTTLED_SIZE = 30
LAMBDA_PER_SECOND = 15
RESOURCES = 10_000

# Of each function, where all of them are mapped: policy, aliases, invoke configs, recursion,
# concurrency, configuration.
CALLS_PER_FUNCTION = 6
# One page each: queues, buses, rules, schedules, pipes, subscriptions, alarms, state machines,
# applications, tags; and whose account it is.
SINGLE_CALLS = 11


class Recording:
    """An account that remembers what it was asked, so that it can be asked again."""

    def __init__(self, account: AwsAccount) -> None:
        self._account = account
        self.asked: list[tuple[str, Any, tuple[str, ...] | None]] = []

    def identity(self) -> Identity:
        return self._account.identity()

    def ask(self, action: str, arguments: Any) -> Any:
        self.asked.append((action, arguments, None))
        return self._account.ask(action, arguments)

    def pages(self, action: str, arguments: Any, *, results: Any) -> Any:
        self.asked.append((action, arguments, tuple(results)))
        return self._account.pages(action, arguments, results=results)

    def again(self) -> None:
        """The same calls, one after another."""
        self._account.identity()
        for action, arguments, results in self.asked:
            if results is None:
                self._account.ask(action, arguments)
            else:
                self._account.pages(action, arguments, results=results)


@contextlib.contextmanager
def served(**options: float) -> Iterator[str]:
    port = servers._free_port()
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    command = ["tests.bench.tools.audit_server", f"--port={port}", *arguments]
    with servers._running(command, port, "/_bench/requests"):
        yield f"http://127.0.0.1:{port}"


def requests(url: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{url}/_bench/requests", timeout=30) as answer:
        found: dict[str, int] = json.load(answer)
        return found


def account(url: str) -> AwsAccount:
    return AwsAccount(AwsSession(AwsOptions(region=REGION, endpoint_url=url)))


def rules() -> tuple[Any, ...]:
    return tuple(rule for rule in chosen(registry()) if rule.scope.covers(live=True))


def read(asked: Account) -> Collected:
    return collect(asked, needed(rules()), now=lambda: datetime.now(UTC))


def collecting() -> None:
    with served(size=SIZE, latency_ms=LATENCY_MS) as url:
        recording = Recording(account(url))
        recording.identity()  # imports and connections that either way would pay for
        before = sum(requests(url).values())
        started, cpu = time.monotonic(), time.process_time()
        found = read(recording)
        wall, used = time.monotonic() - started, time.process_time() - cpu
        made = sum(requests(url).values()) - before
        started = time.monotonic()
        recording.again()
        one_by_one = time.monotonic() - started
    fewest = (
        SINGLE_CALLS
        + math.ceil(SIZE / FUNCTION_PAGE)
        + math.ceil(SIZE / MAPPING_PAGE)
        + SIZE
        + SIZE * CALLS_PER_FUNCTION
    )
    gaps = [str(gap.why) for gap in found.inventory.gaps.values()]
    say(f"account of {SIZE} functions, queues and mappings, {LATENCY_MS} ms an answer")
    say(f"  resources read            {len(found.inventory.resources):,} (gaps: {gaps or 'none'})")
    say(f"  calls / fewest possible   {made:,} / {fewest:,} = {made / fewest:.3f}")
    say(f"  one by one / audit        {one_by_one:.1f} s / {wall:.1f} s = {one_by_one / wall:.1f}x")
    say(f"  client CPU / wall         {used:.1f} s / {wall:.1f} s = {used / wall:.2f}")


def throttled() -> None:
    with served(size=THROTTLED_SIZE, latency_ms=5, lambda_per_second=LAMBDA_PER_SECOND) as url:
        started = time.monotonic()
        found = read(account(url))
        wall = time.monotonic() - started
        asked = requests(url)
    refused = asked.pop("throttled")
    answered = sum(count for name, count in asked.items() if name.startswith("lambda ")) - refused
    unread = [
        one
        for one in judge(found.inventory, rules()).unknown
        if "throttled" in one.why or "Rate" in one.why
    ]
    least = answered / LAMBDA_PER_SECOND
    say(f"Lambda throttling above {LAMBDA_PER_SECOND} calls a second, {THROTTLED_SIZE} functions")
    say(f"  throttled / answered      {refused:,} / {answered:,} = {refused / answered:.2f}")
    say(f"  wall / least possible     {wall:.1f} s / {least:.1f} s = {wall / least:.2f}x")
    say(f"  checks lost to throttling {len(unread):,}")


def large() -> FakeAccount:
    """About RESOURCES of the kinds that most rules read, each with its share of faults."""
    made = FakeAccount()
    for number in range(RESOURCES // 8):
        name = f"w{number}"
        made.queue(name, dlq=f"{name}-dlq", VisibilityTimeout=60)
        made.queue(f"{name}-dlq", MessageRetentionPeriod=1_209_600)
        made.function(name, Timeout=10, aliases={"live": None}, invoke_configs=({},))
        made.mapping(f"u{number}", queue_arn(name), f"{name}:live")
        made.rule(name, {"Id": "t", "Arn": function_arn(name)})
        made.alarm(name, "ApproximateNumberOfMessagesVisible", Dimensions={"QueueName": name})
    return made


def judging() -> None:
    inventory = read(large()).inventory
    started = time.process_time()
    judgement = judge(inventory, rules())
    used = time.process_time() - started
    slowest: list[tuple[float, str]] = []
    for rule in rules():
        began = time.process_time()
        judge(inventory, [rule])
        slowest.append((time.process_time() - began, rule.id))
    count = len(inventory.resources)
    verdicts = len(judgement.findings) + len(judgement.unknown)
    say(f"{len(rules())} rules over {count:,} resources, {verdicts:,} verdicts")
    say(f"  CPU                       {used:.2f} s, {used / count * 1e6:.0f} us a resource")
    for seconds, name in sorted(slowest, reverse=True)[:3]:
        say(f"  {name:<26}{seconds / used:.0%} of it")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    os.environ.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing")
    collecting()
    throttled()
    judging()


if __name__ == "__main__":
    main()
