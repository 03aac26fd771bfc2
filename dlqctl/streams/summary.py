"""What a fetch did, in numbers and ranges: the end of `-o json`, and the exit code."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dlqctl.errors import DlqctlError, ExitCode
from dlqctl.record import timestamp
from dlqctl.streams import kafka
from dlqctl.streams.fetch import ShardOutcome
from dlqctl.streams.gathering import Gathered
from dlqctl.streams.pages import Facts, StreamFacts
from dlqctl.streams.ranges import gone_by, gone_from
from dlqctl.streams.replay import Refusal, Replay
from dlqctl.streams.shards import Calls, UnreadablePointerError
from dlqctl.streams.tally import Gap, Verdict

SCHEMA = "dlqctl.stream-records/v1"

# Times of arrival and of creation are approximate, and DynamoDB's are cut to the second.
ROUNDING = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A gap, why it is there, and since when its first record has been gone (None: not known)."""

    gap: Gap
    reason: str
    expired_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReplaySummary:
    """What came of a replay. Pointers are named by message id.

    `untargeted` name no function to call (or no stream to put on), `finished_earlier` were
    accepted by an earlier run, `held` may have been: a person chooses.
    """

    run: str
    mode: str
    rate: float | None
    replay: Replay
    untargeted: Sequence[str]
    finished_earlier: Sequence[str]
    held: Sequence[str]

    @property
    def in_doubt(self) -> bool:
        """Whether there is something that nobody knows the fate of."""
        return bool(self.held) or any(one.in_doubt for one in self.replay.refusals)

    @property
    def nothing_done(self) -> bool:
        """Whether not one record could be handed over, for reasons no record had part in."""
        refusals = self.replay.refusals
        return (
            not self.replay.records
            and bool(refusals)
            and all(one.code not in _ABOUT_RECORDS for one in refusals)
        )

    def document(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "run": self.run,
            "mode": self.mode,
            "rate": self.rate if self.rate is not None else "max",
            "records_accepted": self.replay.records,
            "calls": self.replay.calls,
            "split": self.replay.split,
            "refusals": [_refusal(one) for one in self.replay.refusals],
            "untargeted": list(self.untargeted),
            "finished_earlier": list(self.finished_earlier),
            "in_doubt": list(self.held),
        }


_ABOUT_RECORDS = frozenset({"FunctionError", "BatchItemFailures", "RequestTooLarge"})


def _refusal(one: Refusal) -> dict[str, object]:
    return {
        "stream": one.shard.stream_arn,
        "shard_id": one.shard.shard_id,
        "target": one.target,
        "sequence_number": one.at.text,
        "code": one.code,
        "message": one.message,
        "in_doubt": one.in_doubt,
        "pointers": list(one.message_ids),
    }


