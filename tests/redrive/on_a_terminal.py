"""The command line with a terminal around it: what it draws, and what it is answered."""

from __future__ import annotations

import os
import pty
import select
import time

from tests.redrive.commandline import TIMEOUT_SECONDS, CommandLine


def on_a_terminal(
    dlqctl: CommandLine, *arguments: str, when: str = "", then: str = ""
) -> tuple[int, bytes]:
    """Exit code and all that came on screen; `then` is typed once `when` has come.

    Typing Ctrl-C (`\\x03`) interrupts, as the terminal is the process's own.
    """
    ours, theirs = pty.openpty()
    try:
        process = dlqctl.start(
            *arguments,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            controlling_terminal=True,
            environment={"TERM": "xterm-256color", "COLUMNS": "120"},
        )
        os.close(theirs)
        screen = b""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        with process:
            while True:
                assert time.monotonic() < deadline, screen
                if not select.select([ours], [], [], 0.2)[0]:
                    if process.poll() is not None:
                        break
                    continue
                try:
                    seen = os.read(ours, 65_536)
                except OSError:  # the other end is closed
                    break
                screen += seen
                if when and when.encode() in screen:
                    os.write(ours, then.encode())
                    when = ""
            code = process.wait(timeout=TIMEOUT_SECONDS)
        return code, screen
    finally:
        os.close(ours)
