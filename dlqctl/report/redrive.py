"""The plan and the end of a redrive, for a person to read. Both go to stderr."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from dlqctl.origins import Refusal
from dlqctl.queues import QueueFacts, queue_name
from dlqctl.redrive.plan import Plan
from dlqctl.redrive.summary import Summary
from dlqctl.report.table import cell, console, grid, short_name
from dlqctl.report.text import plain, shortened

FAILURES_SHOWN = 5


def write_plan(
    plan: Plan, queue: QueueFacts, *, rate: float | None, sampled: bool, out: TextIO | None = None
) -> None:
    """Counts by origin, target and error; the refused ones with the command that does it."""
    stream = out or sys.stderr
    screen = console(stream)
    about = f"the first {plan.scanned:,} of about {queue.visible:,} messages" if sampled else ""
    head = f"{queue.name}: {plan.selected:,} of {plan.scanned:,} messages selected"
    stream.write(plain(f"{head} ({about} were looked at)" if sampled else head) + "\n")
    if plan.groups:
        table = grid("COUNT", "ORIGIN", "ERROR", "WOULD GO TO", numbers=("COUNT",))
        lines: Counter[tuple[str, str, str | None]] = Counter()
        for group, count in plan.groups.items():
            lines[group.origin, group.error or "-", group.target] += count
        for (origin, error, target), count in lines.most_common():
            where = cell(short_name(target)) if target else cell("refused", style="red")
            table.add_row(cell(f"{count:,}"), cell(origin), cell(error), where)
        screen.print(table)
    if plan.guessed:
        stream.write(
            f"{plan.guessed:,} name no source queue; they would go to the only queue that"
            f" redrives to {plain(queue.name)}\n"
        )
    refusals: Counter[Refusal] = Counter()
    for group, count in plan.groups.items():
        if group.refusal:
            refusals[group.refusal] += count
    write_refusals(refusals.items(), out=stream)
    pace = f"{rate:g} messages a second" if rate is not None else "as fast as it goes"
    stream.write(f"rate: {pace}\n")


def write_refusals(refusals: Iterable[tuple[Refusal, int]], *, out: TextIO | None = None) -> None:
    """Why some letters are not for a redrive, and what to do instead."""
    stream = out or sys.stderr
    for refusal, count in refusals:
        stream.write(plain(f"{count:,} refused: {refusal.reason}") + "\n")
        stream.write(plain(f"  instead: {refusal.instead}") + "\n")


def write_summary(
    summary: Summary, left: QueueFacts | None, *, copied: bool, out: TextIO | None = None
) -> None:
    """What was done, what was not and why, and what is still on the queue."""
    stream = out or sys.stderr
    verb = "copied" if copied else "redriven"
    parts = [f"{summary.redriven:,} {verb}"]
    for count, name in (
        (summary.skipped, "skipped"),
        (summary.failed, "failed"),
        (summary.in_doubt, "in doubt"),
        (summary.bounced, "bounced (died again meanwhile, left there)"),
        (summary.finished_earlier, "sent by an earlier run, now deleted"),
    ):
        if count:
            parts.append(f"{count:,} {name}")
    rate = f" at {summary.achieved_rate:,.1f}/s" if summary.achieved_rate else ""
    stream.write(f"{', '.join(parts)}{rate} ({summary.duration_seconds:,.1f} s in all)\n")
    for target, count in sorted(summary.routes.items()):
        stream.write(plain(f"  {count:,} to {queue_name(target)}") + "\n")
    for failure in summary.failures[:FAILURES_SHOWN]:
        said = shortened(failure.message, 300)
        stream.write(plain(f"  {failure.message_id}: {failure.code}: {said}") + "\n")
    more = len(summary.failures) - FAILURES_SHOWN
    if more > 0:
        stream.write(f"  … and {more:,} more (-o json lists them)\n")
    if left:
        stream.write(plain(_left(left)) + "\n")


def _left(left: QueueFacts) -> str:
    if not (left.visible or left.in_flight or left.delayed):
        return f"{left.name} is empty now"
    parts = [f"{left.visible:,} visible"]
    if left.in_flight:
        parts.append(
            f"{left.in_flight:,} in flight (held by somebody else, or by an answer that got lost)"
        )
    if left.delayed:
        parts.append(f"{left.delayed:,} delayed")
    return f"left on {left.name}: about {', '.join(parts)}"


def write_runs(out: TextIO, runs: Sequence[Mapping[str, Any]]) -> None:
    """The table of `runs`: one line a run."""
    if not runs:
        return
    table = grid("RUN", "QUEUE", "STATE", "STARTED", "MESSAGES")
    for run in runs:
        messages = ", ".join(f"{count:,} {state}" for state, count in run["messages"].items())
        table.add_row(
            cell(run["run"], style="cyan"),
            cell(queue_name(run["queue"])),
            cell(run["state"], style="" if run["state"] == "done" else "yellow"),
            cell(run["started_at"]),
            cell(messages or "-"),
        )
    console(out).print(table)


def write_run(out: TextIO, run: Mapping[str, Any]) -> None:
    """One run: what was asked, what was done, what is unfinished."""
    rows = {name: run[name] for name in ("run", "queue", "state", "started_at", "ended_at")}
    rows |= {f"asked: {name}": value for name, value in run["options"].items()}
    rows |= {f"messages: {state}": count for state, count in run["messages"].items()}
    table = grid("", "")
    table.show_header = False
    for name, value in rows.items():
        table.add_row(cell(name, style="bold"), cell("-" if value is None else value))
    console(out).print(table)
    for message_id in run["unconfirmed"]:
        out.write(plain(f"in doubt: {message_id}") + "\n")
    if run["state"] != "done" or run["unconfirmed"]:
        name = queue_name(run["queue"])
        again = f"dlqctl redrive {name} --resume {run['run']}"
        if "command" in run["options"]:
            again = f"the same `dlqctl {run['options']['command']}` again"
        out.write(plain(f"to go on: {again}") + "\n")
