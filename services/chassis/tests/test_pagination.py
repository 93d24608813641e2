from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from bursar.checkout.v1.product_service_pb2 import ListProductsRequest

from services.chassis.errors import Invalid
from services.chassis.ids import new_id
from services.chassis.pagination import page_of

ROWS = [{"id": new_id(), "page_key": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)} for day in range(4)]


def test_a_page_that_is_not_the_last_has_a_token_that_leads_on() -> None:
    first = page_of(ListProductsRequest(page_size=3))
    token = first.next_token(ROWS)
    second = page_of(ListProductsRequest(page_size=3, page_token=token))
    assert second.after is not None
    assert first.next_token(ROWS[:3]) == ""
    assert (first.sort_key, first.descending, first.size) == ("created_at", True, 3)


@pytest.mark.parametrize("token", ["x", "!!!", "W10", "WzEsMiwzXQ", "bnVsbA", "a" * 1000])
def test_a_made_up_token_is_refused(token: str) -> None:
    with pytest.raises(Invalid) as refused:
        page_of(ListProductsRequest(page_token=token))
    assert refused.value.reason == "PAGE_TOKEN_INVALID"


def test_a_token_belongs_to_its_filters_and_order() -> None:
    token = page_of(ListProductsRequest(page_size=2, query="a")).next_token(ROWS)
    with pytest.raises(Invalid, match="other filters"):
        page_of(ListProductsRequest(page_size=2, query="b", page_token=token))


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        page_of(ListProductsRequest(order_by="secret"))
    assert refused.value.violations[0].field == "order_by"


def test_a_page_never_holds_more_than_the_limit() -> None:
    assert page_of(ListProductsRequest(page_size=100)).size == 100
    assert page_of(ListProductsRequest()).size == 20
