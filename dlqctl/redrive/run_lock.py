"""One process a run: two that went on with the same run would double its rate and its doubts."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dlqctl.errors import UsageError


@contextmanager
def run_lock(folder: Path, run: str) -> Iterator[None]:
    """Hold the run for as long as the block lasts; the kernel lets go when the process dies.

    Raises UsageError when another process holds it.
    """
    path = folder / f"{run}.lock"
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"run {run} is still going on in another process",
                hint="wait for it, or stop it with Ctrl-C there",
            ) from error
        yield
        # Unlinked while it is held: whoever opened it meanwhile finds the run ended.
        path.unlink(missing_ok=True)
    finally:
        os.close(lock)
