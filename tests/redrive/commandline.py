"""The real command line in a process of its own, with nothing of the caller's around it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 120
Done = subprocess.CompletedProcess[str]

_ON_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execv(sys.executable, [sys.executable, '-m', 'dlqctl', *sys.argv[1:]])"
)
_LIMITED = (
    "import os, resource, sys; size = int(sys.argv[1]);"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (size, size));"
    "os.execv(sys.executable, [sys.executable, '-m', 'dlqctl', *sys.argv[2:]])"
)


class CommandLine:
    """Runs `dlqctl` against one endpoint, with a home of its own."""

    def __init__(self, url: str, home: Path, *, region: str = "us-east-1") -> None:
        self.url = url
        self.home = home
        self.environment = {
            "PATH": os.defpath,
            "HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
            "TMPDIR": str(home),
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": url,
        }

    @property
    def journal(self) -> Path:
        return self.home / "state" / "dlqctl" / "journal.sqlite3"

    def start(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        file_bytes: int | None = None,
        controlling_terminal: bool = False,
        **popen: Any,
    ) -> subprocess.Popen[str]:
        """`file_bytes`: no file may grow beyond this, as if the disk were full."""
        command = [sys.executable, "-m", "dlqctl", *arguments]
        if file_bytes is not None:
            command = [sys.executable, "-c", _LIMITED, str(file_bytes), *arguments]
        if controlling_terminal:
            command = [sys.executable, "-c", _ON_TERMINAL, *arguments]
        settings: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            **popen,
        }
        environment = {**self.environment, **(environment or {})}
        environment = {name: value for name, value in environment.items() if value}
        return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **settings)

    def run(self, *arguments: str, **more: Any) -> Done:
        with self.start(*arguments, **more) as process:
            out, err = process.communicate(timeout=TIMEOUT_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def json(self, *arguments: str, code: int = 0, **more: Any) -> Any:
        """What it prints as JSON, once it has ended with `code`."""
        done = self.run(*arguments, "-o", "json", **more)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    def last_run(self) -> str:
        return str(self.json("runs")["runs"][0]["run"])
