"""`dlqctl sandbox` and `dlqctl demo` as somebody at a prompt runs them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

DLQCTL = [sys.executable, "-m", "dlqctl"]


@pytest.fixture
def own_folders(tmp_path: Path) -> dict[str, str]:
    """An environment whose home and temporary folder are ours to look into afterwards."""
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    mine = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return mine | {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}


def assert_nothing_left(tmp_path: Path) -> None:
    assert list((tmp_path / "home").iterdir()) == []
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_sandbox_prints_exports_alone_and_stops_cleanly(
    own_folders: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    with subprocess.Popen(
        [*DLQCTL, "sandbox", "--empty"],
        env=own_folders,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout
        lines = [command.stdout.readline() for _ in range(4)]
        command.send_signal(number)
        rest, said = command.communicate(timeout=20)
    assert command.returncode == 0, said
    assert rest == ""
    assert [line.partition("=")[0] for line in lines] == [
        "export AWS_ENDPOINT_URL",
        "export AWS_ACCESS_KEY_ID",
        "export AWS_SECRET_ACCESS_KEY",
        "export AWS_DEFAULT_REGION",
    ]
    assert lines[0].startswith("export AWS_ENDPOINT_URL=http://127.0.0.1:")
    assert_nothing_left(tmp_path)


def test_demo_comes_true_and_leaves_nothing(own_folders: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [*DLQCTL, "demo"],
        env=own_folders,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    commands = ("list", "peek orders-dlq", "redrive orders-dlq --rate", "fetch-stream-records")
    for command in commands:
        assert f"$ dlqctl {command}" in done.stdout
    assert "Every order was fulfilled, each exactly once" in done.stdout
    assert "14 parcels were tracked, each exactly once" in done.stdout
    assert_nothing_left(tmp_path)
