"""A fact that rules may read and the collector never sets would pass for AWS's default."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import fields
from pathlib import Path

import pytest

from dlqctl.audit import live, resources
from dlqctl.audit.resources import Resource

# Of templates; set for all at once, by ref; of the few that have one.
ELSEWHERE = {"place", "tags", "part"}
# An alias is made from a listing; its policy and its deployments are asked for afterwards.
SET_LATER = {"Alias": {"policy", "gradual"}}

TYPES = [
    one
    for one in vars(resources).values()
    if isinstance(one, type) and issubclass(one, Resource) and one is not Resource
]


def given() -> dict[str, set[str]]:
    """The keywords that each type is made with, anywhere in the collector."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in Path(live.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                found[node.func.id] |= {one.arg for one in node.keywords if one.arg}
    return found


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: str(kind.__name__))
def test_every_fact_is_read(kind: type[Resource]) -> None:
    keywords = given()
    later = SET_LATER.get(kind.__name__, set())
    assert later <= keywords["replace"]
    unset = {one.name for one in fields(kind)} - keywords[kind.__name__] - ELSEWHERE - later
    assert not unset, f"dlqctl/audit/live never sets {unset} of {kind.__name__}"
