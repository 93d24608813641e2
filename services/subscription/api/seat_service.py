"""SeatService, for organizations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID

from bursar.subscription.v1 import seat_service_pb2 as pb
from bursar.subscription.v1.seat_pb2 import CustomerSeat

from services.chassis.call import Call
from services.chassis.database import Database, Transaction
from services.chassis.idempotency import once
from services.chassis.ids import new_id, parse_id
from services.chassis.organization_clock import OrganizationClock
from services.chassis.pagination import page_of
from services.subscription.api.invitation_token import InvitationTokens
from services.subscription.convert_seat import (
    invited_to_proto,
    list_to_proto,
    read_container,
    read_statuses,
    read_wanted,
    seat_to_proto,
)
from services.subscription.domain.seat import Holder
from services.subscription.domain.seat_errors import SeatNotFound
from services.subscription.usecases.assign_seat import HolderUnknown, WantedSeat, assign_seat
from services.subscription.usecases.change_seat import resend_seat_invitation, revoke_seat
from services.subscription.usecases.list_seats import list_seats
from services.subscription.usecases.seat_ports import CustomerDirectory, SeatStoreOf

_Command = pb.AssignSeatRequest | pb.RevokeSeatRequest | pb.ResendSeatInvitationRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatServicer:
    """Every method works on the caller's organization."""

    database: Database
    store_of: SeatStoreOf
    clock: OrganizationClock
    tokens: InvitationTokens
    customers: CustomerDirectory

    async def AssignSeat(self, request: pb.AssignSeatRequest, call: Call) -> CustomerSeat:
        wanted = read_wanted(call.organization_id, request)
        try:
            answer = await self._assign(request, call, wanted)
        except HolderUnknown:
            # Rolled back, with the claim of the request's id: a repeated request does not come here but has its first answer.
            known = replace(wanted, holder=await self._ask(wanted), is_known=True)
            answer = await self._assign(request, call, known)
        return self._shown(answer)

    async def GetSeat(self, request: pb.GetSeatRequest, call: Call) -> CustomerSeat:
        seat_id = parse_id(request.id, "id")
        async with self.database.transaction(call.organization_id) as transaction:
            seat = await self.store_of(transaction).seats.get(call.organization_id, seat_id)
        if seat is None:
            raise SeatNotFound(seat_id)
        return seat_to_proto(seat)

    async def ListSeats(self, request: pb.ListSeatsRequest, call: Call) -> pb.ListSeatsResponse:
        page, statuses, (kind, container_id) = page_of(request), read_statuses(request), read_container(request)
        async with self.database.transaction(call.organization_id) as transaction:
            store = self.store_of(transaction)
            return list_to_proto(await list_seats(call.organization_id, kind, container_id, statuses, page, store=store))

    async def RevokeSeat(self, request: pb.RevokeSeatRequest, call: Call) -> CustomerSeat:
        seat_id = parse_id(request.id, "id")

        async def effect(transaction: Transaction) -> CustomerSeat:
            now = await self.clock.now(transaction, call.organization_id)
            return seat_to_proto(await revoke_seat(call.organization_id, seat_id, now, store=self.store_of(transaction)))

        return await self._once(request, call, effect)

    async def ResendSeatInvitation(self, request: pb.ResendSeatInvitationRequest, call: Call) -> CustomerSeat:
        seat_id = parse_id(request.id, "id")

        async def effect(transaction: Transaction) -> CustomerSeat:
            now, store = await self.clock.now(transaction, call.organization_id), self.store_of(transaction)
            seat = await resend_seat_invitation(call.organization_id, seat_id, now, store=store, token_hash=self.tokens.hash)
            return invited_to_proto(seat)

        return self._shown(await self._once(request, call, effect))

    async def _assign(self, request: pb.AssignSeatRequest, call: Call, wanted: WantedSeat) -> CustomerSeat:
        async def effect(transaction: Transaction) -> CustomerSeat:
            now, store = await self.clock.now(transaction, call.organization_id), self.store_of(transaction)
            return invited_to_proto(await assign_seat(wanted, new_id(), now, store=store, token_hash=self.tokens.hash))

        return await self._once(request, call, effect)

    async def _ask(self, wanted: WantedSeat) -> Holder:
        holder, organization_id = wanted.holder, wanted.organization_id
        if holder.customer_id is not None:
            return await self.customers.get(organization_id, holder.customer_id)
        if holder.external_customer_id is not None:
            return await self.customers.get_by_external_id(organization_id, holder.external_customer_id)
        return await self.customers.take(organization_id, holder.email or "")

    async def _once(self, request: _Command, call: Call, effect: Callable[[Transaction], Awaitable[CustomerSeat]]) -> CustomerSeat:
        async with self.database.transaction(call.organization_id) as transaction:
            return await once(transaction, call.organization_id, call.method, request, CustomerSeat, lambda: effect(transaction))

    def _shown(self, answer: CustomerSeat) -> CustomerSeat:
        """With the secret of the invitation that the stored answer has the number of."""
        if answer.invitation_token:
            number = int(answer.invitation_token)
            answer.invitation_token = self.tokens.token(UUID(answer.organization_id), UUID(answer.id), number)
        return answer
