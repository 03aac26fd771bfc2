"""The audit's rules: one module each, found by being here.

To add one, write two files and touch nothing else:

1. `dlqctl/audit/rules/stream_no_bisect.py`. Its docstring is the rule's page (sections as
   `dlqctl.audit.page` describes); it ends with `RULE = Rule("stream-no-bisect", __doc__, …)`.
   `judges` is the type of resource, `where` narrows it (`dlqctl.audit.subjects`), `judge` yields a
   `Fault` for each thing wrong. Read facts through `known(…)`: where one is unknown, the
   judgement ends there and the resource is reported as not judged, never as passed. So ask for a
   fact only when the verdict hangs on it, cheap exclusions first. Ask the graph for `.seen` when
   one match is enough to find fault, for `.exists` or `.all` when an absent one would be.
2. `tests/audit/cases/stream_no_bisect.py`. `FAILS`, `PASSES` and `NOT_JUDGED` each map a few words
   to a case, built with `tests/audit/build.py`. `tests/audit/test_rules.py` runs them and holds
   the registry to its promises.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from dlqctl.audit.rule import Rule


@cache
def registry() -> Mapping[str, Rule[Any]]:
    """Every rule by id, in the order of ids."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    rules = sorted((module.RULE for module in modules), key=lambda rule: str(rule.id))
    return {rule.id: rule for rule in rules}
