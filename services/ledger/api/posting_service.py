"""LedgerPostingService: posting, for the suite's own services."""

from __future__ import annotations

from bursar.ledger.v1 import ledger_service_pb2 as pb

from services.chassis.call import Call
from services.ledger.api.convert import posted_to_proto, read_posting, read_postings, results_to_proto
from services.ledger.usecases.ports import Books
from services.ledger.usecases.post import post
from services.ledger.usecases.post_batch import post_batch


class LedgerPostingServicer:
    """A service posts for the organization of its identity, or for the platform if it acts for none."""

    def __init__(self, *, books: Books) -> None:
        self._books = books

    async def Post(self, request: pb.PostRequest, call: Call) -> pb.PostedTransaction:
        return posted_to_proto(await post(read_posting(request, call.identity.organization_id), books=self._books))

    async def PostBatch(self, request: pb.PostBatchRequest, call: Call) -> pb.PostBatchResponse:
        return results_to_proto(await post_batch(read_postings(request.postings, call.identity.organization_id), books=self._books))
