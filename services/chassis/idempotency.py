"""A request happens once: the same request id and content answer the first result again, other content is refused.

The record is written in the transaction of the effect, so there is no effect without it and no record without the effect.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from google.protobuf.message import Message

from services.chassis.database import Transaction
from services.chassis.errors import Invalid
from services.chassis.sql import Statement

M = TypeVar("M", bound=Message)

NO_ORGANIZATION = UUID(int=0)
"""Scope of requests that belong to no organization, e.g. an operator's."""

# The insert waits for a rival with the same key to commit or roll back, so of two at once one has the effect, the other its answer.
_CLAIM = Statement(
    "insert into idempotency_request (organization_id, method, request_id, request_hash) "
    "values (%(organization_id)s, %(method)s, %(request_id)s, %(request_hash)s) on conflict do nothing returning request_id"
)
_READ = Statement(
    "select request_hash, response from idempotency_request "
    "where organization_id = %(organization_id)s and method = %(method)s and request_id = %(request_id)s"
)
_ANSWER = Statement(
    "update idempotency_request set response = %(response)s "
    "where organization_id = %(organization_id)s and method = %(method)s and request_id = %(request_id)s"
)


def request_hash(request: Message) -> bytes:
    """SHA-256 over the request's canonical bytes."""
    return hashlib.sha256(request.SerializeToString(deterministic=True)).digest()


async def once(
    transaction: Transaction,
    organization_id: UUID,
    method: str,
    request: Message,
    answer_type: type[M],
    effect: Callable[[], Awaitable[M]],
) -> M:
    """Have the effect, or the first answer if this request id had it before.

    `request` has a field `request_id`; empty means the caller does not care. Invalid, REQUEST_ID_REUSED: known with other content.
    """
    request_id: str = request.request_id  # type: ignore[attr-defined]
    if not request_id:
        return await effect()
    key = {"organization_id": organization_id, "method": method, "request_id": request_id}
    digest = request_hash(request)
    if await transaction.one(_CLAIM, **key, request_hash=digest) is None:
        known = await transaction.one(_READ, **key)
        if known is None or bytes(known["request_hash"]) != digest:
            raise Invalid(
                "REQUEST_ID_REUSED", "this request_id was used with other content; use a new one for a new request", field="request_id"
            )
        return answer_type.FromString(bytes(known["response"] or b""))
    answer = await effect()
    await transaction.execute(_ANSWER, **key, response=answer.SerializeToString())
    return answer
