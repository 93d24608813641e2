"""From the contract to the domain and back: the only file in both worlds."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from bursar.payments.v1 import payment_method_pb2, payment_pb2, payment_service_pb2

from services.chassis.enums import number_of, word_of
from services.chassis.errors import Invalid
from services.chassis.ids import id_text
from services.chassis.money import Money
from services.chassis.timestamps import to_timestamp
from services.payments.domain.attempt import PENDING, REQUIRES_ACTION, Attempt, Kind
from services.payments.domain.customer import Customer
from services.payments.domain.errors import within
from services.payments.domain.payment_method import PaymentMethod
from services.payments.domain.saved_source import SavedSource
from services.payments.usecases.create_attempt import NewAttempt

_UNSET_TIME = datetime.fromtimestamp(0).astimezone()


def new_payment(organization_id: UUID, request: payment_service_pb2.CreatePaymentRequest) -> NewAttempt:
    """Invalid: CURRENCY_UNKNOWN."""
    money = Money(request.currency, request.amount)
    saved = _saved_source(request)
    attempt = Attempt(
        id=UUID(request.payment_id),
        organization_id=organization_id,
        kind=Kind.PAYMENT,
        status=PENDING,
        customer_id=UUID(request.customer.customer_id),
        subject_id=UUID(request.order_id),
        checkout_id=UUID(request.checkout_id) if request.HasField("checkout_id") else None,
        number=request.attempt,
        source=request.confirmation_token_id,
        off_session=saved is not None,
        keep_method=request.save_payment_method,
        return_url=request.return_url or None,
        description=request.description,
        trigger=word_of(payment_pb2.PaymentTrigger, request.trigger),
        amount=money.amount,
        currency=money.currency,
        created_at=_UNSET_TIME,
        modified_at=_UNSET_TIME,
    )
    return NewAttempt(attempt, _customer(organization_id, request.customer), saved)


def new_payments(organization_id: UUID, request: payment_service_pb2.CreatePaymentsRequest) -> list[NewAttempt]:
    """Invalid: CURRENCY_UNKNOWN, naming the field `payments[i]`."""
    new = []
    for place, each in enumerate(request.payments):
        try:
            new.append(new_payment(organization_id, each))
        except Invalid as error:
            raise within(f"payments[{place}]", error) from None
    return new


def new_setup(organization_id: UUID, request: payment_service_pb2.CreateSetupRequest) -> NewAttempt:
    attempt = Attempt(
        id=UUID(request.setup_id),
        organization_id=organization_id,
        kind=Kind.SETUP,
        status=PENDING,
        customer_id=UUID(request.customer.customer_id),
        subject_id=UUID(request.checkout_id),
        checkout_id=UUID(request.checkout_id),
        number=request.attempt,
        source=request.confirmation_token_id,
        off_session=False,
        keep_method=True,
        return_url=request.return_url or None,
        created_at=_UNSET_TIME,
        modified_at=_UNSET_TIME,
    )
    return NewAttempt(attempt, _customer(organization_id, request.customer))


def payment_message(attempt: Attempt, *, with_action: bool = False) -> payment_pb2.Payment:
    """`with_action` shows what only the buyer's own checkout may see."""
    failure, settlement = attempt.failure, attempt.settlement
    return payment_pb2.Payment(
        id=str(attempt.id),
        organization_id=str(attempt.organization_id),
        status=number_of(payment_pb2.PaymentStatus, attempt.status),
        processor="stripe",
        customer_id=str(attempt.customer_id),
        order_id=str(attempt.subject_id),
        checkout_id=id_text(attempt.checkout_id),
        attempt=attempt.number,
        trigger=number_of(payment_pb2.PaymentTrigger, attempt.trigger),
        amount=attempt.amount or 0,
        currency=attempt.currency or "",
        method=attempt.method,
        payment_method_id=id_text(attempt.payment_method_id),
        decline_reason=(failure.decline_code or failure.code) if failure else None,
        decline_message=failure.message if failure else None,
        failure_code=failure.code if failure else None,
        retryable=failure.retryable if failure else None,
        decline_code=failure.decline_code if failure else None,
        processor_fee_amount=settlement.fee_amount if settlement else None,
        settlement_currency=settlement.currency if settlement else None,
        processor_payment_id=attempt.processor_id,
        next_action=_next_action(attempt) if with_action else None,
        version=attempt.version,
        settled_at=to_timestamp(settlement.settled_at if settlement else None),
        created_at=to_timestamp(attempt.created_at),
        modified_at=to_timestamp(attempt.modified_at),
    )


def setup_message(attempt: Attempt) -> payment_pb2.Setup:
    failure = attempt.failure
    return payment_pb2.Setup(
        id=str(attempt.id),
        organization_id=str(attempt.organization_id),
        status=number_of(payment_pb2.SetupStatus, attempt.status),
        customer_id=str(attempt.customer_id),
        checkout_id=id_text(attempt.checkout_id) or "",
        attempt=attempt.number,
        payment_method_id=id_text(attempt.payment_method_id),
        failure_code=failure.code if failure else None,
        decline_code=failure.decline_code if failure else None,
        decline_message=failure.message if failure else None,
        next_action=_next_action(attempt),
        version=attempt.version,
        created_at=to_timestamp(attempt.created_at),
        modified_at=to_timestamp(attempt.modified_at),
    )


def payment_method_message(method: PaymentMethod) -> payment_method_pb2.PaymentMethod:
    details = method.details
    card = payment_method_pb2.CardDetails(
        brand=details.brand, last4=details.last4, exp_month=details.exp_month, exp_year=details.exp_year, country=details.country
    )
    return payment_method_pb2.PaymentMethod(
        id=str(method.id),
        organization_id=str(method.organization_id),
        customer_id=str(method.customer_id),
        processor="stripe",
        type=details.type,
        card=card if details.type == "card" else None,
        is_default=method.is_default,
        version=method.version,
        created_at=to_timestamp(method.created_at),
        modified_at=to_timestamp(method.modified_at),
    )


def payment_filters(request: payment_service_pb2.ListPaymentsRequest) -> dict[str, list[object]]:
    """Columns and the values that they may have."""
    return {
        "subject_id": [UUID(each) for each in request.order_id],
        "checkout_id": [UUID(each) for each in request.checkout_id],
        "customer_id": [UUID(each) for each in request.customer_id],
        "status": [word_of(payment_pb2.PaymentStatus, each) for each in request.status],
        "method": list(request.method),
    }


def _saved_source(request: payment_service_pb2.CreatePaymentRequest) -> SavedSource | None:
    match request.WhichOneof("source"):
        case "payment_method_id":
            return SavedSource(UUID(request.payment_method_id), or_default=False)
        case "saved_payment_method":
            saved = request.saved_payment_method
            preferred = UUID(saved.preferred_payment_method_id) if saved.HasField("preferred_payment_method_id") else None
            return SavedSource(preferred, or_default=True)
    return None


def _customer(organization_id: UUID, customer: payment_service_pb2.PaymentCustomer) -> Customer:
    return Customer(organization_id, UUID(customer.customer_id), customer.email, customer.name or None)


def _next_action(attempt: Attempt) -> payment_pb2.NextAction | None:
    action = attempt.next_action
    if action is None or attempt.status != REQUIRES_ACTION:
        return None
    return payment_pb2.NextAction(redirect_url=action.redirect_url, processor_client_secret=action.client_secret)
