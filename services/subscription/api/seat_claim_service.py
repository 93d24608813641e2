"""SeatClaimService, for those who know an invitation and nothing else: it says which organization's rows the call can see."""

from __future__ import annotations

from dataclasses import dataclass

from bursar.subscription.v1 import seat_service_pb2 as pb

from services.chassis.call import Call
from services.chassis.database import Database
from services.chassis.organization_clock import OrganizationClock
from services.subscription.api.invitation_token import organization_of, token_hash
from services.subscription.convert_seat import invitation_to_proto
from services.subscription.domain.seat import Holder
from services.subscription.usecases.claim_seat import check_claim, claim_seat, seat_invitation
from services.subscription.usecases.seat_ports import CustomerDirectory, SeatStoreOf


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatClaimServicer:
    """Anybody may call; without the secret nothing is found."""

    database: Database
    store_of: SeatStoreOf
    clock: OrganizationClock
    customers: CustomerDirectory

    async def GetSeatInvitation(self, request: pb.GetSeatInvitationRequest, call: Call) -> pb.SeatInvitation:
        organization_id, hashed = organization_of(request.invitation_token), token_hash(request.invitation_token)
        async with self.database.transaction(organization_id) as transaction:
            now, store = await self.clock.now(transaction, organization_id), self.store_of(transaction)
            return invitation_to_proto(await seat_invitation(organization_id, hashed, now, store=store))

    async def ClaimSeat(self, request: pb.ClaimSeatRequest, call: Call) -> pb.SeatInvitation:
        organization_id, hashed = organization_of(request.invitation_token), token_hash(request.invitation_token)
        async with self.database.transaction(organization_id) as transaction:
            now, store = await self.clock.now(transaction, organization_id), self.store_of(transaction)
            seat = await check_claim(organization_id, hashed, now, store=store)
        # Outside of transactions, and before the one that claims: who comes by e-mail may not be a customer yet.
        if seat.customer_id is None:
            holder = await self.customers.take(organization_id, seat.email or "")
        else:
            holder = Holder(seat.customer_id, seat.external_customer_id, seat.email)
        async with self.database.transaction(organization_id) as transaction:
            now, store = await self.clock.now(transaction, organization_id), self.store_of(transaction)
            return invitation_to_proto(await claim_seat(organization_id, hashed, holder, now, store=store))
