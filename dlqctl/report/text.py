"""Text that came out of a queue or an account, made safe to show.

Nothing in it is interpreted: escape sequences, control characters, bidirectional overrides and
Rich markup are shown as what they are.
"""

import re
from datetime import timedelta

# C0 and C1 controls, DEL, line and paragraph separators, bidirectional controls, zero-width
# characters, lone surrogates and non-characters.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_UNSAFE_IN_LINES = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff"
    "\ud800-\udfff]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e"}


def plain(text: str) -> str:
    """`text` on one line, every control character written as an escape."""
    return _UNSAFE.sub(_escape, text)


def plain_lines(text: str) -> str:
    """As `plain`, but line feeds and tabs stay."""
    return _UNSAFE_IN_LINES.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    named = _NAMED.get(character)
    if named:
        return named
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def shortened(text: str, width: int) -> str:
    """At most `width` characters of `text`, with an ellipsis where something was cut."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def rough_duration(span: timedelta) -> str:
    """`3d 4h`, `2h 5m`, `41s`: the two largest units, rounded down."""
    seconds = max(int(span.total_seconds()), 0)
    parts = [
        (seconds // 86_400, "d"),
        (seconds // 3_600 % 24, "h"),
        (seconds // 60 % 60, "m"),
        (seconds % 60, "s"),
    ]
    first = next((n for n, (count, _) in enumerate(parts) if count), len(parts) - 1)
    shown = [f"{count}{unit}" for count, unit in parts[first : first + 2] if count]
    return " ".join(shown) or "0s"
