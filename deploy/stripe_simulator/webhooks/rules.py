"""What tests do to deliveries on their way: hold, drop, duplicate, delay."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass(slots=True)
class Rule:
    """Applies to the next `remaining` deliveries whose event type matches; None: until cleared."""

    action: str
    types: tuple[str, ...]
    remaining: int | None
    copies: int = 2
    delay_seconds: float = 0.0

    def matches(self, event_type: str) -> bool:
        return any(fnmatchcase(event_type, pattern) for pattern in self.types)


@dataclass(slots=True)
class Rules:
    """First matching rule first; a rule that is used up goes."""

    active: list[Rule] = field(default_factory=list)

    def take(self, event_type: str) -> Rule | None:
        for rule in self.active:
            if rule.matches(event_type):
                if rule.remaining is not None:
                    rule.remaining -= 1
                    if rule.remaining <= 0:
                        self.active.remove(rule)
                return rule
        return None

    def remove(self, action: str) -> None:
        self.active = [rule for rule in self.active if rule.action != action]
