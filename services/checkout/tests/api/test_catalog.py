"""Products, discounts and customers through their services."""

from __future__ import annotations

from uuid import uuid4

import pytest
from bursar.checkout.v1 import (
    checkout_service_pb2,
    customer_pb2,
    customer_service_pb2,
    discount_pb2,
    discount_service_pb2,
    product_pb2,
    product_service_pb2,
)
from bursar.types.v1 import address_pb2, tax_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from services.chassis.call import Call
from services.chassis.errors import BursarError
from services.checkout.tests.shop import Shop


async def refused(work: object) -> str:
    with pytest.raises(BursarError) as error:
        await work  # type: ignore[misc]
    return error.value.reason


def product_request(**fields: object) -> product_service_pb2.CreateProductRequest:
    request = product_service_pb2.CreateProductRequest(**{"request_id": str(uuid4()), "name": "Handbook", **fields})  # type: ignore[arg-type]
    request.prices.add(price_currency="eur").fixed.price_amount = 1000
    return request


async def test_a_product_keeps_what_it_was_created_with(shop: Shop) -> None:
    request = product_request(name="  Handbook ", description="All of it")
    request.metadata.update({"sku": "H-1", "weight": 3})
    request.prices[0].tax_behavior = tax_pb2.TAX_BEHAVIOR_EXCLUSIVE

    made = await shop.products.CreateProduct(request, shop.call())

    found = await shop.products.GetProduct(product_service_pb2.GetProductRequest(id=made.id), shop.call())
    assert found == made
    assert (found.name, found.visibility, found.is_recurring) == ("Handbook", product_pb2.PRODUCT_VISIBILITY_PUBLIC, False)
    assert found.prices[0].tax_behavior == tax_pb2.TAX_BEHAVIOR_EXCLUSIVE
    assert dict(found.metadata) == {"sku": "H-1", "weight": 3.0}


async def test_the_same_request_id_makes_one_product_and_other_content_is_refused(shop: Shop) -> None:
    request = product_request()
    first = await shop.products.CreateProduct(request, shop.call())
    assert await shop.products.CreateProduct(request, shop.call()) == first
    request.name = "Another"
    assert await refused(shop.products.CreateProduct(request, shop.call())) == "REQUEST_ID_REUSED"
    assert (await shop.facts()).count("product.created") == 1


async def test_the_organization_is_asked_for_once(shop: Shop) -> None:
    await shop.product()
    await shop.product()
    assert shop.directory.asked == 1


async def test_an_update_changes_the_fields_of_the_mask_only(shop: Shop) -> None:
    product = await shop.product()
    update = product_service_pb2.UpdateProductRequest(
        request_id="1",
        id=product.id,
        update_mask=FieldMask(paths=["name", "is_archived", "prices"]),
        name="Second edition",
        is_archived=True,
    )
    update.prices.add(id=product.prices[0].id)
    update.prices.add(price_currency="usd").fixed.price_amount = 1200

    changed = await shop.products.UpdateProduct(update, shop.call())

    assert (changed.name, changed.is_archived, changed.version) == ("Second edition", True, 2)
    assert [price.price_currency for price in changed.prices] == ["eur", "usd"]
    assert changed.prices[0].id == product.prices[0].id
    update.request_id, update.update_mask.paths[0] = "2", "recurring_interval"
    assert await refused(shop.products.UpdateProduct(update, shop.call())) == "FIELD_MASK_INVALID"


async def test_a_mask_that_names_nothing_is_refused_everywhere(shop: Shop) -> None:
    nobody, nothing = str(uuid4()), FieldMask()
    for update in (
        shop.products.UpdateProduct(product_service_pb2.UpdateProductRequest(id=nobody, update_mask=nothing), shop.call()),
        shop.discounts.UpdateDiscount(discount_service_pb2.UpdateDiscountRequest(id=nobody, update_mask=nothing), shop.call()),
        shop.customers.UpdateCustomer(customer_service_pb2.UpdateCustomerRequest(id=nobody, update_mask=nothing), shop.call()),
        shop.checkouts.UpdateCheckout(checkout_service_pb2.UpdateCheckoutRequest(id=nobody, update_mask=nothing), shop.call()),
    ):
        assert await refused(update) == "FIELD_MASK_INVALID"
    secret = (await shop.checkout(await shop.product())).client_secret
    by_buyer = checkout_service_pb2.UpdateClientCheckoutRequest(client_secret=secret, update_mask=nothing)
    assert await refused(shop.client.UpdateClientCheckout(by_buyer, Call("test", None, {}))) == "FIELD_MASK_INVALID"


