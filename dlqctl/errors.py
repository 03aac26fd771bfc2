"""What dlqctl says when it can't go on: one line, a hint, an exit code."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command (see docs/reference/exit-codes.md)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    IN_DOUBT = 4
    FINDINGS = 10
    BUG = 70
    INTERRUPTED = 130


class DlqctlError(Exception):
    """Something a person can act on. `message` is one line; `hint` says what to do next."""

    exit_code = ExitCode.FAILED

    def __init__(
        self, message: str, *, hint: str | None = None, exit_code: ExitCode | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if exit_code is not None:
            self.exit_code = exit_code


class UsageError(DlqctlError):
    """What was asked can't be meant: a bad option, a bad expression, an unsafe combination."""

    exit_code = ExitCode.USAGE


class AccessDeniedError(DlqctlError):
    """AWS refused an action; `action` is the IAM action to allow, where it is known."""

    def __init__(self, message: str, *, action: str | None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.action = action
