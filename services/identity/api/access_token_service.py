"""AccessTokenService."""

from __future__ import annotations

import secrets
from collections.abc import Set
from functools import partial
from uuid import UUID

from bursar.identity.v1 import access_token_service_pb2 as pb
from bursar.identity.v1.access_token_pb2 import AccessToken

from services.chassis.call import Call
from services.chassis.clock import Clock
from services.chassis.database import Transaction
from services.chassis.idempotency import once
from services.chassis.ids import new_id, parse_id
from services.chassis.pagination import page_of
from services.identity.api.callers import Callers, organization_meant
from services.identity.api.rooms import Rooms
from services.identity.api.sealing import Seal
from services.identity.convert import read_token_request, token_to_proto, tokens_to_proto
from services.identity.domain.token_text import SECRET_BYTES
from services.identity.usecases.create_access_token import NewToken, create_access_token
from services.identity.usecases.revoke_access_token import revoke_access_token


class AccessTokenServicer:
    """Every method works on what the caller may see."""

    def __init__(self, *, callers: Callers, rooms: Rooms, seal: Seal, known_scopes: Set[str], clock: Clock) -> None:
        self._callers = callers
        self._rooms = rooms
        self._seal = seal
        self._known_scopes = known_scopes
        self._clock = clock

    async def CreateAccessToken(self, request: pb.CreateAccessTokenRequest, call: Call) -> AccessToken:
        organization_id = organization_meant(call, request.organization_id)
        async with self._callers.transaction(call) as transaction:
            effect = partial(self._create_sealed, transaction, organization_id, request, call)
            answer = await once(transaction, self._callers.request_scope(call), call.method, request, AccessToken, effect)
        answer.token = self._seal.open(answer.token)
        return answer

    async def ListAccessTokens(self, request: pb.ListAccessTokensRequest, call: Call) -> pb.ListAccessTokensResponse:
        organization_id = organization_meant(call, request.organization_id)
        async with self._callers.transaction(call) as transaction:
            return tokens_to_proto(*await self._rooms.tokens(transaction).page(organization_id, page_of(request)))

    async def RevokeAccessToken(self, request: pb.RevokeAccessTokenRequest, call: Call) -> AccessToken:
        async with self._callers.transaction(call) as transaction:
            effect = partial(self._revoke, transaction, request)
            return await once(transaction, self._callers.request_scope(call), call.method, request, AccessToken, effect)

    async def _create_sealed(
        self, transaction: Transaction, organization_id: UUID, request: pb.CreateAccessTokenRequest, call: Call
    ) -> AccessToken:
        token, text = await create_access_token(
            organization_id,
            read_token_request(request),
            NewToken(new_id(), secrets.token_bytes(SECRET_BYTES)),
            self._clock.now(),
            known_scopes=self._known_scopes,
            held_scopes=None if call.is_operator else call.identity.scopes,
            organizations=self._rooms.organizations(transaction),
            tokens=self._rooms.tokens(transaction),
        )
        return token_to_proto(token, self._seal.close(text))

    async def _revoke(self, transaction: Transaction, request: pb.RevokeAccessTokenRequest) -> AccessToken:
        tokens = self._rooms.tokens(transaction)
        return token_to_proto(await revoke_access_token(parse_id(request.id, "id"), self._clock.now(), tokens=tokens))
