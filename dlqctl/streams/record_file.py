"""The file that `--out` names: whole or not there, for its owner only, continued after a crash."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from dlqctl.documents import mapping, parse_json, text
from dlqctl.errors import DlqctlError
from dlqctl.letters import SequenceNumber
from dlqctl.streams.ranges import Shard, ShardPlan


class RecordFile:
    """Lines go to `PATH.<digest>.partial` beside it; `commit` gives that its name.

    The digest is that of what was asked for (`wanted`): the same command run again finds what an
    interrupted one has written and goes on behind it. `path` must not exist.
    """

    def __init__(self, path: Path, *, wanted: str) -> None:
        self.path = path
        self.partial = path.with_name(f"{path.name}.{wanted}.partial")
        try:
            self._file = os.open(self.partial, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DlqctlError(
                f"another dlqctl is writing {self.partial}", hint="wait for it, or stop it"
            ) from error
        except OSError as error:
            raise _unwritable(self.partial, error) from error

    def __enter__(self) -> "RecordFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def found(self) -> Iterator[tuple[Shard, SequenceNumber]]:
        """The records that an earlier, interrupted run has written whole, in their order.

        Whatever follows the last of them is cut off; writing goes on there.
        """
        end = 0
        last: tuple[Shard, SequenceNumber] | None = None
        begun = 0
        with self.partial.open("rb") as lines:
            for line in lines:
                record = _place(line) if line.endswith(b"\n") else None
                if record is None:
                    break
                if record != last:
                    if last is not None:
                        yield last
                    last, begun = record, end
                end += len(line)
        # A record's lines are written together: of the last one's, some may be missing.
        self._cut(begun)

    def _cut(self, size: int) -> None:
        os.ftruncate(self._file, size)
        os.lseek(self._file, size, os.SEEK_SET)

    def write(self, lines: Sequence[str]) -> None:
        """Append lines, all or (after a crash) some of them."""
        data = memoryview("".join(f"{line}\n" for line in lines).encode("utf-8"))
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            raise _unwritable(self.partial, error) from error

    def commit(self) -> None:
        """Everything is on disk, under its name, when this returns."""
        try:
            os.fsync(self._file)
            self.partial.rename(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise _unwritable(self.path, error) from error


def wanted_digest(plans: Iterable[ShardPlan], *, how: Mapping[str, object]) -> str:
    """A short name for exactly these pointers, written in this way."""
    pointers = sorted(
        (
            batch.message_id,
            plan.shard.stream_arn,
            plan.shard.shard_id,
            batch.pointer.start.text,
            batch.pointer.end.text,
        )
        for plan in plans
        for batch in plan.batches
    )
    written = json.dumps([pointers, how], sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:12]


def _place(line: bytes) -> tuple[Shard, SequenceNumber] | None:
    """Which record a line is of; None when it can't be told."""
    document = mapping(parse_json(line.decode("utf-8", errors="replace")))
    stream, shard = text(document, "stream"), text(document, "shard_id")
    try:
        number = SequenceNumber.parse(text(document, "sequence_number") or "")
    except ValueError:
        return None
    return (Shard(stream, shard), number) if stream and shard else None


def _unwritable(path: Path, error: OSError) -> DlqctlError:
    return DlqctlError(
        f"can't write {path}: {error.strerror}",
        hint="free some space or name another file; running again goes on where this ended",
    )
