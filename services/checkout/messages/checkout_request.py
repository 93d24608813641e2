"""What merchants and buyers ask of checkouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import UUID

from bursar.checkout.v1 import checkout_service_pb2 as contract

from services.chassis.field_mask import checked_paths
from services.chassis.idempotency import request_hash
from services.chassis.metadata import read_metadata
from services.checkout.domain.address import Address
from services.checkout.domain.cart import Buyer, Cart, Pages, Quantity
from services.checkout.messages.checkout import status_word
from services.checkout.messages.types import address_from_proto, id_of, number_in, text_of, trial_from_proto
from services.checkout.usecases.create_checkout import NewCheckout
from services.checkout.usecases.filters import CheckoutFilter
from services.checkout.usecases.freeze_checkout import Confirmation
from services.checkout.usecases.update_checkout import CheckoutEdit

_BUYER_TEXTS: Mapping[str, str] = {
    "customer_name": "name",
    "customer_email": "email",
    "customer_billing_name": "billing_name",
    "customer_tax_id": "tax_id",
    "locale": "locale",
}
_BUYER_PATHS = (*_BUYER_TEXTS, "customer_billing_address", "is_business_customer")
_CLIENT_PATHS = ("product_id", "amount", "seats", "units", "discount_code", *_BUYER_PATHS)


def new_checkout(request: contract.CreateCheckoutRequest) -> NewCheckout:
    product_ids = tuple(UUID(product_id) for product_id in request.product_ids)
    cart = Cart(
        product_ids=product_ids,
        product_id=product_ids[0],
        currency=request.currency,
        amount=number_in(request, "amount"),
        discount_id=id_of(request, "discount_id"),
        discount_code=text_of(request, "discount_code"),
        allow_discount_codes=request.allow_discount_codes if request.HasField("allow_discount_codes") else True,
        allow_trial=request.allow_trial if request.HasField("allow_trial") else True,
        trial_override=trial_from_proto(request.trial_interval, request.trial_interval_count),
        seats=_quantity(request, "seats"),
        units=_quantity(request, "units"),
        upgraded_subscription_id=id_of(request, "upgraded_subscription_id"),
    )
    pages = Pages(text_of(request, "success_url"), text_of(request, "return_url"))
    return NewCheckout(cart, _buyer(request), pages, read_metadata(request.metadata))


def checkout_edit(request: contract.UpdateCheckoutRequest | contract.UpdateClientCheckoutRequest) -> CheckoutEdit:
    """What the fields named in the mask do to a checkout."""
    by_merchant = isinstance(request, contract.UpdateCheckoutRequest)
    paths = checked_paths(request.update_mask, (*_CLIENT_PATHS, "metadata") if by_merchant else _CLIENT_PATHS)
    metadata = read_metadata(request.metadata) if isinstance(request, contract.UpdateCheckoutRequest) and "metadata" in paths else None
    return replace(_edit(request.change, paths), metadata=metadata)


def confirmation(request: contract.ConfirmClientCheckoutRequest) -> Confirmation:
    """The buyer's yes; all set fields of the last change count."""
    paths = frozenset(field.name for field, _ in request.change.ListFields())
    return Confirmation(request.request_id, request_hash(request), text_of(request, "confirmation_token_id"), _edit(request.change, paths))


def checkout_filter(request: contract.ListCheckoutsRequest) -> CheckoutFilter:
    return CheckoutFilter(
        query=request.query,
        product_id=id_of(request, "product_id"),
        customer_id=id_of(request, "customer_id"),
        external_customer_id=text_of(request, "external_customer_id"),
        status=status_word(request.status),
    )


def _edit(change: contract.CheckoutChange, paths: frozenset[str]) -> CheckoutEdit:
    return CheckoutEdit(
        buyer=_buyer_edit(change, paths),
        product_id=id_of(change, "product_id") if "product_id" in paths else None,
        amount=number_in(change, "amount") if "amount" in paths else None,
        seats=number_in(change, "seats") if "seats" in paths else None,
        units=number_in(change, "units") if "units" in paths else None,
        discount_code=change.discount_code if "discount_code" in paths else None,
    )


def _quantity(request: contract.CreateCheckoutRequest, noun: str) -> Quantity:
    return Quantity(number_in(request, noun), number_in(request, f"min_{noun}"), number_in(request, f"max_{noun}"))


def _buyer_edit(change: contract.CheckoutChange, paths: frozenset[str]) -> Callable[[Buyer], Buyer]:
    texts = {ours: text_of(change, theirs) for theirs, ours in _BUYER_TEXTS.items() if theirs in paths}

    def edit(buyer: Buyer) -> Buyer:
        if "customer_billing_address" in paths:
            buyer = replace(buyer, billing_address=_address(change, "change.customer_billing_address"))
        buyer = replace(buyer, **texts)  # type: ignore[arg-type]
        if "is_business_customer" in paths:
            # Who is no business has no tax id.
            buyer = replace(buyer, is_business=change.is_business_customer, tax_id=buyer.tax_id if change.is_business_customer else None)
        return buyer

    return edit


def _address(message: contract.CreateCheckoutRequest | contract.CheckoutChange, field: str) -> Address | None:
    return address_from_proto(message.customer_billing_address, field) if message.HasField("customer_billing_address") else None


def _buyer(request: contract.CreateCheckoutRequest) -> Buyer:
    return Buyer(
        customer_id=id_of(request, "customer_id"),
        external_customer_id=text_of(request, "external_customer_id"),
        name=text_of(request, "customer_name"),
        email=text_of(request, "customer_email"),
        billing_name=text_of(request, "customer_billing_name"),
        billing_address=_address(request, "customer_billing_address"),
        tax_id=text_of(request, "customer_tax_id"),
        is_business=request.is_business_customer,
        require_billing_address=request.require_billing_address,
        locale=text_of(request, "locale"),
        metadata=read_metadata(request.customer_metadata, "customer_metadata"),
        is_named=request.HasField("customer_id") or request.HasField("external_customer_id"),
    )
