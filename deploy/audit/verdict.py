"""What an invariant's check found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deploy.audit.suite import Suite

MOST_PROBLEMS = 50
"""Told of one invariant; a broken suite may break for every row."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problems` is empty where the invariant holds; `checked` says of how many things it was asked."""

    invariant: str
    checked: int
    problems: Sequence[str]


def verdict(invariant: str, checked: int, problems: Iterable[str]) -> Verdict:
    """The verdict with no more problems than a person reads."""
    found = list(problems)
    told = found[:MOST_PROBLEMS]
    if len(found) > len(told):
        told.append(f"… and {len(found) - len(told)} more")
    return Verdict(invariant, checked, told)


def ask(suite: Suite, service: str, invariant: str, *, count: str, problems: Sequence[str]) -> Verdict:
    """The verdict of queries on one service's database: `count` counts what is checked, each of `problems` selects sentences."""
    told = [sentence for query in problems for sentence in sentences(suite, service, query)]
    return verdict(invariant, int(suite.value(service, count)), told)


def sentences(suite: Suite, service: str, query: str) -> list[str]:
    """The first column of every row."""
    return [str(next(iter(row.values()))) for row in suite.rows(service, query)]