async def test_products_are_listed_in_pages_and_by_filter(shop: Shop) -> None:
    for name in ("Alpha", "Beta 100%", "Gamma"):
        request = product_request(name=name)
        request.metadata.update({"initial": name[0], "length": len(name)})
        await shop.products.CreateProduct(request, shop.call())
    await shop.product(monthly=True)

    seen, token = [], ""
    while True:
        wanted = product_service_pb2.ListProductsRequest(page_size=3, page_token=token, order_by="name", include_total=True)
        answer = await shop.products.ListProducts(wanted, shop.call())
        seen += [product.name for product in answer.products]
        token = answer.next_page_token
        if not token:
            break
    assert seen == ["Alpha", "Beta 100%", "Gamma", "Handbook"]
    assert answer.total_count == 4
    by_part = await shop.products.ListProducts(product_service_pb2.ListProductsRequest(query="100%"), shop.call())
    recurring = await shop.products.ListProducts(product_service_pb2.ListProductsRequest(is_recurring=True), shop.call())
    assert [product.name for product in by_part.products] == ["Beta 100%"]
    by_entries = product_service_pb2.ListProductsRequest(metadata={"initial": "G", "length": "5"})
    assert [product.name for product in (await shop.products.ListProducts(by_entries, shop.call())).products] == ["Gamma"]
    assert [product.name for product in recurring.products] == ["Handbook"]


async def test_products_are_listed_by_what_they_cost_and_who_is_shown_them(shop: Shop) -> None:
    kinds = {
        "Cheap": {"fixed": product_pb2.FixedPrice(price_amount=300)},
        "Open": {"custom": product_pb2.CustomPrice(minimum_amount=500, preset_amount=9000)},
        "Seats": {"seat_based": product_pb2.SeatBasedPrice(tiers=[product_pb2.PriceTier(unit_amount=400)])},
        "Dear": {"fixed": product_pb2.FixedPrice(price_amount=12000)},
    }
    for name, amount in kinds.items():
        request = product_service_pb2.CreateProductRequest(request_id=name, name=name, visibility=product_pb2.PRODUCT_VISIBILITY_DRAFT)
        request.prices.add(price_currency="eur", **amount)  # type: ignore[arg-type]
        await shop.products.CreateProduct(request, shop.call())
    await shop.product()

    async def listed(order_by: str, visibility: product_pb2.ProductVisibility.ValueType) -> list[str]:
        names, token = [], ""
        while True:
            wanted = product_service_pb2.ListProductsRequest(
                page_size=1, page_token=token, order_by=order_by, visibility=[visibility] if visibility else []
            )
            answer = await shop.products.ListProducts(wanted, shop.call())
            names += [product.name for product in answer.products]
            token = answer.next_page_token
            if not token:
                return names

    assert await listed("price_amount", product_pb2.PRODUCT_VISIBILITY_DRAFT) == ["Cheap", "Seats", "Open", "Dear"]
    assert await listed("-price_amount", product_pb2.PRODUCT_VISIBILITY_UNSPECIFIED) == ["Dear", "Handbook", "Open", "Seats", "Cheap"]
    assert await listed("price_amount_type", product_pb2.PRODUCT_VISIBILITY_DRAFT) == ["Open", "Cheap", "Dear", "Seats"]
    assert await listed("name", product_pb2.PRODUCT_VISIBILITY_PUBLIC) == ["Handbook"]


