"""Local servers for tests: moto's, ministack and the fake SQS, each a process of its own.

They listen on 127.0.0.1 only, get a home and a temporary folder that vanish with them, and are
stopped with everything they started, also when the tests are killed: each runs under

    python -m tests.servers MODULE [ARGUMENT ...]

which ends its process group as soon as its parent is gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
ORPHAN_CHECK_SECONDS = 1
STOP_SECONDS = 10


@contextlib.contextmanager
def moto_server() -> Iterator[str]:
    """moto's server. O(n) in the messages of a queue for each call: keep its queues small."""
    port = _free_port()
    with _running(["moto.server", "-H", "127.0.0.1", "-p", str(port)], port, "/moto-api/"):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def ministack(**environment: str) -> Iterator[str]:
    """ministack, without state that outlives it. It runs Python Lambda functions for real."""
    port = _free_port()
    settings = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LOG_LEVEL": "ERROR",
        # Two fixed ports that workers in parallel would fight over.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # Nothing to reap, and no reason to look for a container engine.
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
        **environment,
    }
    with _running(["ministack"], port, "/_ministack/health", settings):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def fake_sqs_server(*arguments: str) -> Iterator[str]:
    """The fake SQS; `arguments` are those of `python -m tests.fakes.sqs_server`."""
    port = _free_port()
    command = ["tests.fakes.sqs_server", "--port", str(port), *arguments]
    with _running(command, port, "/_fake/faults"):
        yield f"http://127.0.0.1:{port}"


def control(url: str, method: str, what: str, body: Any = None) -> Any:
    """Steer a fake SQS: `control(url, "POST", "clock", {"advance": 301})`."""
    request = urllib.request.Request(
        f"{url}/_fake/{what}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def _running(
    arguments: list[str], port: int, ready_path: str, settings: Mapping[str, str] | None = None
) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="dlqctl-server-", ignore_cleanup_errors=True) as home:
        log = Path(home) / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.servers", *arguments],
                cwd=ROOT,
                env=_environment(home, settings or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait_until_ready(process, f"http://127.0.0.1:{port}{ready_path}", log)
            yield
        finally:
            _stop(process)


def _environment(home: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the caller's AWS set-up, nothing of its proxies, no file outside `home`."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": home,
        "TMPDIR": home,
        "XDG_CACHE_HOME": home,
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "STATE_DIR": f"{home}/state",
        "S3_DATA_DIR": f"{home}/s3",
        **settings,
    }


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"no answer from {url}:\n{log.read_text(errors='replace')[-4000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """The whole process group: a server may have started workers."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=STOP_SECONDS)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(ORPHAN_CHECK_SECONDS)
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)  # ours alone: see _environment
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    parent = os.getppid()
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
