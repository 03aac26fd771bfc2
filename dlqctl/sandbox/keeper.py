"""Lets no process and no file of a sandbox outlive the process that asked for it.

Run as a script: `keeper.py FOLDER COMMAND…`. It runs COMMAND in a process group of its own until
standard input closes, which the kernel does however the asking process ends, SIGKILL included.
Then it kills that whole group (Lambda workers too) and removes FOLDER. Standard library only.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

LOG_NAME = "server.log"
_LOG_TAIL_CHARACTERS = 2_000
_WATCH_INTERVAL_SECONDS = 0.2
_REMOVAL_TRIES = 10


def keep(folder: Path, command: list[str]) -> int:
    """Run `command` until standard input closes (0) or it ends by itself (1, log on stderr)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Not SIG_IGN: that would be inherited, and the server ends its workers with SIGTERM.
        signal.signal(number, lambda *_: None)
    log = folder / LOG_NAME
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            start_new_session=True,
        )
    try:
        return _watch(server, log)
    finally:
        _kill_group(server)
        _remove(folder)


def _watch(server: subprocess.Popen[bytes], log: Path) -> int:
    while server.poll() is None:
        readable, _, _ = select.select([sys.stdin], [], [], _WATCH_INTERVAL_SECONDS)
        if readable and not os.read(sys.stdin.fileno(), 1):
            return 0
    sys.stderr.write(log.read_text(errors="replace")[-_LOG_TAIL_CHARACTERS:])
    return 1


def _kill_group(server: subprocess.Popen[bytes]) -> None:
    # SIGKILL at once: the sandbox keeps nothing, and a polite stop waits for open connections.
    try:
        os.killpg(server.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        server.wait()


def _remove(folder: Path) -> None:
    # Of the group only the server is ours to wait for: a worker's last write can come between.
    for _ in range(_REMOVAL_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_WATCH_INTERVAL_SECONDS)


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1]), sys.argv[2:]))