async def test_what_has_to_be_there_cannot_be_taken_away(shop: Shop) -> None:
    discount = await shop.discounts.CreateDiscount(discount_request(), shop.call())
    for path in ("percentage", "fixed"):
        update = discount_service_pb2.UpdateDiscountRequest(request_id=path, id=discount.id, update_mask=FieldMask(paths=[path]))
        assert await refused(shop.discounts.UpdateDiscount(update, shop.call())) == "FIELD_INVALID"
    ada = await shop.customers.CreateCustomer(customer_request(), shop.call())
    no_address = customer_service_pb2.UpdateCustomerRequest(request_id="1", id=ada.id, update_mask=FieldMask(paths=["email"]))
    assert await refused(shop.customers.UpdateCustomer(no_address, shop.call())) == "FIELD_INVALID"


async def test_a_country_that_is_none_is_refused_wherever_it_is_said(shop: Shop) -> None:
    nowhere = address_pb2.Address(country="XX")
    ada, checkout = await shop.customers.CreateCustomer(customer_request(), shop.call()), await shop.checkout(await shop.product())
    moved = customer_service_pb2.UpdateCustomerRequest(
        request_id="1", id=ada.id, update_mask=FieldMask(paths=["billing_address"]), billing_address=nowhere
    )
    for refusal in (
        shop.customers.CreateCustomer(customer_request(email="bob@example.com", billing_address=nowhere), shop.call()),
        shop.customers.UpdateCustomer(moved, shop.call()),
        shop.checkout(await shop.product(), customer_billing_address=nowhere),
        shop.confirm(checkout, change=checkout_service_pb2.CheckoutChange(customer_billing_address=nowhere)),
    ):
        assert await refused(refusal) == "COUNTRY_UNKNOWN"


async def test_nobody_sees_another_organizations_rows(shop: Shop) -> None:
    product = await shop.product()
    stranger = Shop(shop.database)
    assert (
        await refused(stranger.products.GetProduct(product_service_pb2.GetProductRequest(id=product.id), stranger.call()))
        == "PRODUCT_NOT_FOUND"
    )
    listed = await stranger.products.ListProducts(product_service_pb2.ListProductsRequest(), stranger.call())
    assert not listed.products
    assert await refused(stranger.checkout(product)) == "PRODUCT_NOT_FOUND"


def discount_request(**fields: object) -> discount_service_pb2.CreateDiscountRequest:
    given = {"request_id": str(uuid4()), "name": "Spring", "duration": discount_pb2.DISCOUNT_DURATION_ONCE, **fields}
    if "fixed" not in given:
        given.setdefault("percentage", discount_pb2.PercentageDiscount(basis_points=2000))
    return discount_service_pb2.CreateDiscountRequest(**given)  # type: ignore[arg-type]


async def test_a_discount_code_is_unique_without_case_until_it_is_deleted(shop: Shop) -> None:
    first = await shop.discounts.CreateDiscount(discount_request(code="Spring"), shop.call())
    assert await refused(shop.discounts.CreateDiscount(discount_request(code="SPRING"), shop.call())) == "DISCOUNT_CODE_TAKEN"

    await shop.discounts.DeleteDiscount(discount_service_pb2.DeleteDiscountRequest(id=first.id), shop.call())

    again = await shop.discounts.CreateDiscount(discount_request(code="SPRING"), shop.call())
    assert (
        await refused(shop.discounts.GetDiscount(discount_service_pb2.GetDiscountRequest(id=first.id), shop.call())) == "DISCOUNT_NOT_FOUND"
    )
    listed = await shop.discounts.ListDiscounts(discount_service_pb2.ListDiscountsRequest(query="spr", order_by="code"), shop.call())
    assert [each.id for each in listed.discounts] == [again.id]


