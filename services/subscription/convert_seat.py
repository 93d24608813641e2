"""Between the contracts of seats and the domain; the only file that knows both."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1.checkout_events_pb2 import CheckoutSucceeded, OrderPaid
from bursar.subscription.v1 import seat_pb2, seat_service_pb2
from bursar.subscription.v1.subscription_events_pb2 import SeatState

from services.chassis.enums import number_of, word_of
from services.chassis.ids import id_text, parse_id
from services.chassis.metadata import read_metadata, write_metadata
from services.chassis.timestamps import to_timestamp
from services.subscription.domain.seat import Holder, Seat, SeatStatus
from services.subscription.domain.seat_container import Container, ContainerKind
from services.subscription.usecases.assign_seat import WantedSeat
from services.subscription.usecases.claim_seat import Invited
from services.subscription.usecases.seat_ports import ListedSeats
from services.subscription.usecases.take_buyers_seats import BuyersSeat

_Contained = seat_service_pb2.AssignSeatRequest | seat_service_pb2.ListSeatsRequest


def seat_to_proto(seat: Seat) -> seat_pb2.CustomerSeat:
    message = seat_pb2.CustomerSeat(
        id=str(seat.id),
        organization_id=str(seat.organization_id),
        status=number_of(seat_pb2.SeatStatus, seat.status),
        subscription_id=_subscription_id(seat),
        order_id=_order_id(seat),
        customer_id=id_text(seat.customer_id),
        email=seat.email,
        invitation_token_expires_at=to_timestamp(seat.invitation_token_expires_at if seat.status is SeatStatus.PENDING else None),
        claimed_at=to_timestamp(seat.claimed_at),
        revoked_at=to_timestamp(seat.revoked_at),
        version=seat.version,
        created_at=to_timestamp(seat.created_at),
        modified_at=to_timestamp(seat.modified_at),
    )
    write_metadata(seat.metadata, message.metadata)
    return message


def invited_to_proto(seat: Seat) -> seat_pb2.CustomerSeat:
    """An answer that shows the invitation, as it is stored: the number of the invitation in the place of its secret."""
    message = seat_to_proto(seat)
    if seat.status is SeatStatus.PENDING:
        message.invitation_token = str(seat.invitation)
    return message


def list_to_proto(listed: ListedSeats) -> seat_service_pb2.ListSeatsResponse:
    return seat_service_pb2.ListSeatsResponse(
        seats=[seat_to_proto(seat) for seat in listed.seats],
        next_page_token=listed.next_token,
        total_seats=listed.total,
        available_seats=listed.available,
    )


def invitation_to_proto(invited: Invited) -> seat_service_pb2.SeatInvitation:
    seat, container = invited.seat, invited.container
    return seat_service_pb2.SeatInvitation(
        seat_id=str(seat.id),
        status=number_of(seat_pb2.SeatStatus, seat.status),
        product_id=str(container.product_id),
        product_name=container.product_name,
        email=seat.email or "",
        expires_at=to_timestamp(seat.invitation_token_expires_at),
    )


def state_to_proto(seat: Seat) -> SeatState:
    """What a fact says."""
    return SeatState(
        seat_id=str(seat.id),
        status=number_of(seat_pb2.SeatStatus, seat.status),
        subscription_id=_subscription_id(seat),
        order_id=_order_id(seat),
        product_id=str(seat.product_id),
        customer_id=id_text(seat.customer_id),
        external_customer_id=seat.external_customer_id,
        email=seat.email,
        billing_customer_id=str(seat.billing_customer_id),
    )


def read_container(request: _Contained) -> tuple[ContainerKind, UUID]:
    """What a request is about."""
    if request.WhichOneof("container") == "order_id":
        return ContainerKind.ORDER, parse_id(request.order_id, "order_id")
    return ContainerKind.SUBSCRIPTION, parse_id(request.subscription_id, "subscription_id")


def read_wanted(organization_id: UUID, request: seat_service_pb2.AssignSeatRequest) -> WantedSeat:
    """What a merchant asks for."""
    kind, container_id = read_container(request)
    holder = Holder(
        customer_id=parse_id(request.customer_id, "customer_id") if request.HasField("customer_id") else None,
        external_customer_id=request.external_customer_id if request.HasField("external_customer_id") else None,
        email=request.email if request.HasField("email") else None,
    )
    metadata = read_metadata(request.metadata)
    return WantedSeat(organization_id, kind, container_id, holder, False, request.immediate_claim, metadata)


def read_statuses(request: seat_service_pb2.ListSeatsRequest) -> list[str]:
    """Which seats of a container are listed; empty: all."""
    return [word_of(seat_pb2.SeatStatus, status) for status in request.status]


def read_paid_order(organization_id: UUID, message: OrderPaid) -> Container | None:
    """The seats that a one-time order sold, if it did."""
    return _sold(organization_id, message, "") if message.HasField("product_id") else None


def read_bought_order(organization_id: UUID, message: CheckoutSucceeded) -> Container | None:
    """The same by the checkout, which knows the product's name."""
    return _sold(organization_id, message, message.product_name)


def read_buyers_seat(organization_id: UUID, message: CheckoutSucceeded) -> BuyersSeat | None:
    """The seat that a buyer takes, if they do."""
    if not message.claim_seat_for_buyer:
        return None
    of_subscription = message.HasField("subscription_id")
    return BuyersSeat(
        organization_id=organization_id,
        kind=ContainerKind.SUBSCRIPTION if of_subscription else ContainerKind.ORDER,
        container_id=UUID(message.subscription_id if of_subscription else message.order_id),
        holder=Holder(
            customer_id=UUID(message.customer_id),
            external_customer_id=message.external_customer_id if message.HasField("external_customer_id") else None,
            email=message.customer_email if message.HasField("customer_email") else None,
        ),
    )


def _sold(organization_id: UUID, message: OrderPaid | CheckoutSucceeded, product_name: str) -> Container | None:
    seats = message.seats
    if seats <= 0 or message.HasField("subscription_id"):
        return None
    order_id, customer_id, product_id = UUID(message.order_id), UUID(message.customer_id), UUID(message.product_id)
    return Container(ContainerKind.ORDER, order_id, organization_id, customer_id, product_id, product_name, seats, seats)


def _subscription_id(seat: Seat) -> str | None:
    return str(seat.container_id) if seat.container_kind is ContainerKind.SUBSCRIPTION else None


def _order_id(seat: Seat) -> str | None:
    return str(seat.container_id) if seat.container_kind is ContainerKind.ORDER else None
