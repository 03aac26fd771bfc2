"""`dlqctl sandbox`: a small AWS on this machine, until Ctrl-C."""

import shlex
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from dlqctl.errors import DlqctlError

if TYPE_CHECKING:
    from dlqctl.sandbox.server import Sandbox

_LOOK_AGAIN_SECONDS = 0.5

_WHAT_IS_THERE = """\
Copy the lines above into another terminal; every AWS client there then talks to this sandbox.
  orders-dlq           12 orders that a bad release of the function `orders` failed on
  mixed-dlq            letters of two source queues, some of them hostile
  payments-dlq.fifo    payments in three message groups
  stream-failures      pointers into Kinesis, DynamoDB Streams and Kafka
  async-failures       asynchronous invocations of two functions
  events-dlq           EventBridge rules, a custom event bus, Scheduler
  notifications-dlq    SNS notifications
In two more Regions there is something to audit:
  eu-west-2            a careless corner, with a fault in nearly everything
  eu-central-1         the same with care
  (It has no CodeDeploy: `--ignore deploy` leaves out what can't be judged without.)
Begin with `dlqctl list` and `dlqctl peek orders-dlq`, or `dlqctl audit --region eu-west-2`.
"""


def sandbox(
    port: Annotated[
        int | None,
        typer.Option("--port", min=1, max=65535, help="Port on 127.0.0.1. Default: a free one."),
    ] = None,
    empty: Annotated[
        bool, typer.Option("--empty", help="Start with nothing in it: no queues, no letters.")
    ] = False,
) -> None:
    """Run a small AWS on this machine, with dead letters of every origin in it.

    Prints the variables to export on stdout and runs until Ctrl-C. It listens on 127.0.0.1 only,
    needs no account, and leaves nothing behind. Needs the `sandbox` extra:
    `pip install '.\\[sandbox]'`.
    """
    from dlqctl.sandbox.server import running

    stop_as_on_ctrl_c()
    _say("Starting a small AWS on this machine…\n")
    # Ctrl-C is how a sandbox ends, from its first moment on: it is no interruption.
    with suppress(KeyboardInterrupt), running(port) as started:
        if not empty:
            from dlqctl.sandbox.seed import seed

            _say("Placing orders with a broken function, and waiting for them to die…\n")
            seed(started)
        for name, value in started.variables().items():
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
        sys.stdout.flush()
        _say("" if empty else _WHAT_IS_THERE)
        _say("Ctrl-C stops it.\n")
        _wait_for_the_end(started)
    _say("Stopped; nothing is left of it.\n")


def stop_as_on_ctrl_c() -> None:
    """Let a termination or a closed terminal end the command as Ctrl-C does, tidying up."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup's wish
            signal.signal(number, signal.default_int_handler)


def _wait_for_the_end(started: "Sandbox") -> None:
    while started.alive:
        time.sleep(_LOOK_AGAIN_SECONDS)
    raise DlqctlError("the sandbox's server has ended by itself")


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
