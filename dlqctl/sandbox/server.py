"""Starts and stops the local AWS (ministack) that a sandbox lives in."""

import os
import site
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from dlqctl.errors import DlqctlError
from dlqctl.sandbox import keeper

ACCOUNT_ID: Final = "111122223333"
REGION: Final = "eu-west-1"
_ADDRESS = "127.0.0.1"
_CREDENTIAL = "sandbox"
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Sandbox:
    """A running local AWS: where it listens, and the folder that holds all of its files."""

    endpoint_url: str
    folder: Path

    @property
    def alive(self) -> bool:
        """Whether the server still runs: its keeper removes the folder when it ends."""
        return self.folder.exists()

    def variables(self) -> dict[str, str]:
        """The environment variables with which any AWS client talks to this sandbox."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": _CREDENTIAL,
            "AWS_SECRET_ACCESS_KEY": _CREDENTIAL,
            "AWS_DEFAULT_REGION": REGION,
        }

    def environment(self) -> dict[str, str]:
        """A whole environment for a command that must neither see nor touch the user's own:
        no AWS settings but the sandbox's, and a home and state folder that end with it."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return mine | self.variables() | _private_home(self.folder)


@contextmanager
def running(port: int | None = None) -> Iterator[Sandbox]:
    """Run a local AWS on 127.0.0.1 for the length of a `with` block.

    `port` is the TCP port to listen on; None takes a free one. When the block ends, or this
    process does in any way, every process and file of the sandbox is gone. Raises DlqctlError
    when ministack is not installed, the port is taken, or the server does not come up.
    """
    if find_spec("ministack") is None:
        raise DlqctlError(
            "the sandbox needs ministack, which is not installed",
            hint="pip install 'dlqctl[sandbox]'",
        )
    chosen = _free_port(port)
    folder = Path(tempfile.mkdtemp(prefix="dlqctl-sandbox-")).resolve()
    process = _start(folder, chosen)
    try:
        sandbox = Sandbox(endpoint_url=f"http://{_ADDRESS}:{chosen}", folder=folder)
        _wait_until_healthy(sandbox, process)
        yield sandbox
    finally:
        _stop(process)


def _free_port(port: int | None) -> int:
    with socket.socket() as probe:
        # As the server will: a port whose last connections are still in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_ADDRESS, port or 0))
        except OSError as error:
            raise DlqctlError(
                f"port {port} on {_ADDRESS} can't be used: {error.strerror}",
                hint="choose another with --port, or leave --port out to take a free one",
            ) from error
        chosen: int = probe.getsockname()[1]
        return chosen


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    # -P: keeper.py is run by its path, and its neighbours must not shadow other modules.
    command = [sys.executable, "-P", keeper.__file__, str(folder)]
    return subprocess.Popen(
        [*command, sys.executable, "-P", "-m", "ministack"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=_server_environment(folder, port),
        start_new_session=True,
    )


def _server_environment(folder: Path, port: int) -> dict[str, str]:
    """Nothing of the user's but what Python needs to run: the server's Lambda functions inherit
    its environment, and real credentials have no business there."""
    kept = {"PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}
    return {
        **{name: value for name, value in os.environ.items() if name in kept},
        **_private_home(folder),
        "TMPDIR": str(folder),
        "BIND_HOST": _ADDRESS,
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "MINISTACK_REGION": REGION,
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "PERSIST_STATE": "0",
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": "INFO",
        # No other listeners, and hands off a Docker daemon that may be on this machine.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
    }


def _private_home(folder: Path) -> dict[str, str]:
    return {
        "HOME": str(folder / "home"),
        "XDG_STATE_HOME": str(folder / "home" / "state"),
        "XDG_CONFIG_HOME": str(folder / "home" / "config"),
        "XDG_CACHE_HOME": str(folder / "home" / "cache"),
        "NO_PROXY": _ADDRESS,
        "no_proxy": _ADDRESS,
        # Where `pip install --user` put packages, which Python would look for under HOME.
        "PYTHONUSERBASE": site.getuserbase(),
    }


def _wait_until_healthy(sandbox: Sandbox, process: subprocess.Popen[bytes]) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            with direct.open(f"{sandbox.endpoint_url}/_ministack/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        if process.poll() is not None:
            raise DlqctlError("the sandbox's server ended at once", hint=_last_words(process))
    raise DlqctlError(f"the sandbox's server was not ready within {_START_SECONDS:.0f} s")


def _last_words(process: subprocess.Popen[bytes]) -> str | None:
    lines = process.stderr.read().decode(errors="replace").splitlines() if process.stderr else []
    return lines[-1] if lines else None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Tell the keeper to end everything, by closing its standard input, and wait for it."""
    for pipe in (process.stdin, process.stderr):
        if pipe:
            pipe.close()
    process.wait(timeout=_STOP_SECONDS)
