"""Where the records of `fetch-stream-records` go: stdout, one document, or a file."""

import secrets
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from dlqctl.report.json import RecordsDocument
    from dlqctl.report.streams import RecordsTable
    from dlqctl.streams.fetch import RecordSink, ShardWork
    from dlqctl.streams.ranges import ShardPlan
    from dlqctl.streams.record_file import RecordFile


@dataclass(frozen=True, slots=True)
class Shape:
    """How records are written. `events`: as Lambda events; `nothing`: not at all, by default.

    `resumes`: a file goes on behind what an interrupted run has written. Never with a replay: a
    record on disk may not have been handed over.
    """

    out: Path | None
    events: bool
    deaggregate: bool
    as_document: bool
    as_table: bool
    nothing: bool
    resumes: bool = True


@dataclass
class Outputs:
    """The places that records are written to. One lock keeps each record's lines together."""

    shape: Shape
    role_of: "Callable[[str | None], str | None]"
    file: "RecordFile | None" = None
    document: "RecordsDocument | None" = None
    table: "RecordsTable | None" = None
    resumed: int = 0
    unfinished: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, plans: "Sequence[ShardPlan]", stack: ExitStack) -> "list[ShardWork]":
        """Open the file and the document; what is left to read."""
        from dlqctl.report.json import RecordsDocument
        from dlqctl.streams.record_file import RecordFile, wanted_digest
        from dlqctl.streams.summary import SCHEMA

        shape = self.shape
        if shape.out:
            how: dict[str, object] = {"deaggregate": shape.deaggregate, "events": shape.events}
            if not shape.resumes:
                how["once"] = secrets.token_hex(8)
            wanted = wanted_digest(plans, how=how)
            self.file = stack.enter_context(RecordFile(shape.out, wanted=wanted))
        if shape.as_document:
            head: dict[str, object] = {"schema": SCHEMA}
            if shape.out:
                head["out"] = str(shape.out)
            if shape.events:
                head["records"] = []
            key = "events" if shape.events else "records"
            self.document = RecordsDocument(sys.stdout, head, key=key)
        if shape.as_table:
            from dlqctl.report.streams import RecordsTable

            self.table = RecordsTable(sys.stdout)
        return self._works(plans)

    def _works(self, plans: "Sequence[ShardPlan]") -> "list[ShardWork]":
        """What an interrupted run has written to the file is counted, and not read again."""
        from dlqctl.streams.fetch import ShardWork
        from dlqctl.streams.tally import Tally

        tallies = {plan.shard: Tally(plan) for plan in plans}
        after = {}
        for shard, sequence in self.file.found() if self.file else ():
            tallies[shard].count(sequence)
            after[shard] = sequence
            self.resumed += 1
        return [ShardWork(plan, tallies[plan.shard], after.get(plan.shard)) for plan in plans]

    def sink(self, plan: "ShardPlan") -> "RecordSink | None":
        """Where one shard's records are written; None when nothing is."""
        from dlqctl.streams.lines import EventSink, LineSink

        shape = self.shape
        if shape.nothing and self.file is None and self.document is None:
            return None
        if shape.events:
            return EventSink(plan.shard, self._write_event, self._lock, self.role_of)
        return LineSink(plan.shard, self._write, self._lock, take_apart=shape.deaggregate)

    def finish(self, *, whole: bool) -> bool:
        """Give the file its name, if it is `whole`; whether the records are safe on disk."""
        if self.table:
            self.table.flush()
        if self.file is None:
            return False
        if whole:
            self.file.commit()
        self.unfinished = not whole
        return whole

    def _write(self, records: Sequence[Mapping[str, object]]) -> None:
        from dlqctl.report.json import to_json, write_line
        from dlqctl.streams.lines import SCHEMA

        if self.file:
            self.file.write([to_json({"schema": SCHEMA, **one}) for one in records])
        elif shown := self.document or self.table:
            for one in records:
                shown.add(one)
        else:
            for one in records:
                write_line(sys.stdout, {"schema": SCHEMA, **one})

    def _write_event(self, event: bytes) -> None:
        import json

        from dlqctl.report.json import to_json

        if self.file:
            self.file.write([event.decode()])
        elif self.document:
            self.document.add(json.loads(event))
        else:
            sys.stdout.write(to_json(json.loads(event)) + "\n")
            sys.stdout.flush()
