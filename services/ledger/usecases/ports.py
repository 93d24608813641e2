"""What the use cases need from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from services.ledger.domain.posting import Posting, Result


class Books(Protocol):
    """Where transactions are posted: through the lane of this process, or inside an open database transaction."""

    async def post(self, postings: Sequence[Posting]) -> list[Result]:
        """What came of each, in their order."""
        ...
