"""Archives: whole messages as JSON lines, `dlqctl.archive/v1`, mode 0600."""

import json
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from dlqctl.errors import DlqctlError, UsageError
from dlqctl.letters import DeadLetter
from dlqctl.record import attributes_document, timestamp

SCHEMA = "dlqctl.archive/v1"
READ_BYTES = 65_536


def archive_document(letter: DeadLetter) -> dict[str, object]:
    """Everything SQS gave us of a message, as JSON values; lone surrogates survive as escapes."""
    return {
        "schema": SCHEMA,
        "message_id": letter.message_id,
        "queue": letter.queue_arn,
        "sent_at": timestamp(letter.sent_at),
        "receive_count": letter.receive_count,
        "source_queue": letter.source_queue_arn,
        "group_id": letter.group_id,
        "deduplication_id": letter.deduplication_id,
        "sequence_number": letter.sequence_number,
        "trace_header": letter.trace_header,
        "attributes": attributes_document(letter),
        "body": letter.body,
    }


class ArchiveWriter:
    """Appends letters to a new file, each batch on disk before `append` returns.

    Raises UsageError when the file exists, unless `resume`: an archive is never overwritten. A
    line that a crash or a full disk cut off is taken back: its letter was not sent.
    """

    def __init__(self, path: Path, *, resume: bool = False) -> None:
        self.path = path
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | (0 if resume else os.O_EXCL)
        try:
            self._file = os.open(path, flags, 0o600)
            os.ftruncate(self._file, _whole_lines(self._file))
        except FileExistsError as error:
            raise UsageError(
                f"--archive: {path} exists already", hint="name a new file: nothing is overwritten"
            ) from error
        except OSError as error:
            raise _unwritable(path, error) from error
        self._lock = threading.Lock()

    def __enter__(self) -> "ArchiveWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def append(self, letters: Sequence[DeadLetter]) -> None:
        """Write `letters` and wait until they are on disk."""
        lines = "".join(json.dumps(archive_document(letter)) + "\n" for letter in letters)
        data = memoryview(lines.encode("ascii"))
        with self._lock:
            size = os.fstat(self._file).st_size
            try:
                while data:
                    data = data[os.write(self._file, data) :]
                os.fsync(self._file)
            except OSError as error:
                with suppress(OSError):
                    os.ftruncate(self._file, size)
                raise _unwritable(self.path, error) from error


def _whole_lines(file: int) -> int:
    """How many bytes of `file` are whole lines."""
    end = os.fstat(file).st_size
    while end > 0:
        start = max(end - READ_BYTES, 0)
        if newline := os.pread(file, end - start, start).rfind(b"\n") + 1:
            return start + newline
        end = start
    return 0


def _unwritable(path: Path, error: OSError) -> DlqctlError:
    return DlqctlError(
        f"can't write the archive {path}: {error.strerror}",
        hint="what is not archived is not sent; free some space or name another file",
    )
