"""Post what facts of other services mean. They have happened: a refusal is an error for somebody to look at."""

from __future__ import annotations

from collections.abc import Sequence

from services.chassis.errors import BursarError
from services.ledger.domain.posting import Posting
from services.ledger.usecases.ports import Books


async def post_facts(postings: Sequence[Posting | None], *, books: Books) -> None:
    """Post all that move money. Raises the first refusal; then none of the transaction in hand may be committed."""
    for result in await books.post([posting for posting in postings if posting is not None]):
        if isinstance(result, BursarError):
            raise result
