"""Ctrl-C: finish what is under way, give back what is held, then end."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from dlqctl.errors import ExitCode


@contextmanager
def interruptible(finish: threading.Event, saying: str) -> Iterator[list[int]]:
    """In the block the first Ctrl-C (or SIGTERM) sets `finish`, a second quits at once.

    No exception is raised: what SQS has handed out can be held, and what is held given back,
    wherever the signal comes. Yields the signals that came.
    """
    came: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if came:
            os._exit(ExitCode.INTERRUPTED)
        came.append(number)
        finish.set()
        os.write(2, f"\n{saying} (again to quit at once)\n".encode())

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
