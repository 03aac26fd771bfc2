"""Client programs as processes of their own: how long they took and what they used."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

DLQCTL = Path(sys.executable).with_name("dlqctl")


@dataclass(frozen=True, slots=True)
class Used:
    """What one process used, by the kernel's account of it."""

    wall_seconds: float
    cpu_seconds: float
    max_rss_bytes: int


class ClientFailedError(Exception):
    """A client program ended with an exit code that was not expected."""


@contextlib.contextmanager
def client_home() -> Iterator[dict[str, str]]:
    """The environment of a client: a home of its own, on the disk that holds temporary files."""
    with tempfile.TemporaryDirectory(prefix="dlqctl-bench-") as home:
        yield {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": home,
            "XDG_STATE_HOME": f"{home}/state",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def run_client(
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    *,
    exit_codes: Sequence[int] = (0,),
    meanwhile: Callable[[Callable[[], bool]], None] = lambda _: None,
) -> Used:
    """Run a client to its end. `meanwhile(running)` is called once it has been started."""
    with tempfile.TemporaryFile() as said:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=environment["HOME"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        try:
            meanwhile(lambda: _runs(process))
        except BaseException:
            process.kill()
            process.wait()
            raise
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall_seconds = time.monotonic() - started
        if process.returncode not in exit_codes:
            said.seek(0)
            raise ClientFailedError(
                f"{command} ended with {process.returncode}:\n{said.read()[-2000:].decode()}"
            )
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return Used(wall_seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * kilobyte)


def _runs(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process runs; one that has ended is left for wait4, which tells what it used."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
