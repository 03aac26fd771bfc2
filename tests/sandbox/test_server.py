import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from dlqctl.errors import DlqctlError
from dlqctl.sandbox import server

STARTS_AND_WAITS = """
import time
from dlqctl.sandbox.server import running
with running() as sandbox:
    print(sandbox.folder, flush=True)
    time.sleep(60)
"""


def eventually(holds: Callable[[], bool], *, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def server_group(folder: Path) -> int:
    """The server's process group, of which its Lambda workers are members too."""
    (pid_file,) = folder.glob("ministack-*.pid")
    return os.getpgid(int(pid_file.read_text()))


def group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_leaves_no_process_and_no_file() -> None:
    with server.running() as sandbox:
        group = server_group(sandbox.folder)
        assert sandbox.alive
        assert not group_is_gone(group)
        assert group != os.getpgrp(), "Ctrl-C at the terminal would reach the server first"
    assert not sandbox.folder.exists()
    assert eventually(lambda: group_is_gone(group))
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(sandbox.endpoint_url, timeout=5)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_ends_with_the_process_that_asked_however_that_ends(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_AND_WAITS],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as asking:
        assert asking.stdout
        folder = Path(asking.stdout.readline().strip())
        group = server_group(folder)
        asking.send_signal(number)
    assert eventually(lambda: not folder.exists())
    assert eventually(lambda: group_is_gone(group))


def test_ends_when_the_server_dies() -> None:
    with server.running() as sandbox:
        os.killpg(server_group(sandbox.folder), signal.SIGKILL)
        assert eventually(lambda: not sandbox.alive)


def test_says_that_a_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DlqctlError, match=f"port {port}") as caught, server.running(port):
            pass
    assert caught.value.hint is not None
    assert "--port" in caught.value.hint


def test_says_how_to_install_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "find_spec", lambda _name: None)
    with pytest.raises(DlqctlError) as caught, server.running():
        pass
    assert caught.value.exit_code == 1
    assert "pip install '.[sandbox]'" in (caught.value.hint or "")


def test_says_why_the_server_did_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(server.tempfile, "mkdtemp", lambda prefix: str(tmp_path / "sandbox"))
    (tmp_path / "sandbox").mkdir()
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    (shadow / "ministack.py").write_text("raise SystemExit('no room at the inn')")
    monkeypatch.setenv("PYTHONPATH", str(shadow))
    with pytest.raises(DlqctlError, match="ended at once") as caught, server.running():
        pass
    assert caught.value.hint == "no room at the inn"
    assert eventually(lambda: not (tmp_path / "sandbox").exists())


def test_commands_in_it_see_none_of_the_users_aws_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    sandbox = server.Sandbox("http://127.0.0.1:1", tmp_path)
    environment = sandbox.environment()
    assert {name for name in environment if name.startswith("AWS_")} == set(sandbox.variables())
    assert environment["HOME"].startswith(str(tmp_path))
    assert environment["XDG_STATE_HOME"].startswith(str(tmp_path))
