"""What this service refuses, by name. The kinds (Invalid, NotFound, …) are the suite's.

Invalid         PriceCombinationInvalid  PriceCurrencyMissing  AmountBelowMinimum  CurrencyUnknown
                AmountNotAllowed  UnitPriceNeedsRecurring  TrialNeedsRecurring  TrialIncomplete  RecurringIntervalMissing
                ProductNotRecurring  DiscountDurationInvalid  DiscountDatesInvalid  TaxIdInvalid  CountryUnknown  RequestIdReused
                of services/pricing: PriceTiersInvalid  PriceBoundsInvalid  AmountAboveMaximum  QuantityNotAllowed
NotFound        ProductNotFound  PriceNotFound  DiscountNotFound  CustomerNotFound  CheckoutNotFound  OrderNotFound
                SubscriptionNotFound  OrganizationNotKnown
AlreadyExists   DiscountCodeTaken  CustomerEmailTaken  CustomerExternalIdTaken  AlreadySubscribed
NotPossibleNow  ProductArchived  CurrencyNotOffered  DiscountNotApplicable  DiscountExhausted  DiscountRedeemed
                DiscountCodesNotAllowed  CustomerExternalIdFixed  CheckoutNotOpen  CheckoutExpired  CustomerEmailMissing
                BillingAddressMissing  PaymentMethodMissing  SubscriptionNotFree  TrialAlreadyUsed  TooManyAttempts
                OrderNotPending  PaymentUnderWay  TooManyRetries  BalanceNotEnough
"""

from __future__ import annotations

from collections.abc import Sequence

from services.chassis.errors import AlreadyExists, Invalid, NotFound, NotPossibleNow


class PriceCombinationInvalid(Invalid):
    def __init__(self, why: str, field: str = "prices") -> None:
        super().__init__("PRICE_COMBINATION_INVALID", why, field=field)


class PriceCurrencyMissing(Invalid):
    def __init__(self, currency: str) -> None:
        message = f"there must be a price in {currency}, the organization's currency"
        super().__init__("PRICE_CURRENCY_MISSING", message, field="prices", details={"currency": currency})


class AmountBelowMinimum(Invalid):
    def __init__(self, currency: str, minimum: int, field: str) -> None:
        message = f"the smallest amount in {currency} is {minimum} (minor units), or 0 for free"
        super().__init__("AMOUNT_BELOW_MINIMUM", message, field=field, details={"currency": currency, "minimum": str(minimum)})


class CurrencyUnknown(Invalid):
    def __init__(self, currency: str, field: str) -> None:
        super().__init__("CURRENCY_UNKNOWN", f"{currency!r} is not a currency of the suite", field=field)


class CountryUnknown(Invalid):
    def __init__(self, code: str, field: str) -> None:
        super().__init__("COUNTRY_UNKNOWN", f"{code} is not a country of ISO 3166-1", field=field)


class UnitPriceNeedsRecurring(Invalid):
    def __init__(self, field: str) -> None:
        message = "a price by units is charged again and again: only a recurring product can have one"
        super().__init__("UNIT_PRICE_NEEDS_RECURRING", message, field=field)


class AmountNotAllowed(Invalid):
    def __init__(self, why: str) -> None:
        super().__init__("AMOUNT_NOT_ALLOWED", why, field="amount")


class TrialNeedsRecurring(Invalid):
    def __init__(self) -> None:
        super().__init__("TRIAL_NEEDS_RECURRING", "only a recurring product can start with a trial", field="trial_interval")


class TrialIncomplete(Invalid):
    def __init__(self, missing: str) -> None:
        message = "give both trial_interval and trial_interval_count, or neither"
        super().__init__("TRIAL_INCOMPLETE", message, field=missing)


class RecurringIntervalMissing(Invalid):
    def __init__(self) -> None:
        message = "recurring_interval_count counts intervals: say which"
        super().__init__("RECURRING_INTERVAL_MISSING", message, field="recurring_interval")


class ProductNotRecurring(Invalid):
    def __init__(self) -> None:
        message = "a subscription goes on only with a recurring product"
        super().__init__("PRODUCT_NOT_RECURRING", message, field="product_ids")


class DiscountDurationInvalid(Invalid):
    def __init__(self) -> None:
        message = "duration_in_months belongs to repeating discounts, and only to them"
        super().__init__("DISCOUNT_DURATION_INVALID", message, field="duration_in_months")


class DiscountDatesInvalid(Invalid):
    def __init__(self) -> None:
        super().__init__("DISCOUNT_DATES_INVALID", "starts_at must be before ends_at", field="ends_at")


class TaxIdInvalid(Invalid):
    def __init__(self, country: str, field: str = "tax_id") -> None:
        message = f"this is not a tax id of {country}" if country else "a tax id needs a billing address with its country"
        super().__init__("TAX_ID_INVALID", message, field=field, details={"country": country})


class RequestIdReused(Invalid):
    def __init__(self) -> None:
        message = "this request_id was used with other content; use a new one for a new request"
        super().__init__("REQUEST_ID_REUSED", message, field="request_id")


class ProductNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("PRODUCT_NOT_FOUND", "there is no such product")


class PriceNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("PRICE_NOT_FOUND", "the product has no such active price")


class DiscountNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("DISCOUNT_NOT_FOUND", "there is no such discount")


class CustomerNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("CUSTOMER_NOT_FOUND", "there is no such customer")


class CheckoutNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("CHECKOUT_NOT_FOUND", "there is no such checkout")


class OrderNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("ORDER_NOT_FOUND", "there is no such order")


class DiscountCodeTaken(AlreadyExists):
    def __init__(self) -> None:
        super().__init__("DISCOUNT_CODE_TAKEN", "another discount has this code", field="code")


class CustomerEmailTaken(AlreadyExists):
    def __init__(self) -> None:
        super().__init__("CUSTOMER_EMAIL_TAKEN", "another customer has this e-mail address", field="email")


class CustomerExternalIdTaken(AlreadyExists):
    def __init__(self) -> None:
        super().__init__("CUSTOMER_EXTERNAL_ID_TAKEN", "another customer has this external id", field="external_id")


class ProductArchived(NotPossibleNow):
    def __init__(self) -> None:
        super().__init__("PRODUCT_ARCHIVED", "this product is no longer sold")


class CurrencyNotOffered(NotPossibleNow):
    def __init__(self, currency: str) -> None:
        super().__init__("CURRENCY_NOT_OFFERED", f"the product has no price in {currency}", field="currency")


class DiscountNotApplicable(NotPossibleNow):
    def __init__(self, why: str) -> None:
        super().__init__("DISCOUNT_NOT_APPLICABLE", f"the discount does not apply: {why}")


class DiscountExhausted(NotPossibleNow):
    def __init__(self) -> None:
        super().__init__("DISCOUNT_EXHAUSTED", "this discount can no longer be redeemed")


class DiscountRedeemed(NotPossibleNow):
    def __init__(self) -> None:
        super().__init__("DISCOUNT_REDEEMED", "amounts and months of a discount are fixed once it was redeemed")


class DiscountCodesNotAllowed(NotPossibleNow):
    def __init__(self) -> None:
        super().__init__("DISCOUNT_CODES_NOT_ALLOWED", "this checkout takes no discount codes", field="discount_code")


class CustomerExternalIdFixed(NotPossibleNow):
    def __init__(self) -> None:
        super().__init__("CUSTOMER_EXTERNAL_ID_FIXED", "an external id is set once and cannot change", field="external_id")


class CheckoutNotOpen(NotPossibleNow):
    def __init__(self, status: str) -> None:
        super().__init__("CHECKOUT_NOT_OPEN", f"this checkout is {status}; only an open one changes", details={"status": status})


class CheckoutExpired(NotPossibleNow):
    def __init__(self) -> None:
        super().__init__("CHECKOUT_EXPIRED", "this checkout has expired; start a new one")


class CustomerEmailMissing(NotPossibleNow):
    def __init__(self) -> None:
        super().__init__("CUSTOMER_EMAIL_MISSING", "a purchase needs the buyer's e-mail address", field="customer_email")


class BillingAddressMissing(NotPossibleNow):
    def __init__(self, parts: Sequence[str]) -> None:
        named = ", ".join(parts)
        message = f"the billing address lacks {named}"
        super().__init__("BILLING_ADDRESS_MISSING", message, field="customer_billing_address", details={"missing": named})


class PaymentMethodMissing(NotPossibleNow):
    def __init__(self) -> None:
        message = "a payment method is needed: give the confirmation token that the processor's browser library made"
        super().__init__("PAYMENT_METHOD_MISSING", message, field="confirmation_token_id")


class AlreadySubscribed(AlreadyExists):
    def __init__(self) -> None:
        super().__init__("ALREADY_SUBSCRIBED", "this customer already has a subscription")


class SubscriptionNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("SUBSCRIPTION_NOT_FOUND", "this customer has no such subscription")


class SubscriptionNotFree(NotPossibleNow):
    def __init__(self) -> None:
        message = "only a running free subscription can be upgraded by a checkout"
        super().__init__("SUBSCRIPTION_NOT_FREE", message, field="upgraded_subscription_id")


class TrialAlreadyUsed(NotPossibleNow):
    def __init__(self) -> None:
        super().__init__("TRIAL_ALREADY_USED", "this person has already had a trial")


class TooManyAttempts(NotPossibleNow):
    def __init__(self) -> None:
        super().__init__("TOO_MANY_ATTEMPTS", "this checkout was tried too often; start a new one")


class OrderNotPending(NotPossibleNow):
    def __init__(self, status: str) -> None:
        super().__init__("ORDER_NOT_PENDING", f"this order is {status}; nobody owes it", details={"status": status})


class PaymentUnderWay(NotPossibleNow):
    def __init__(self) -> None:
        super().__init__("PAYMENT_UNDER_WAY", "this order is being paid; wait for the outcome", retry_after_seconds=5.0)


class TooManyRetries(NotPossibleNow):
    def __init__(self, most: int) -> None:
        super().__init__("TOO_MANY_RETRIES", f"this order was tried {most} times by hand, which is all", details={"maximum": str(most)})


class BalanceNotEnough(NotPossibleNow):
    def __init__(self, balance: int) -> None:
        message = "a balance is not taken below zero by hand"
        super().__init__("BALANCE_NOT_ENOUGH", message, field="amount", details={"balance_amount": str(balance)})


class OrganizationNotKnown(NotFound):
    """There is no copy of the organization yet; identity has to be asked."""

    def __init__(self) -> None:
        super().__init__("ORGANIZATION_NOT_FOUND", "there is no such organization")
