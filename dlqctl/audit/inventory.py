"""Everything that is known of one account in one Region, or of one template.

Rules see an Inventory and nothing else. What could not be read is in it as well: as `Unknown`
fields, as `gaps` (a whole type could not be listed) and as `elsewhere` (things outside of it).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from dlqctl.audit.facts import Fact, Reference, Unknown, parse_arn
from dlqctl.audit.graph import Graph
from dlqctl.audit.resources import Resource

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True)
class Inventory:
    """Facts about resources, and the graph between them.

    `origin` is what was read, as a person names it: `111122223333/eu-west-1`, `template.yaml`.
    `account_id` and `region` are None for a template. `gaps` says of which types some or all are
    missing here, and why. `missing` are refs that were looked for and do not exist. `elsewhere`,
    where set, is the answer for a ref that is simply not here (a template, a narrowed audit);
    where it is None, what is not here does not exist. `complete` are types of which everything is
    here all the same. A narrowed audit judges the refs in `focus` only; None is everything.
    """

    resources: tuple[Resource, ...]
    origin: str
    live: bool = True
    account_id: str | None = None
    region: str | None = None
    gaps: Mapping[type[Resource], Unknown] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    elsewhere: Unknown | None = None
    complete: frozenset[type[Resource]] = frozenset()
    focus: frozenset[str] | None = None

    def of(self, kind: type[R]) -> tuple[R, ...]:
        """Every resource of this type that was seen; `gap(kind)` says whether there are more."""
        return self._by_kind.get(kind, ())  # type: ignore[return-value]

    def gap(self, kind: type[Resource]) -> Unknown | None:
        """Why there may be more of this type than `of` gives, None when there are no more."""
        return self.gaps.get(kind)

    def find(self, kind: type[R], to: Reference) -> Fact[R | None]:
        """What `to` points at: None when it does not exist, Unknown when nobody can say."""
        found = self._by_ref.get((kind, to.ref))
        if found is not None:
            return found  # type: ignore[return-value]
        if to.ref in self.missing:
            return None
        return self._foreign(to) or self.gap(kind) or self._elsewhere(kind)

    def _elsewhere(self, kind: type[Resource]) -> Unknown | None:
        return None if kind in self.complete else self.elsewhere

    def judged(self, kind: type[R]) -> tuple[R, ...]:
        """The resources of this type that an audit is about: all of them, or those in `focus`."""
        found = self.of(kind)
        if self.focus is None:
            return found
        return tuple(one for one in found if one.ref in self.focus)

    def named(self, kind: type[R], name: str) -> Fact[R | None]:
        """What goes by this name (or ref): as `find`, for dimensions of metrics."""
        found = self._by_name.get((kind, name))
        if found is not None:
            return found  # type: ignore[return-value]
        return self.gap(kind) or self._elsewhere(kind)

    def _foreign(self, to: Reference) -> Unknown | None:
        arn = parse_arn(to.ref)
        if arn is None or self.account_id is None or not arn.account_id:
            return None
        if arn.account_id != self.account_id or arn.region != self.region:
            return Unknown(f"{to.ref} is in another account or Region")
        return None

    @cached_property
    def graph(self) -> Graph:
        """What feeds, consumes, invokes and watches what."""
        return Graph(self.of, self.gap)

    @cached_property
    def _by_kind(self) -> dict[type[Resource], tuple[Resource, ...]]:
        kinds: defaultdict[type[Resource], list[Resource]] = defaultdict(list)
        for resource in self.resources:
            kinds[type(resource)].append(resource)
        return {
            kind: tuple(sorted(found, key=lambda one: (one.ref, one.part or "")))
            for kind, found in kinds.items()
        }

    @cached_property
    def _by_ref(self) -> dict[tuple[type[Resource], str], Resource]:
        return {(type(resource), resource.ref): resource for resource in self.resources}

    @cached_property
    def _by_name(self) -> dict[tuple[type[Resource], str], Resource]:
        named = {(type(one), one.name): one for one in self.resources if one.name}
        return named | self._by_ref
