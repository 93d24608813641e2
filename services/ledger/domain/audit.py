"""What an audit of the books says."""

from __future__ import annotations

from dataclasses import dataclass, field

LARGEST_FINDINGS = 100


@dataclass(slots=True)
class Audit:
    """What was checked and what does not fit."""

    transactions_checked: int = 0
    entries_checked: int = 0
    batches_checked: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.findings

    def find(self, finding: str) -> None:
        """Keep a finding; the first ones are enough."""
        if len(self.findings) < LARGEST_FINDINGS:
            self.findings.append(finding)

    def add(self, other: Audit) -> None:
        """Take over what another part of the audit found."""
        self.transactions_checked += other.transactions_checked
        self.entries_checked += other.entries_checked
        self.batches_checked += other.batches_checked
        for finding in other.findings:
            self.find(finding)