async def test_a_discount_is_updated_and_names_products_that_exist(shop: Shop) -> None:
    fixed = discount_pb2.FixedDiscount(amounts={"eur": 500, "usd": 600})
    made = await shop.discounts.CreateDiscount(discount_request(fixed=fixed), shop.call())
    update = discount_service_pb2.UpdateDiscountRequest(
        request_id="1", id=made.id, update_mask=FieldMask(paths=["product_ids", "max_redemptions"]), max_redemptions=7
    )
    update.product_ids.append(str(uuid4()))
    assert await refused(shop.discounts.UpdateDiscount(update, shop.call())) == "PRODUCT_NOT_FOUND"
    update.product_ids[0] = (await shop.product()).id
    changed = await shop.discounts.UpdateDiscount(update, shop.call())
    assert (changed.max_redemptions, dict(changed.fixed.amounts)) == (7, {"eur": 500, "usd": 600})


def customer_request(**fields: object) -> customer_service_pb2.CreateCustomerRequest:
    given = {"request_id": str(uuid4()), "email": "ada@example.com", **fields}
    return customer_service_pb2.CreateCustomerRequest(**given)  # type: ignore[arg-type]


async def test_a_customer_is_unique_by_address_and_external_id(shop: Shop) -> None:
    await shop.customers.CreateCustomer(customer_request(external_id="u1"), shop.call())
    same_email = customer_request(email="ADA@example.com")
    same_id = customer_request(email="bob@example.com", external_id="u1")
    assert await refused(shop.customers.CreateCustomer(same_email, shop.call())) == "CUSTOMER_EMAIL_TAKEN"
    assert await refused(shop.customers.CreateCustomer(same_id, shop.call())) == "CUSTOMER_EXTERNAL_ID_TAKEN"


async def test_a_deleted_customer_leaves_address_and_external_id_free(shop: Shop) -> None:
    first = await shop.customers.CreateCustomer(customer_request(external_id="u1"), shop.call())
    await shop.customers.DeleteCustomer(customer_service_pb2.DeleteCustomerRequest(id=first.id), shop.call())

    await shop.customers.CreateCustomer(customer_request(external_id="u1"), shop.call())

    gone = await shop.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=first.id), shop.call())
    assert gone.HasField("deleted_at")
    assert (await shop.facts()).count("customer.deleted") == 1


async def test_details_of_a_customer_change_and_the_external_id_does_not(shop: Shop) -> None:
    made = await shop.customers.CreateCustomer(customer_request(external_id="u1"), shop.call())
    update = customer_service_pb2.UpdateCustomerRequest(
        request_id="1",
        id=made.id,
        update_mask=FieldMask(paths=["billing_address", "tax_id"]),
        billing_address=address_pb2.Address(country="DE"),
        tax_id="DE136695976",
    )
    changed = await shop.customers.UpdateCustomer(update, shop.call())
    assert (changed.tax_id, changed.email, changed.version) == ("DE136695976", "ada@example.com", 2)
    update.request_id, update.tax_id = "2", "DE136695977"
    assert await refused(shop.customers.UpdateCustomer(update, shop.call())) == "TAX_ID_INVALID"
    other = customer_service_pb2.UpdateCustomerRequest(
        request_id="3", id=made.id, update_mask=FieldMask(paths=["external_id"]), external_id="u2"
    )
    assert await refused(shop.customers.UpdateCustomer(other, shop.call())) == "CUSTOMER_EXTERNAL_ID_FIXED"


async def test_customers_are_found_by_external_id_address_and_part(shop: Shop) -> None:
    request = customer_request(external_id="u1", name="Ada")
    request.metadata.update({"team": "red"})
    ada = await shop.customers.CreateCustomer(request, shop.call())
    await shop.customers.CreateCustomer(customer_request(email="bob@example.com"), shop.call())
    by_id = customer_service_pb2.GetCustomerByExternalIdRequest(external_id="u1")
    assert (await shop.customers.GetCustomerByExternalId(by_id, shop.call())).id == ada.id
    for wanted in (
        customer_service_pb2.ListCustomersRequest(email="Ada@Example.com"),
        customer_service_pb2.ListCustomersRequest(query="ada"),
        customer_service_pb2.ListCustomersRequest(metadata={"team": "red"}),
    ):
        listed = await shop.customers.ListCustomers(wanted, shop.call())
        assert [each.id for each in listed.customers] == [ada.id]
    assert isinstance(ada, customer_pb2.Customer)