@dataclass(slots=True)
class Summary:
    """What came of all pointers. `deleted` and `undeleted` name pointers by message id.

    `name` is where the letters come from. `resumed` counts records that an interrupted run had
    written already.
    """

    name: str
    gathered: Gathered
    outcomes: Sequence[ShardOutcome] = ()
    trimmed: list[Trimmed] = field(default_factory=list)
    records: int = 0
    resumed: int = 0
    deleted: list[str] = field(default_factory=list)
    undeleted: list[str] = field(default_factory=list)
    replay: ReplaySummary | None = None
    interrupted: bool = False
    missing_letters: bool = False

    @property
    def verdicts(self) -> list[Verdict]:
        """One for each pointer, in the order of the shards."""
        return [verdict for outcome in self.outcomes for verdict in outcome.verdicts]

    @property
    def calls(self) -> Calls:
        """All calls to the streams."""
        return Calls(
            sum(outcome.calls.get_shard_iterator for outcome in self.outcomes),
            sum(outcome.calls.get_records for outcome in self.outcomes),
        )

    @property
    def failures(self) -> list[tuple[ShardOutcome, DlqctlError]]:
        """Shards that could not be read to their end, and why."""
        return [(one, one.failure) for one in self.outcomes if one.failure]

    @property
    def unfinished(self) -> bool:
        """Whether running again could bring more."""
        return any(not isinstance(why, UnreadablePointerError) for _, why in self.failures)

    @property
    def extra(self) -> list[Verdict]:
        """Pointers whose range holds records that were not in the failed batch."""
        return [verdict for verdict in self.verdicts if verdict.extra]

    def exit_code(self) -> ExitCode:
        """Interrupted, in doubt, failed (nothing could be done at all), partly done or done."""
        replay = self.replay
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if replay and replay.in_doubt:
            return ExitCode.IN_DOUBT
        if self.failures and len(self.failures) == len(self.outcomes) and not self.records:
            return max(why.exit_code for _, why in self.failures)
        if replay and replay.nothing_done:
            return ExitCode.FAILED
        not_replayed = replay is not None and bool(replay.replay.refusals or replay.untargeted)
        missing = self.trimmed or self.failures or self.gathered.unreadable or self.undeleted
        partly = bool(missing) or not_replayed or self.missing_letters
        return ExitCode.PARTIAL if partly else ExitCode.DONE

    def document(self) -> dict[str, Any]:
        """Everything but the records, as JSON values."""
        calls = self.calls
        return {
            "trimmed": [_trimmed(one) for one in self.trimmed],
            "failed": [_failure(outcome, why) for outcome, why in self.failures],
            "unreadable": [
                {"message_id": one.message_id, "why": one.why} for one in self.gathered.unreadable
            ],
            "other_origins": dict(self.gathered.others),
            "pointers": len(self.gathered.batches),
            "extra": [
                {
                    "pointer": one.batch.message_id,
                    "batch_size": one.batch.pointer.count,
                    "found": one.found,
                }
                for one in self.extra
            ],
            "kafka": [one for batch in self.gathered.topics for one in kafka.documents(batch)],
            "records_found": self.records,
            "deleted": self.deleted,
            "undeleted": self.undeleted,
            "calls": {
                "GetShardIterator": calls.get_shard_iterator,
                "GetRecords": calls.get_records,
            },
            "replay": self.replay.document() if self.replay else None,
        }


def trimmed_ranges(
    outcomes: Sequence[ShardOutcome], facts: Facts, *, now: datetime
) -> list[Trimmed]:
    """The gaps of all shards, each with its reason."""
    return [
        _explained(gap, outcome, facts[outcome.plan.shard.stream_arn], now=now)
        for outcome in outcomes
        for gap in outcome.gaps
    ]


def _explained(
    gap: Gap, outcome: ShardOutcome, told: StreamFacts | DlqctlError | None, *, now: datetime
) -> Trimmed:
    missed: Collection[str] = frozenset(gap.message_ids)
    batches = [one for one in outcome.plan.batches if one.message_id in missed]
    if not isinstance(told, StreamFacts):
        return Trimmed(gap, outcome.gone or "the stream does not exist any more", None)
    begun = [moment for one in batches if (moment := gone_from(one, told.retention))]
    ended = [moment for one in batches if (moment := gone_by(one, told.retention))]
    expired_at = min(begun, default=None)
    arrivals = [one.pointer.last_arrival for one in batches]
    created = told.created_at
    if outcome.gone:
        return Trimmed(gap, outcome.gone, expired_at)
    if expired_at and expired_at <= now:
        whole = bool(ended) and max(ended) <= now
        return Trimmed(gap, "expired" if whole else "expired in part", expired_at)
    if created and all(arrived and arrived + ROUNDING < created for arrived in arrivals):
        reason = f"the stream was created again at {timestamp(created)}, after these records"
        return Trimmed(gap, reason, None)
    return Trimmed(gap, "not in the shard (any more)", None)


def _trimmed(one: Trimmed) -> dict[str, object]:
    return {
        "stream": one.gap.shard.stream_arn,
        "shard_id": one.gap.shard.shard_id,
        "start": one.gap.range.start.text,
        "end": one.gap.range.end.text,
        "pointers": list(one.gap.message_ids),
        "reason": one.reason,
        "expired_at": timestamp(one.expired_at),
    }


def _failure(outcome: ShardOutcome, why: DlqctlError) -> dict[str, object]:
    shard = outcome.plan.shard
    return {
        "stream": shard.stream_arn,
        "shard_id": shard.shard_id,
        "message": why.message,
        "pointers": [one.batch.message_id for one in outcome.verdicts if not one.complete],
    }
