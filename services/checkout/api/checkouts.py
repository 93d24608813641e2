"""bursar.checkout.v1.CheckoutService and CheckoutClientService."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from bursar.checkout.v1 import checkout_pb2
from bursar.checkout.v1 import checkout_service_pb2 as contract

from services.chassis.call import Call
from services.chassis.pagination import page_of
from services.checkout.api.client_secret import new_client_secret, organization_of, request_scope
from services.checkout.api.door import Door
from services.checkout.api.rooms import PagedStore
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.errors import CheckoutNotFound
from services.checkout.domain.subscription import StandingSubscription
from services.checkout.messages.checkout import checkout_to_proto, for_buyer
from services.checkout.messages.checkout_request import checkout_edit, checkout_filter, confirmation, new_checkout
from services.checkout.messages.types import id_of
from services.checkout.usecases.confirm_checkout import confirm_checkout
from services.checkout.usecases.create_checkout import create_checkout
from services.checkout.usecases.outside_ports import Payments, Subscriptions, TaxCalculator, TaxIds
from services.checkout.usecases.update_checkout import update_checkout


@dataclass(frozen=True, slots=True)
class Outside:
    """Whom purchases ask."""

    taxes: TaxCalculator
    tax_ids: TaxIds
    payments: Payments
    subscriptions: Subscriptions


class CheckoutServicer:
    """Checkout sessions, for the merchant's server."""

    def __init__(self, door: Door, outside: Outside) -> None:
        self._door = door
        self._outside = outside

    async def CreateCheckout(self, request: contract.CreateCheckoutRequest, call: Call) -> checkout_pb2.Checkout:
        # Asked before the transaction begins; what it means is decided within, once for the request's id.
        upgraded = await self._upgraded(request, call)

        async def effect(store: PagedStore) -> checkout_pb2.Checkout:
            outside, secret = self._outside, new_client_secret(call.organization_id)
            made = await create_checkout(
                call.organization_id,
                new_checkout(request),
                secret,
                await store.now(call.organization_id),
                upgraded=upgraded,
                store=store,
                taxes=outside.taxes,
                tax_ids=outside.tax_ids,
            )
            return checkout_to_proto(*made)

        return await self._door.write(call.organization_id, call.method, request, checkout_pb2.Checkout, effect)

    async def _upgraded(self, request: contract.CreateCheckoutRequest, call: Call) -> StandingSubscription | None:
        upgraded_id = id_of(request, "upgraded_subscription_id")
        return await self._outside.subscriptions.find(call.organization_id, upgraded_id) if upgraded_id else None

    async def GetCheckout(self, request: contract.GetCheckoutRequest, call: Call) -> checkout_pb2.Checkout:
        async def work(store: PagedStore) -> checkout_pb2.Checkout:
            return await _answer(await store.checkouts.get(UUID(request.id)), store)

        return await self._door.read(call.organization_id, work)

    async def ListCheckouts(self, request: contract.ListCheckoutsRequest, call: Call) -> contract.ListCheckoutsResponse:
        page = page_of(request, ("created_at", "expires_at", "status"))

        async def work(store: PagedStore) -> contract.ListCheckoutsResponse:
            checkouts, token, total = await store.checkouts.page(call.organization_id, checkout_filter(request), page)
            products = await store.products.many(sorted({checkout.cart.product_id for checkout in checkouts}))
            messages = [checkout_to_proto(checkout, products[checkout.cart.product_id]) for checkout in checkouts]
            return contract.ListCheckoutsResponse(checkouts=messages, next_page_token=token, total_count=total)

        return await self._door.read(call.organization_id, work)

    async def UpdateCheckout(self, request: contract.UpdateCheckoutRequest, call: Call) -> checkout_pb2.Checkout:
        async def effect(store: PagedStore) -> checkout_pb2.Checkout:
            found = await store.checkouts.lock(UUID(request.id))
            return await _update(found, request, store, self._outside, by_buyer=False)

        return await self._door.write(call.organization_id, call.method, request, checkout_pb2.Checkout, effect)


class CheckoutClientServicer:
    """Checkout sessions, for the buyer's browser, which knows the client secret and nothing else."""

    def __init__(self, door: Door, outside: Outside) -> None:
        self._door = door
        self._outside = outside

    async def GetClientCheckout(self, request: contract.GetClientCheckoutRequest, call: Call) -> checkout_pb2.Checkout:
        async def work(store: PagedStore) -> checkout_pb2.Checkout:
            return for_buyer(await _answer(await store.checkouts.by_secret(request.client_secret), store))

        return await self._door.read(organization_of(request.client_secret), work)

    async def UpdateClientCheckout(self, request: contract.UpdateClientCheckoutRequest, call: Call) -> checkout_pb2.Checkout:
        async def effect(store: PagedStore) -> checkout_pb2.Checkout:
            found = await store.checkouts.lock_by_secret(request.client_secret)
            return for_buyer(await _update(found, request, store, self._outside, by_buyer=True))

        organization_id, scope = organization_of(request.client_secret), request_scope(call.method, request.client_secret)
        return await self._door.write(organization_id, scope, request, checkout_pb2.Checkout, effect)

    async def ConfirmClientCheckout(self, request: contract.ConfirmClientCheckoutRequest, call: Call) -> checkout_pb2.Checkout:
        organization_id, outside = organization_of(request.client_secret), self._outside
        confirmed = await self._door.knowing(
            organization_id,
            lambda: confirm_checkout(
                organization_id,
                request.client_secret,
                confirmation(request),
                open_store=self._door.open,
                payments=outside.payments,
                subscriptions=outside.subscriptions,
                taxes=outside.taxes,
                tax_ids=outside.tax_ids,
            ),
        )
        return for_buyer(checkout_to_proto(*confirmed))


async def _answer(found: Checkout | None, store: PagedStore) -> checkout_pb2.Checkout:
    if found is None:
        raise CheckoutNotFound
    products = await store.products.many([found.cart.product_id])
    return checkout_to_proto(found, products[found.cart.product_id])


async def _update(
    found: Checkout | None,
    request: contract.UpdateCheckoutRequest | contract.UpdateClientCheckoutRequest,
    store: PagedStore,
    outside: Outside,
    *,
    by_buyer: bool,
) -> checkout_pb2.Checkout:
    edit = checkout_edit(request)
    if found is None:
        raise CheckoutNotFound
    now = await store.now(found.organization_id)
    updated = await update_checkout(found, edit, now, by_buyer=by_buyer, store=store, taxes=outside.taxes, tax_ids=outside.tax_ids)
    return checkout_to_proto(*updated)
