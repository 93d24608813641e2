"""What a checkout sells at this moment: prices, discount, trial and the quote that follows. Confirming freezes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.checkout.domain.balance import applied_balance
from services.checkout.domain.description import described
from services.checkout.domain.discount import AppliedDiscount
from services.checkout.domain.interval import Interval, Period
from services.checkout.domain.payment import AttemptKind
from services.checkout.domain.price import Price, TaxBehavior, minimum_charge
from services.checkout.domain.quote import Quote
from services.pricing.price import CustomPrice


@dataclass(frozen=True, slots=True)
class Offer:
    """A product's prices as they are sold to one buyer. Subscription, order and invoice are made from it, so it carries all they need."""

    product_name: str
    prices: tuple[Price, ...]
    """All of one currency, bought at once; a line of the quote for each."""
    tax_behavior: TaxBehavior
    """Exclusive or inclusive, decided by the buyer's place."""
    quote: Quote
    """What one period costs, or the one-time sale; not reduced by a trial."""
    discount: AppliedDiscount | None
    recurring: Interval | None
    trial: Interval | None
    trial_end: datetime | None
    trial_needs_card: bool
    time_zone: str
    """In which periods are counted."""
    seats: int | None = None
    units: int | None = None
    locale: str | None = None
    """The buyer's, for the words on lines."""

    @property
    def is_free(self) -> bool:
        """Whether it never costs anything."""
        return all(price.is_free for price in self.prices)

    @property
    def due_now(self) -> int:
        """What is charged on confirming, minor units."""
        return 0 if self.trial is not None else self.quote.total_amount

    @property
    def is_payment_required(self) -> bool:
        """Whether something is charged now. Less than the smallest charge is not: the customer owes it."""
        return self.due_now >= minimum_charge(self.quote.currency)

    @property
    def is_payment_setup_required(self) -> bool:
        """Whether a card has to be kept for later."""
        return self.costs_later and (self.trial is None or self.trial_needs_card)

    @property
    def costs_later(self) -> bool:
        """Whether there are renewals to pay."""
        if self.recurring is None or self.is_free or (self.discount is not None and self.discount.makes_free_for_ever):
            return False
        return self.quote.subtotal_amount != 0 or not all(isinstance(price.amount, CustomPrice) for price in self.prices)


def kind_of_attempt(offer: Offer, balance: int, *, brings_card: bool) -> AttemptKind:
    """What confirming asks of payments when the customer's balance takes its part. A card that need not be brought is kept all the same."""
    applied = applied_balance(offer.due_now, balance, offer.quote.currency)
    if offer.due_now + applied > 0:
        return AttemptKind.CHARGE
    return AttemptKind.SETUP if offer.is_payment_setup_required or (brings_card and offer.costs_later) else AttemptKind.NONE


def first_order(offer: Offer, now: datetime) -> Quote:
    """The quote of the order that confirming makes: the first period, or a trial at no charge; its lines in words."""
    if offer.recurring is None:
        return _in_words(offer, offer.quote, None)
    if offer.trial is not None:
        period = Period(now, offer.trial.after(now, offer.time_zone))
        lines = tuple(
            replace(line, label=f"Trial period for {line.label}", amount=0, discount_amount=0, tax_amount=0) for line in offer.quote.lines
        )
        return _in_words(offer, Quote(offer.quote.currency, offer.quote.inclusive, lines, ()), period)
    return _in_words(offer, offer.quote, Period(now, offer.recurring.after(now, offer.time_zone)))


def _in_words(offer: Offer, quote: Quote, period: Period | None) -> Quote:
    lines = tuple(
        described(replace(line, period=period), price, quote.currency, time_zone=offer.time_zone, locale=offer.locale)
        for line, price in zip(quote.lines, offer.prices, strict=True)
    )
    return replace(quote, lines=lines)
