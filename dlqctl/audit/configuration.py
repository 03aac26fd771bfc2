"""`dlqctl.toml`, or `[tool.dlqctl]` in pyproject.toml: what an audit looks for, and forgives.

fail_on = "warning"
ignore = ["deploy"]

[rules.stream-pointer-window-short]
severity = "warning"
minimum-window = "6h"

[[suppress]]
rules = ["dlq-not-empty"]
resource = "arn:aws:sqs:*:*:legacy-*"
reason = "switched off in March"
until = 2027-03-31
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dlqctl.audit.findings import Severity
from dlqctl.audit.rule import Rule
from dlqctl.audit.runner import RuleSettings, hint_for
from dlqctl.audit.suppress import Suppression
from dlqctl.errors import UsageError

FILE = "dlqctl.toml"

_DURATION = re.compile(r"(\d{1,7})([smhd])\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a file said, checked against the rules there are. `path` is None without a file."""

    path: Path | None = None
    fail_on: Severity | Literal["never"] | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    rules: Mapping[str, RuleSettings] = field(default_factory=dict)
    suppressions: tuple[Suppression, ...] = ()


class _Suppress(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rules: tuple[str, ...] = Field(min_length=1)
    resource: str = Field(min_length=1)
    reason: str = Field(min_length=1, pattern=r"\S")
    until: date | None = None


class _RuleTable(BaseModel):
    """Every further key is an option of the rule."""

    model_config = ConfigDict(extra="allow")

    enabled: bool | None = None
    severity: Severity | None = None


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fail_on: Severity | Literal["never"] | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    rules: dict[str, _RuleTable] = {}
    suppress: tuple[_Suppress, ...] = ()


def find_configuration(folder: Path) -> Path | None:
    """`dlqctl.toml` in `folder`, else pyproject.toml if it has `[tool.dlqctl]`, else None."""
    own, project = folder / FILE, folder / "pyproject.toml"
    if own.is_file():
        return own
    return project if project.is_file() and "dlqctl" in _toml(project).get("tool", {}) else None


def read_configuration(path: Path, rules: Mapping[str, Rule[Any]]) -> Configuration:
    """The configuration in `path`. Raises UsageError naming what is wrong, and where."""
    document = _toml(path)
    if path.name == "pyproject.toml":
        document = document.get("tool", {}).get("dlqctl", {})
    try:
        parsed = _Document.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise UsageError(f"{path}: {where}: {first['msg']}") from error
    return Configuration(
        path=path,
        fail_on=parsed.fail_on,
        select=parsed.select,
        ignore=parsed.ignore,
        rules={
            name: _settings(table, _rule(name, rules, path=path), path=path)
            for name, table in parsed.rules.items()
        },
        suppressions=tuple(
            _suppression(one, number, rules, path=path)
            for number, one in enumerate(parsed.suppress, 1)
        ),
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path} is not TOML: {error}") from error


def _rule(name: str, rules: Mapping[str, Rule[Any]], *, path: Path) -> Rule[Any]:
    if name not in rules:
        raise UsageError(f"{path}: no audit rule {name!r}", hint=hint_for(name, rules))
    return rules[name]


def _settings(table: _RuleTable, rule: Rule[Any], *, path: Path) -> RuleSettings:
    defaults = {option.name: option.default for option in rule.options}
    values: dict[str, int | timedelta] = {}
    for name, value in (table.model_extra or {}).items():
        if name not in defaults:
            known = ", ".join(["enabled", "severity", *defaults])
            raise UsageError(
                f"{path}: rules.{rule.id} has no option {name!r}", hint=f"it has {known}"
            )
        parsed = _value(value, like=defaults[name])
        if parsed is None:
            wanted = "a number" if isinstance(defaults[name], int) else "a duration such as 12h"
            raise UsageError(f"{path}: rules.{rule.id}.{name} is {value!r}, not {wanted}")
        values[name] = parsed
    return RuleSettings(enabled=table.enabled, severity=table.severity, options=values)


def _value(value: object, *, like: int | timedelta) -> int | timedelta | None:
    if isinstance(like, timedelta):
        written = _DURATION.match(value) if isinstance(value, str) else None
        return timedelta(seconds=int(written[1]) * _SECONDS[written[2]]) if written else None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return None


def _suppression(
    one: _Suppress, number: int, rules: Mapping[str, Rule[Any]], *, path: Path
) -> Suppression:
    groups = {rule.group for rule in rules.values()}
    for name in one.rules:
        if name != "*" and name not in groups:
            _rule(name, rules, path=path)
    return Suppression(
        rules=one.rules,
        resource=one.resource,
        reason=one.reason.strip(),
        written=f"{path.name}, suppress {number}",
        until=one.until,
    )
