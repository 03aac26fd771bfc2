"""Tables in Markdown, aligned so that they read well on a terminal too."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def write_table(
    title: str, header: Sequence[str], rows: Sequence[Sequence[object]], *, note: str = ""
) -> None:
    """The first column is text, the others are figures; a note stands below."""
    lines = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    sys.stdout.write(f"\n### {title}\n\n")
    for line in [lines[0], rule, *lines[1:]]:
        first, *figures = line
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(figures, widths[1:], strict=True)]
        sys.stdout.write(f"| {' | '.join(cells)} |\n")
    if note:
        sys.stdout.write(f"\n{note}\n")
    sys.stdout.flush()
