"""Post many transactions, each for itself."""

from __future__ import annotations

from collections.abc import Sequence

from services.chassis.errors import BursarError
from services.ledger.domain.posting import Posting, Result
from services.ledger.usecases.ports import Books


async def post_batch(wanted: Sequence[Posting | BursarError], *, books: Books) -> list[Result]:
    """What came of each, in their order. One that was wrong from the start stays what it is."""
    results = iter(await books.post([each for each in wanted if not isinstance(each, BursarError)]))
    return [each if isinstance(each, BursarError) else next(results) for each in wanted]
