"""What a checkout sells at this moment: price, discount, trial and the quote that follows. Confirming freezes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.checkout.domain.discount import AppliedDiscount
from services.checkout.domain.interval import Interval, Period
from services.checkout.domain.payment import AttemptKind
from services.checkout.domain.price import Price, TaxBehavior, minimum_charge
from services.checkout.domain.quote import Line, Quote


@dataclass(frozen=True, slots=True)
class Offer:
    """A price as it is sold to one buyer. Subscription, order and invoice are made from it, so it carries all they need."""

    product_name: str
    price: Price
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
        """Whether a card is to be kept for later."""
        if self.recurring is None or self.price.is_free or (self.discount is not None and self.discount.makes_free_for_ever):
            return False
        if self.quote.subtotal_amount == 0:
            return False
        return self.trial is None or self.trial_needs_card

    @property
    def attempt_kind(self) -> AttemptKind:
        """What confirming asks of payments."""
        if self.is_payment_required:
            return AttemptKind.CHARGE
        return AttemptKind.SETUP if self.is_payment_setup_required else AttemptKind.NONE


def owed_on_balance(offer: Offer) -> int:
    """The part of what is due now that is too small to charge, as `applied_balance_amount` (not positive)."""
    return 0 if offer.is_payment_required else -offer.due_now


def first_order(offer: Offer, now: datetime) -> Quote:
    """The quote of the order that confirming makes: the first period, or a trial at no charge."""
    if offer.recurring is None:
        return offer.quote
    if offer.trial is not None:
        end = offer.trial.after(now, offer.time_zone)
        label = f"Trial period for {offer.product_name}"
        line = Line(label=label, amount=0, price_id=offer.price.id, period=Period(now, end))
        return Quote(offer.quote.currency, offer.quote.inclusive, (line,), ())
    period = Period(now, offer.recurring.after(now, offer.time_zone))
    return replace(offer.quote, lines=tuple(replace(line, period=period) for line in offer.quote.lines))
