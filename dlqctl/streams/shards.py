"""Reading ranges of one shard: every record once, in order, with as few calls as there are pages.

https://docs.aws.amazon.com/streams/latest/dev/kinesis-low-level-operations.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dlqctl.errors import DlqctlError
from dlqctl.letters import SequenceNumber
from dlqctl.streams.pacing import MAX_ATTEMPTS, ShardPace
from dlqctl.streams.pages import Page, Place, Position, Refused, StreamApi, Trouble
from dlqctl.streams.ranges import SequenceRange, Shard
from dlqctl.streams.records import StreamRecord

# Opening a range of its own costs two calls: reading on may cost as much.
READ_ON_PAGES = 2
LEAST_PAGE_RECORDS = 1_000
LEAST_PAGE_BYTES = 1024 * 1024


class ShardNotFoundError(DlqctlError):
    """The stream, or the shard in it, does not exist (any more)."""


class UnreadablePointerError(DlqctlError):
    """A pointer names what these credentials can't read, now or later."""


class ShardStuckError(DlqctlError):
    """The shard can't be read now; running again continues."""


@dataclass(slots=True)
class Calls:
    """How often each operation was called, refusals included."""

    get_shard_iterator: int = 0
    get_records: int = 0


class ShardReader:
    """Reads one shard. Ranges must come in ascending order and must not overlap.

    What is missing shows in what does not come: a pointer's first and last record exist as long
    as they are not trimmed. `lost` are places where trimming overtook the reading itself.
    """

    def __init__(self, api: StreamApi, shard: Shard, *, pace: ShardPace) -> None:
        self._api = api
        self._shard = shard
        self._pace = pace
        self._iterator: str | None = None
        self._position = Position(Place.OLDEST)
        self._read_from_position = False
        self._page: deque[StreamRecord] = deque()
        self._seen: SequenceNumber | None = None
        self._after: SequenceNumber | None = None
        self._page_width = 0
        self._record_bytes = 0.0
        self._nothing_from: int | None = None
        self._overtaken_at: int | None = None
        self._still_expected = 0
        self.calls = Calls()
        self.lost: list[SequenceRange] = []

    def records(
        self,
        ranges: Sequence[SequenceRange],
        *,
        expected: Sequence[int],
        after: SequenceNumber | None = None,
    ) -> Iterator[StreamRecord]:
        """The living records of `ranges` behind `after`.

        `expected` is about how many each range holds. Raises ShardNotFoundError, ShardStuckError,
        or what the API raises.
        """
        self._after = self._seen = after
        self._last_wanted = ranges[-1].end
        self._still_expected = sum(expected)
        for wanted, count in zip(ranges, expected, strict=True):
            if after is None or wanted.end > after:
                yield from self._range(wanted)
            self._still_expected -= count

    def _range(self, wanted: SequenceRange) -> Iterator[StreamRecord]:
        if not self._reaches(wanted.start) and not self._open(wanted.start):
            return
        while self._page or self._next_page():
            record = self._page[0]
            if record.sequence > wanted.end:
                return  # it may be of the next range
            self._page.popleft()
            if record.sequence >= wanted.start and self._is_new(record.sequence):
                yield record
            if record.sequence == wanted.end:
                return

    def _is_new(self, sequence: SequenceNumber) -> bool:
        return self._after is None or sequence > self._after

    def _reaches(self, start: SequenceNumber) -> bool:
        """Whether the page at hand, or one soon after it, holds what is at `start`."""
        if self._nothing_from is not None and start.value >= self._nothing_from:
            return True
        for _ in range(READ_ON_PAGES + 1):
            if self._page and self._page[-1].sequence >= start:
                return True
            if self._iterator is None or not self._is_near(start):
                return False
            self._page.clear()
            if not self._next_page():
                return True
        return False

    def _is_near(self, start: SequenceNumber) -> bool:
        seen = self._seen
        return seen is not None and start.value - seen.value <= READ_ON_PAGES * self._page_width

    def _open(self, start: SequenceNumber) -> bool:
        """Go to `start`, or to the first living record after it. False: there is none."""
        begin = Position(Place.AT, start)
        if self._seen is not None and self._seen >= start:
            begin = Position(Place.AFTER, self._seen)
        trouble = self._begin(begin)
        if trouble is None and self._next_page():
            return True
        if trouble is Trouble.TRIMMED and self._all_trimmed():
            self._nothing_from = 0
            return False
        # Neither a refusal nor silence proves that all is gone: look at the oldest record.
        before, self._seen = self._seen, None
        self._begin_at_oldest()
        if not self._next_page():
            self._nothing_from = 0
            return False
        if self._page[-1].sequence >= start:
            self._nothing_from = None
            return True
        # Nothing was trimmed here, yet the shard does not know this place.
        self._leave()
        self._seen = before
        return False

    def _all_trimmed(self) -> bool:
        """Whether even the last record that is wanted is gone.

        Reading from the oldest record would tell too, but DynamoDB Streams never says when an
        open shard has nothing more.
        """
        return self._begin(Position(Place.AT, self._last_wanted)) is Trouble.TRIMMED

    def _begin(self, position: Position) -> Trouble | None:
        """Open an iterator; why not, where the service refuses the place."""
        self._leave()
        self._position = position
        self._read_from_position = False
        for attempt in range(1, MAX_ATTEMPTS + 1):
            self._pace.before_iterator()
            self.calls.get_shard_iterator += 1
            match self._api.get_shard_iterator(self._shard, position):
                case str(iterator):
                    self._iterator = iterator
                    return None
                case Refused(Trouble.NOT_FOUND, message):
                    raise ShardNotFoundError(message)
                case Refused(Trouble.BUSY):
                    self._pace.back_off(attempt)
                case Refused(trouble):
                    return trouble
        raise self._stuck("throttled every GetShardIterator call")

    def _begin_at_oldest(self) -> None:
        if self._begin(Position(Place.OLDEST)):
            raise self._stuck("refuses even its oldest record")

    def _leave(self) -> None:
        self._page.clear()
        self._iterator = None
        self._page_width = 0

    def _next_page(self) -> bool:
        """Read until there are records. False at the end of the shard, or at its tip."""
        if self._ended():
            return False
        empty = refused = 0
        while self._iterator is not None:
            self._pace.before_records()
            self.calls.get_records += 1
            answer = self._api.get_records(self._shard, self._iterator, limit=self._limit())
            if isinstance(answer, Refused):
                refused += 1
                if refused >= MAX_ATTEMPTS:
                    raise self._stuck(f"refused {refused} GetRecords calls: {answer.message}")
                self._recover(answer, attempt=refused)
                continue
            refused = 0
            self._pace.brought(answer.size_bytes)
            if self._take(answer):
                return True
            empty += 1
            if empty >= self._api.max_empty_pages:
                raise self._stuck(f"gave {empty:,} empty pages in a row")
        self._nothing_from = self._end()
        return False

    def _ended(self) -> bool:
        return self._iterator is None

    def _end(self) -> int:
        """From here on nothing lies in the shard: reading went from its position to the end."""
        if self._seen is not None:
            return self._seen.value + 1
        return self._position.sequence.value if self._position.sequence else 0

    def _take(self, page: Page) -> bool:
        """Keep what is new on `page`; False when that is nothing."""
        self._iterator = page.next_iterator
        fresh = [one for one in page.records if self._seen is None or one.sequence > self._seen]
        if not page.records and page.behind_milliseconds == 0:
            self._iterator = None
        if not fresh:
            return False
        if self._overtaken_at is not None and fresh[0].sequence.value > self._overtaken_at + 1:
            gone = _number(self._overtaken_at + 1), _number(fresh[0].sequence.value - 1)
            self.lost.append(SequenceRange(*gone))
        self._overtaken_at = None
        self._read_from_position = True
        self._page.extend(fresh)
        self._seen = fresh[-1].sequence
        self._page_width = self._seen.value - fresh[0].sequence.value
        self._record_bytes = page.size_bytes / len(page.records)
        return True

    def _recover(self, refused: Refused, *, attempt: int) -> None:
        """Go on after a refused GetRecords, behind the last record seen."""
        match refused.trouble:
            case Trouble.BUSY:
                self._pace.back_off(attempt)
            case Trouble.ITERATOR_EXPIRED | Trouble.POSITION:
                again = self._position
                if self._read_from_position and self._seen:
                    again = Position(Place.AFTER, self._seen)
                if self._begin(again):
                    self._jump_to_oldest()
            case Trouble.TRIMMED:
                self._jump_to_oldest()
            case Trouble.NOT_FOUND:
                raise ShardNotFoundError(refused.message)

    def _jump_to_oldest(self) -> None:
        """Trimming has overtaken the reading: what lies between is gone."""
        self._overtaken_at = self._seen.value if self._seen else None
        self._begin_at_oldest()

    def _limit(self) -> int:
        least = LEAST_PAGE_RECORDS
        if self._record_bytes:
            least = min(least, max(int(LEAST_PAGE_BYTES / self._record_bytes), 1))
        return min(max(least, self._still_expected), self._api.max_page_records)

    def _stuck(self, what: str) -> ShardStuckError:
        return ShardStuckError(
            f"{self._shard.shard_id}: the stream {what}",
            hint="other readers may be using up the shard's limits; run the same command again",
        )


def _number(value: int) -> SequenceNumber:
    return SequenceNumber(value, str(value))
