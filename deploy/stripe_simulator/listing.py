"""Lists, newest first, by cursor; and search by metadata and a few fields."""

import re
from collections.abc import Iterator

from deploy.stripe_simulator.errors import invalid
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.store import INDEXED, listed
from deploy.stripe_simulator.work import Work

MAX_PAGE = 100
COMPARISONS = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
PAGING = frozenset({"limit", "starting_after", "ending_before", "expand"})
CLAUSE = re.compile(r"""\s*(?P<field>\w+)(?:\[(?P<q>["'])(?P<key>[^"']+)(?P=q)\])?\s*:\s*["'](?P<value>[^"']*)["']\s*""")


def page(work: Work, kind: str, url: str, values: Json, **filters: object) -> Json:
    """Objects of a kind that match the list's own parameters and `filters`."""
    limit = _limit(values)
    conditions = {name: value for name, value in values.items() if name not in PAGING} | filters
    candidates = _candidates(work, kind, conditions)
    backwards = "ending_before" in values
    if not backwards:
        candidates.reverse()
    cursor = values.get("ending_before" if backwards else "starting_after")
    if cursor is not None:
        work.tx.get(kind, cursor, "ending_before" if backwards else "starting_after")
        after = candidates.index(cursor) if cursor in candidates else len(candidates)
        candidates = candidates[after + 1 :]
    found: list[Json] = []
    for value in _matching(work, candidates, conditions):
        if len(found) == limit:
            return listed(found[::-1] if backwards else found, url, has_more=True)
        found.append(value)
    return listed(found[::-1] if backwards else found, url)


def search(work: Work, kind: str, url: str, values: Json) -> Json:
    """`metadata['key']:'value'`, `status:'…'` and the like, joined by AND; sees what is older than the search lag."""
    limit = _limit(values)
    clauses = [_clause(part) for part in re.split(r"\s+AND\s+", values["query"], flags=re.IGNORECASE)]
    candidates = work.tx.ids(kind)
    for field, key, value in clauses:
        if field == "metadata":
            candidates = work.tx.ids(kind, f"metadata:{key}", value)
    visible_before = work.clock.exact() - work.settings.search_lag_seconds
    start = int(values.get("page") or 0)
    found = [
        value
        for value in _objects(work, reversed(candidates))
        if value["created"] <= visible_before and all(_holds(value, clause) for clause in clauses)
    ]
    more = len(found) > start + limit
    return {
        "object": "search_result",
        "data": found[start : start + limit],
        "has_more": more,
        "next_page": str(start + limit) if more else None,
        "url": url,
    }


def _limit(values: Json) -> int:
    limit: int = values.get("limit", 10)
    if not 1 <= limit <= MAX_PAGE:
        raise invalid(f"This value must be between 1 and {MAX_PAGE}.", "parameter_invalid_integer", "limit")
    return limit


def _candidates(work: Work, kind: str, conditions: Json) -> list[str]:
    """Ids in order of creation, from the first index that narrows them."""
    for field in INDEXED.get(kind, ()):
        if isinstance(wanted := conditions.get(field), str):
            return work.tx.ids(kind, field, wanted)
    return work.tx.ids(kind)


def _objects(work: Work, identifiers: Iterator[str]) -> Iterator[Json]:
    for identifier in identifiers:
        if value := work.tx.find(identifier):
            yield value


def _matching(work: Work, identifiers: list[str], conditions: Json) -> Iterator[Json]:
    for value in _objects(work, iter(identifiers)):
        if all(_meets(value.get(field), wanted) for field, wanted in conditions.items()):
            yield value


def _meets(held: object, wanted: object) -> bool:
    if isinstance(wanted, dict):
        return isinstance(held, int) and all(COMPARISONS[name](held, bound) for name, bound in wanted.items())
    if isinstance(wanted, re.Pattern):
        return wanted.fullmatch(str(held)) is not None
    if isinstance(wanted, list):
        return held in wanted
    return held == wanted


def _clause(text: str) -> tuple[str, str | None, str]:
    match = CLAUSE.fullmatch(text)
    if match is None:
        raise invalid(f"Invalid search query: {text}", param="query")
    return match["field"], match["key"], match["value"]


def _holds(value: Json, clause: tuple[str, str | None, str]) -> bool:
    field, key, wanted = clause
    held = value["metadata"].get(key) if key is not None else value.get(field)
    return str(held) == wanted
