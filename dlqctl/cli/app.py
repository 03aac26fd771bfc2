"""The Typer app, and the one place where an exception becomes an exit code."""

import errno
import io
import os
import sys
import tempfile
import traceback
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from dlqctl.errors import DlqctlError, ExitCode
from dlqctl.report.text import plain

app = typer.Typer(
    name="dlqctl",
    help="See why messages died on a dead-letter queue, and bring them back.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

# Command name, module in dlqctl.cli, function. In the order of `dlqctl --help`.
COMMANDS = (
    ("list", "list_queues", "list_queues"),
    ("peek", "peek", "peek"),
    ("redrive", "redrive", "redrive"),
    ("fetch-stream-records", "fetch_stream_records", "fetch_stream_records"),
    ("runs", "runs", "runs"),
    ("audit", "audit", "audit"),
    ("rule", "rule", "rule"),
    ("sandbox", "sandbox", "sandbox"),
    ("demo", "demo", "demo"),
)


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"dlqctl {version('dlqctl')}\n")
        raise typer.Exit


@app.callback()
def dlqctl(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """See why messages died on a dead-letter queue, and bring them back."""


for _name, _module, _function in COMMANDS:
    _command = getattr(import_module(f"dlqctl.cli.{_module}"), _function)
    if isinstance(_command, typer.Typer):
        app.add_typer(_command, name=_name)
    else:
        app.command(_name)(_command)


def main() -> None:
    """The console script."""
    sys.exit(run())


def run() -> int:
    """Run the command line in sys.argv; returns the exit code, and never raises."""
    _ready_output()
    try:
        code = int(app(standalone_mode=False) or ExitCode.DONE)
        sys.stdout.flush()
        return code
    except DlqctlError as error:
        _say(error.message, error.hint)
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _drop_output()  # its reader has gone
        return ExitCode.FAILED
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename is not None:
            return _report_bug(error)
        _drop_output()
        _say("can't write the output: no space left on the device", "send it somewhere else")
        return ExitCode.FAILED
    except Exception as error:  # noqa: BLE001  the boundary: what nobody expected ends here
        # Usage errors are the vendored click's, which must not be imported: known by their shape.
        if hasattr(error, "format_message") and hasattr(error, "exit_code"):
            _say(error.format_message(), _usage_hint(error))
            return ExitCode.USAGE
        return _report_bug(error)


def _ready_output() -> None:
    """JSON and bodies are UTF-8 whatever the locale; a closed stream is as good as /dev/null."""
    # For the whole life of the process: nobody closes what everybody writes to.
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and "utf" not in stream.encoding.lower():
            stream.reconfigure(encoding="utf-8")


def _drop_output() -> None:
    """What Python still holds for stdout has nowhere to go."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage_hint(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "dlqctl"
    return f"`{command} --help` shows how"


def _say(message: str, hint: str | None) -> None:
    # Messages carry names that came out of an account. No message: the help was shown instead.
    if not message:
        return
    sys.stderr.write(f"dlqctl: {plain(message)}\n")
    if hint:
        sys.stderr.write(f"  {plain(hint)}\n")


def _report_bug(error: Exception) -> int:
    with tempfile.NamedTemporaryFile(
        "w", prefix="dlqctl-bug-", suffix=".txt", delete=False, encoding="utf-8"
    ) as report:
        report.write(f"dlqctl {version('dlqctl')} on Python {sys.version}\n\n")
        report.writelines(traceback.format_exception(error))
    _say(
        f"this is a bug in dlqctl: {type(error).__name__}: {error}",
        f"please report it with {report.name} (read it first: it may hold names of yours)",
    )
    return ExitCode.BUG
