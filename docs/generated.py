"""The generated parts of the documentation, written into Markdown by cog (`make docs`)."""

import inspect
import json
from collections.abc import Iterator
from enum import Enum
from typing import Any

import typer.main

from dlqctl import origins
from dlqctl.aws.permissions import PERMISSIONS, policy
from dlqctl.cli.app import app
from dlqctl.errors import ExitCode

EXIT_CODES = {
    ExitCode.DONE: "done, and nothing at or above `--fail-on`",
    ExitCode.FAILED: "could not do it (AWS said no, no such queue, no credentials)",
    ExitCode.USAGE: "usage: a bad option, a bad expression, an unsafe combination",
    ExitCode.PARTIAL: "partly done and safe to run again: some entries failed or were refused, "
    "some records are trimmed, some rules could not be judged",
    ExitCode.IN_DOUBT: "in doubt: messages whose send could not be confirmed; a person chooses",
    ExitCode.FINDINGS: "audit found something at or above `--fail-on`",
    ExitCode.BUG: "a bug in dlqctl: a short message, the traceback in a file",
    ExitCode.INTERRUPTED: "interrupted, with the queue and the journal left consistent",
}


def command_reference() -> str:
    """Every command with its arguments and options, as Markdown."""
    root: Any = typer.main.get_command(app)
    return "\n".join(_section("dlqctl", root)).strip() + "\n"


def _section(path: str, command: Any) -> Iterator[str]:
    if path != "dlqctl":
        yield f"## `{path}`\n"
        yield inspect.cleandoc(command.help or "").replace("\\[", "[") + "\n"
        yield from _parameters(command)
    for name, child in getattr(command, "commands", {}).items():
        yield from _section(f"{path} {name}", child)


def _parameters(command: Any) -> Iterator[str]:
    rows = []
    for parameter in command.params:
        if getattr(parameter, "hidden", False) or "--help" in parameter.opts:
            continue
        is_option = parameter.param_type_name == "option"
        names = ", ".join(parameter.opts) if is_option else parameter.metavar or parameter.name
        value = "" if getattr(parameter, "is_flag", False) or not is_option else _value(parameter)
        text = " ".join((getattr(parameter, "help", "") or "").split())
        rows.append(f"| `{_cell(f'{names} {value}'.strip())}` | {_cell(text)} |")
    if rows:
        yield "| argument or option | meaning |\n|---|---|"
        yield from rows
        yield ""


def _value(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(choice.value) for choice in kind)
    return str(parameter.metavar or kind.__name__.upper())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def exit_codes() -> str:
    """The table of exit codes."""
    rows = [f"| {code.value} | {EXIT_CODES[code]} |" for code in ExitCode]
    return "\n".join(["| code | meaning |", "|---|---|", *rows]) + "\n"


def iam_policies() -> str:
    """One least-privilege policy per command."""
    parts = []
    for command in PERMISSIONS:
        document = json.dumps(policy(command), indent=2)
        parts.append(f"### `dlqctl {command}`\n\n```json\n{document}\n```\n")
    return "\n".join(parts)


def origin_table() -> str:
    """Each origin with the first line of its documentation."""
    rows = []
    for name, origin in sorted(origins.registry().items()):
        module = inspect.getmodule(origin.decode)
        first = inspect.cleandoc(inspect.getdoc(module) or "").splitlines()[0]
        rows.append(f"| `{name}` | {_cell(first)} |")
    return "\n".join(["| origin | how it became a dead letter |", "|---|---|", *rows]) + "\n"
