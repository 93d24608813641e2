"""A lifecycle as one table: which verb leads from which status to which. No status is assigned except through it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.chassis.errors import NotPossibleNow


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The statuses of one noun and the verbs between them.

    `moves[verb]` maps the statuses from which the verb is legal to the status it leads to.
    """

    noun: str
    moves: Mapping[str, Mapping[str, str]]

    def after(self, verb: str, status: str) -> str:
        """The status that `verb` leads to. NotPossibleNow, `<NOUN>_STATUS_WRONG`, where it is not legal."""
        targets = self.moves[verb]
        if status not in targets:
            raise NotPossibleNow(
                f"{self.noun.upper()}_STATUS_WRONG",
                f'the {self.noun} is {_words(status)}; "{_words(verb)}" is possible only while it is {_either(targets)}',
                details={"status": status, "verb": verb},
            )
        return targets[status]

    def allows(self, verb: str, status: str) -> bool:
        """Whether `verb` is legal in `status`."""
        return status in self.moves[verb]

    @property
    def statuses(self) -> frozenset[str]:
        """Every status that the table knows."""
        return frozenset(s for targets in self.moves.values() for pair in targets.items() for s in pair)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _either(statuses: Iterable[str]) -> str:
    *most, last = (_words(status) for status in sorted(statuses))
    return f"{', '.join(most)} or {last}" if most else last
