"""What can be wrong about seats."""

from __future__ import annotations

from uuid import UUID

from services.chassis.errors import NotFound, NotPossibleNow


class SeatNotFound(NotFound):
    """No such seat, or another organization's."""

    def __init__(self, seat_id: UUID) -> None:
        super().__init__("SEAT_NOT_FOUND", f"there is no seat {seat_id}")


class OrderNotFound(NotFound):
    """No order of that id sold seats, or it is another organization's."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__("ORDER_NOT_FOUND", f"there is no order {order_id} with seats")


class CustomerNotFound(NotFound):
    """No such customer, or another organization's, or deleted."""

    def __init__(self) -> None:
        super().__init__("CUSTOMER_NOT_FOUND", "there is no such customer")


class InvitationNotFound(NotFound):
    """No such invitation, or it is too old, or its seat was given to somebody else."""

    def __init__(self) -> None:
        super().__init__("INVITATION_NOT_FOUND", "there is no such invitation, or it is no longer good")


class NotSeatBased(NotPossibleNow):
    """What was bought has no seats."""

    def __init__(self) -> None:
        super().__init__("NOT_SEAT_BASED", "it was not sold by seats")


class NoSeatAvailable(NotPossibleNow):
    """All seats that were sold, and will go on being sold, are given to somebody."""

    def __init__(self, sold: int, assignable: int) -> None:
        if assignable < sold:
            message = f"no seat is left: of {sold} seats a change that waits takes {sold - assignable}, and the others are assigned"
        else:
            message = f"no seat is left: {sold} were sold, and all are assigned"
        super().__init__("NO_SEAT_AVAILABLE", message, details={"seats": str(assignable)})


class SeatNotPending(NotPossibleNow):
    """Only a seat that waits for its holder has an invitation."""

    def __init__(self) -> None:
        super().__init__("SEAT_NOT_PENDING", "the seat is not waiting to be claimed")
