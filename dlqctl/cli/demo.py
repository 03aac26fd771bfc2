"""`dlqctl demo`: the whole story on a sandbox, told by running the commands themselves."""

import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlqctl.cli.sandbox import stop_as_on_ctrl_c
from dlqctl.errors import DlqctlError, ExitCode

if TYPE_CHECKING:
    from dlqctl.sandbox.server import Sandbox
    from dlqctl.sandbox.shipments import Shipments
    from dlqctl.sandbox.shop import Shop

_PLAIN_WIDTH_COLUMNS = "110"


def demo() -> None:
    """Tell the whole story on a sandbox: a bad release, dead letters, the fix, the redrive.

    Takes under a minute, needs no account, and leaves nothing behind. Exits 1 if the story does
    not come true. Needs the `sandbox` extra: `pip install '.\\[sandbox]'`.
    """
    from dlqctl.sandbox.seed import seed
    from dlqctl.sandbox.server import running

    stop_as_on_ctrl_c()
    sys.stderr.write("Starting a small AWS on this machine (about ten seconds)…\n")
    with running() as sandbox:
        _tell(_Narrator(sandbox), seed(sandbox))


@dataclass(frozen=True)
class _Narrator:
    """Says what happens as shell comments, and runs commands as somebody at a prompt would."""

    sandbox: "Sandbox"

    def say(self, *lines: str) -> None:
        sys.stdout.write("\n" + "".join(f"# {line}\n" for line in lines))
        sys.stdout.flush()

    def run(self, *arguments: str, expected: ExitCode = ExitCode.DONE) -> None:
        """Run `dlqctl` with `arguments`; DlqctlError unless it exits as `expected`."""
        import subprocess

        command = shlex.join(("dlqctl", *arguments))
        sys.stdout.write(f"$ {command}\n")
        sys.stdout.flush()
        environment = self.sandbox.environment()
        if not sys.stdout.isatty():
            environment.setdefault("COLUMNS", _PLAIN_WIDTH_COLUMNS)
        # -P: the directory this was called from must not shadow Python's own modules. One stream,
        # so that a transcript holds what was said in the order in which it was said.
        done = subprocess.run(
            [sys.executable, "-P", "-m", "dlqctl", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode != expected:
            raise DlqctlError(f"the demo failed: `{command}` exited with {done.returncode}")


def _tell(narrator: _Narrator, shop: "Shop") -> None:
    from dlqctl.sandbox.shipments import Shipments

    _look(narrator, shop)
    _fix(narrator, shop)
    _redrive(narrator, shop)
    _bring_back(narrator, Shipments(shop.clients))


def _look(narrator: _Narrator, shop: "Shop") -> None:
    from dlqctl.sandbox.shop import Release, all_orders, doomed

    before, died = shop.state(), sum(map(doomed, all_orders()))
    _require(before.dead_letters.total == died, f"{died} orders should have died: {before}")
    narrator.say(
        f"A shop's queue `orders` feeds a Lambda function. Release {Release.BROKEN.version} went "
        "out,",
        f"and of {len(all_orders())} orders {len(before.times_fulfilled)} were fulfilled. "
        "Where are the others?",
    )
    narrator.run("list")
    narrator.say("Look without taking.")
    narrator.run("peek", "orders-dlq", "--limit", "3")
    narrator.say("What do the dead have in common?")
    narrator.run("peek", "orders-dlq", "--group-by", "body.currency")
    narrator.run("peek", "orders-dlq", "--group-by", "attributes.channel.value")
    narrator.say("Other origins keep the error itself. Here, a function called asynchronously:")
    narrator.run("peek", "async-failures", "--group-by", "error.type")


def _fix(narrator: _Narrator, shop: "Shop") -> None:
    from dlqctl.sandbox.shop import Release

    narrator.say(
        "So: the release doesn't know JPY and KWD, nor what kiosks with older software send.",
        f"The fix, release {Release.FIXED.version}:",
    )
    _show_changes(Release.BROKEN.source, Release.FIXED.source)
    shop.deploy(Release.FIXED)
    narrator.say(f"Release {Release.FIXED.version} is deployed.")


def _show_changes(before: str, after: str) -> None:
    import difflib

    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    changed = [line for line in list(lines)[2:] if line[0] in "+-" and line[1:].strip()]
    sys.stdout.write("".join(f"  {line}\n" for line in changed))


def _redrive(narrator: _Narrator, shop: "Shop") -> None:
    from dlqctl.sandbox.shop import all_orders

    narrator.say("Send the dead letters back to where they failed, four a second.")
    narrator.run("redrive", "orders-dlq", "--rate", "4", "--yes")
    after = shop.wait_until(lambda state: state.at_rest)
    fulfilled = len(after.times_fulfilled)
    narrator.say(f"{fulfilled} of {len(all_orders())} orders are fulfilled now. Anything left?")
    narrator.run("list")
    _require(after.dead_letters.total == 0, f"orders-dlq should be empty: {after.dead_letters}")
    _require(
        after.every_order_fulfilled_once,
        f"every order should be fulfilled once: {after.times_fulfilled}",
    )
    narrator.say("Every order was fulfilled, each exactly once, and orders-dlq is empty.")


def _bring_back(narrator: _Narrator, shipments: "Shipments") -> None:
    from dlqctl.sandbox.shipments import ShipmentRelease, parcel_name

    narrator.say(
        "A stream's mapping leaves only pointers behind. The records themselves expire:",
        "which are there, and until when?",
    )
    narrator.run("fetch-stream-records", "stream-failures", "--dry-run")
    narrator.say("One of them, as it was put on the stream:")
    one = "pointer.count == `1`"
    narrator.run("fetch-stream-records", "stream-failures", "--where", one)
    narrator.say(
        "Newer scanners weigh in grams, which release"
        f" {ShipmentRelease.BROKEN.version} can't read. The fix:"
    )
    _show_changes(ShipmentRelease.BROKEN.source, ShipmentRelease.FIXED.source)
    shipments.deploy(ShipmentRelease.FIXED)
    narrator.say("The function gets the batches it failed on again; what has expired is named.")
    source = ("--origin", "lambda-stream", "--source", "track-shipments")
    narrator.run(
        *("fetch-stream-records", "stream-failures", *source),
        *("--replay", "invoke", "--yes", "--delete"),
        expected=ExitCode.PARTIAL,
    )
    tracked = shipments.times_tracked()
    wanted = dict.fromkeys(map(parcel_name, (*range(10), 12, 20, 21, 22)), 1)
    _require(tracked == wanted, f"each parcel should be tracked once: {tracked}")
    narrator.say(f"{len(tracked)} parcels were tracked, each exactly once.")


def _require(came_true: bool, otherwise: str) -> None:
    if not came_true:
        raise DlqctlError(f"the story did not come true: {otherwise}")
