"""A rule's docstring as a page.

The first paragraph is the summary (one sentence). Then sections, each begun by its name and a
colon at the margin: `What`, `Why`, `Judged` are text; `CLI`, `SAM`, `CloudFormation`, `Terraform`
are code, indented by four; `Source` is AWS's page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import dedent

TEXTS = ("What", "Why", "Judged")
FIXES = ("CLI", "SAM", "CloudFormation", "Terraform")
SECTIONS = (*TEXTS, *FIXES, "Source")

_HEADING = re.compile(rf"^({'|'.join(SECTIONS)}):[ \t]*", re.M)


@dataclass(frozen=True, slots=True)
class Page:
    """The documentation of one rule; `fixes` is code by tool, in the order of FIXES."""

    summary: str
    what: str
    why: str
    judged: str
    fixes: Mapping[str, str]
    url: str


def parse_page(doc: str) -> Page:
    """`doc` in its sections. Raises ValueError naming what is absent, doubled or out of order."""
    summary, *rest = _HEADING.split(doc.strip())
    names, bodies = rest[::2], rest[1::2]
    if tuple(names) != SECTIONS:
        raise ValueError(f"sections are {', '.join(names)}; expected {', '.join(SECTIONS)}")
    sections = dict(zip(names, bodies, strict=True))
    empty = [name for name, body in sections.items() if not body.strip()]
    if empty or not summary.strip():
        raise ValueError(f"nothing is said under {', '.join(empty) or 'the summary'}")
    what, why, judged = (" ".join(sections[name].split()) for name in TEXTS)
    return Page(
        summary=" ".join(summary.split()),
        what=what,
        why=why,
        judged=judged,
        fixes={name: dedent(sections[name]).strip("\n").rstrip() for name in FIXES},
        url=sections["Source"].strip(),
    )
