"""One process a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dlqctl.errors import UsageError
from dlqctl.redrive.run_lock import run_lock

HOLDER = """
import sys
from pathlib import Path
from dlqctl.redrive.run_lock import run_lock
with run_lock(Path(sys.argv[1]), "r1"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_run_that_goes_on_elsewhere_is_refused_until_that_process_dies(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UsageError, match="r1 is still going on"), run_lock(tmp_path, "r1"):
            pass
        with run_lock(tmp_path, "r2"):
            pass  # another run is nobody's business
        holder.kill()
        holder.communicate()
    with run_lock(tmp_path, "r1"):
        pass
    assert list(tmp_path.iterdir()) == []
