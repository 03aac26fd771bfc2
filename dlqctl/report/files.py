"""Files that are either the old ones or the new ones, never half of each."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from dlqctl.errors import DlqctlError


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Write a file that takes the place of `path` when the block ends without an error.

    Raises DlqctlError where it can't be written.
    """
    try:
        # O_CREAT with 0666 and the umask, as any tool's output: mkstemp alone would say 0600.
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent or ".")
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)  # noqa: PTH101
    except OSError as error:
        raise DlqctlError(f"can't write {path}: {error.strerror}") from error
    written = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        written.replace(path)
    except OSError as error:
        raise DlqctlError(f"can't write {path}: {error.strerror}") from error
    finally:
        written.unlink(missing_ok=True)
