"""What a run did, as `dlqctl.redrive/v1`."""

from dataclasses import dataclass

from dlqctl.errors import ExitCode
from dlqctl.redrive.engine import Redrive
from dlqctl.redrive.journal import EntryState, Journal
from dlqctl.redrive.plan import Plan
from dlqctl.redrive.tally import Failure

SCHEMA = "dlqctl.redrive/v1"
ENGINE = "client"


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of a whole run, its earlier parts included when it was resumed.

    selected = redriven + skipped + failed + in_doubt. `rate` and `achieved_rate` are messages a
    second (None: as fast as it went; not measurable). `routes` counts redriven messages by ARN.
    """

    run: str | None
    queue: str
    rate: float | None
    redriven: int
    skipped: int
    failed: int
    in_doubt: int
    bounced: int
    routes: dict[str, int]
    duration_seconds: float
    achieved_rate: float | None
    failures: list[Failure]
    undeleted: int = 0
    finished_earlier: int = 0
    skips: dict[str, int] | None = None

    @property
    def selected(self) -> int:
        """Messages that were chosen and taken up."""
        return self.redriven + self.skipped + self.failed + self.in_doubt

    @property
    def exit_code(self) -> ExitCode:
        """What the numbers alone say: in doubt, partly done, or done."""
        if self.in_doubt:
            return ExitCode.IN_DOUBT
        if self.failed or self.skipped or self.undeleted:
            return ExitCode.PARTIAL
        return ExitCode.DONE

    def document(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "schema": SCHEMA,
            "run": self.run,
            "queue": self.queue,
            "engine": ENGINE,
            "rate": self.rate if self.rate is not None else "max",
            "selected": self.selected,
            "redriven": self.redriven,
            "skipped": self.skipped,
            "failed": self.failed,
            "in_doubt": self.in_doubt,
            "bounced": self.bounced,
            "routes": self.routes,
            "duration_seconds": round(self.duration_seconds, 3),
            "achieved_rate": round(self.achieved_rate, 2) if self.achieved_rate else None,
            "failures": [
                {"message_id": failure.message_id, "code": failure.code, "message": failure.message}
                for failure in self.failures
            ],
            "undeleted": self.undeleted,
            "finished_earlier": self.finished_earlier,
            "skips": self.skips or {},
        }


def summarise(
    work: Redrive, journal: Journal, *, run: str, queue: str, rate: float | None
) -> Summary:
    """The numbers of the whole run, by its journal: what is on disk is what is said."""
    tally = work.tally
    journal.flush()
    counts = journal.counts(run)
    unsure = counts.get(EntryState.SENDING, 0) + counts.get(EntryState.IN_DOUBT, 0)
    done = (EntryState.SENT, EntryState.DELETED, EntryState.COPIED)
    return Summary(
        run=run,
        queue=queue,
        rate=rate,
        redriven=sum(counts.get(state, 0) for state in done),
        skipped=tally.skipped,
        failed=counts.get(EntryState.FAILED, 0),
        in_doubt=unsure + tally.in_doubt_elsewhere,
        bounced=tally.bounced,
        routes=journal.targets(run),
        duration_seconds=work.duration_seconds,
        achieved_rate=tally.achieved_rate,
        failures=tally.failures,
        undeleted=tally.undeleted,
        finished_earlier=tally.finished_earlier,
        skips={refusal.reason: count for refusal, count in tally.refusals.items()},
    )


def planned(plan: Plan, *, queue: str, rate: float | None, sampled: bool) -> dict[str, object]:
    """A dry run as `dlqctl.redrive/v1`: everything selected is skipped, `plan` says what would be.

    `sampled`: only the first `scanned` messages of a large queue were looked at.
    """
    nothing = Summary(
        run=None,
        queue=queue,
        rate=rate,
        redriven=0,
        skipped=plan.selected,
        failed=0,
        in_doubt=0,
        bounced=0,
        routes=plan.routes,
        duration_seconds=0.0,
        achieved_rate=None,
        failures=[],
    )
    groups = [
        {
            "origin": group.origin,
            "target": group.target,
            "error": group.error,
            "count": count,
            "refused": group.refusal.reason if group.refusal else None,
            "instead": group.refusal.instead if group.refusal else None,
        }
        for group, count in plan.groups.most_common()
    ]
    return nothing.document() | {
        "dry_run": True,
        "scanned": plan.scanned,
        "sampled": sampled,
        "plan": groups,
    }
