"""Post one transaction."""

from __future__ import annotations

from services.chassis.errors import BursarError
from services.ledger.domain.posting import Posted, Posting
from services.ledger.usecases.ports import Books


async def post(posting: Posting, *, books: Books) -> Posted:
    """The posted transaction, or what it was when the key was used before. Raises why it was refused."""
    (result,) = await books.post([posting])
    if isinstance(result, BursarError):
        raise result
    return result
