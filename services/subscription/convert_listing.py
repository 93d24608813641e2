"""What lists and files are asked for, from messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bursar.subscription.v1 import subscription_pb2
from bursar.subscription.v1 import subscription_service_pb2 as pb
from google.protobuf.message import Message

from services.chassis.enums import word_of
from services.chassis.timestamps import from_timestamp
from services.subscription.usecases.filters import Filters


def read_filters(request: pb.ListSubscriptionsRequest) -> Filters:
    """The filters of a list."""
    return Filters(
        customer_ids=_ids(request.customer_id),
        external_customer_ids=list(request.external_customer_id),
        product_ids=_ids(request.product_id),
        discount_ids=_ids(request.discount_id),
        statuses=_statuses(request.status),
        active=request.active if request.HasField("active") else None,
        cancel_at_period_end=request.cancel_at_period_end if request.HasField("cancel_at_period_end") else None,
        cancellation_reasons=[
            word_of(subscription_pb2.CustomerCancellationReason, reason) for reason in request.customer_cancellation_reason
        ],
        canceled_after=_time(request, "canceled_after"),
        canceled_before=_time(request, "canceled_before"),
        started_after=_time(request, "started_after"),
        started_before=_time(request, "started_before"),
        metadata=dict(request.metadata),
    )


def read_export_filters(request: pb.ExportSubscriptionsRequest) -> Filters:
    """The filters of a file."""
    return Filters(
        customer_ids=_ids(request.customer_id),
        product_ids=_ids(request.product_id),
        statuses=_statuses(request.status),
        active=request.active if request.HasField("active") else None,
        started_after=_time(request, "started_after"),
        started_before=_time(request, "started_before"),
    )


def _statuses(numbers: Sequence[int]) -> list[str]:
    return [word_of(subscription_pb2.SubscriptionStatus, number) for number in numbers]


def _time(request: Message, field: str) -> datetime | None:
    return from_timestamp(getattr(request, field), field) if request.HasField(field) else None


def _ids(texts: Sequence[str]) -> list[UUID]:
    return [UUID(text) for text in texts]
