"""Benefits converge: what should be granted is entitled sources × the benefits of their products; make what is granted equal to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.benefits.domain import grant as grants
from services.benefits.domain.benefit import Benefit
from services.benefits.domain.facts import Fact
from services.benefits.domain.grant import Grant
from services.benefits.domain.source import Source
from services.chassis.organization_clock import NowOf

Links = Mapping[UUID, Sequence[Benefit]]
"""The benefits that each product carries."""


@dataclass(slots=True)
class Plan:
    """What has to happen; nothing, where all agrees."""

    created: list[tuple[Grant, Benefit]] = field(default_factory=list)
    granted_again: list[tuple[Grant, Benefit]] = field(default_factory=list)
    revoked: list[Grant] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


def plan(sources: Iterable[Source], links: Links, existing: Iterable[Grant], now_of: NowOf, new_id: Callable[[], UUID]) -> Plan:
    """The steps from what is granted to what should be, revocations first. `existing` are all grants of these sources."""
    made = Plan()
    known = {(grant.source_id, grant.customer_id, grant.benefit_id): grant for grant in existing}
    wanted = {
        (source.id, source.customer_id, benefit.id): (source, benefit)
        for source in sources
        if source.is_entitled and source.customer_id
        for benefit in links.get(source.product_id, ())
    }
    for key, grant in known.items():
        if grant.is_granted and key not in wanted:
            after, ended = grants.revoked(grant, now_of(grant.organization_id))
            made.revoked.append(after)
            made.facts.append(ended)
    for key, (source, benefit) in wanted.items():
        _grant(made, known.get(key), source, benefit, now_of, new_id)
    return made


def _grant(made: Plan, known: Grant | None, source: Source, benefit: Benefit, now_of: NowOf, new_id: Callable[[], UUID]) -> None:
    now = now_of(source.organization_id)
    if known is None:
        grant, fact = grants.granted(new_id(), source, benefit.id, now)
        made.created.append((grant, benefit))
    elif known.is_granted:
        return
    else:
        grant, fact = grants.granted_again(known, now)
        made.granted_again.append((grant, benefit))
    made.facts.append(fact)
