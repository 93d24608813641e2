"""Files through the edge: what a spreadsheet gets, and what a caller gets instead when the question is wrong."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest

from tests.e2e.calls import read_response
from tests.e2e.merchants import Merchant
from tests.e2e.world import World


def rows(response: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


@pytest.mark.parametrize("noun", ["orders", "subscriptions"])
def test_a_file_is_downloaded_as_csv_under_a_name_of_its_own(noun: str, merchant: Merchant, world: World) -> None:
    response = merchant.rest("GET", f"{noun}:export")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert response.headers["content-disposition"] == f'attachment; filename="{noun}.csv"'
    assert response.text.startswith("email,")
    assert response.text.endswith("\r\n")


def test_a_file_holds_what_the_list_holds(merchant: Merchant, world: World) -> None:
    listed: list[dict[str, Any]] = merchant.get("orders", page_size=100, order_by="created_at")["orders"]
    found = rows(merchant.rest("GET", "orders:export", params={"columns": ["invoice_number", "total_amount", "currency"]}))
    assert found == [
        {
            "invoice_number": order.get("invoice_number", ""),
            "total_amount": f"{int(order['total_amount']) // 100}.{int(order['total_amount']) % 100:02d}",
            "currency": "EUR",
        }
        for order in listed
    ]


def test_a_file_of_one_subscription_has_its_figures(merchant: Merchant, world: World) -> None:
    query = {"customer_id": world["customer_id"], "columns": ["product", "amount", "status", "seats"], "active": "true"}
    assert {"product": "Team", "amount": "49.95", "status": "active", "seats": "999"} in rows(
        merchant.rest("GET", "subscriptions:export", params=query)
    )


@pytest.mark.parametrize("noun", ["orders", "subscriptions"])
@pytest.mark.parametrize(
    ("query", "reason"),
    [("columns=secret", "COLUMN_UNKNOWN"), ("time_zone=Mars", "TIME_ZONE_UNKNOWN"), ("time_zone=localtime", "TIME_ZONE_UNKNOWN")],
)
def test_a_wrong_question_is_answered_as_everywhere(noun: str, query: str, reason: str, merchant: Merchant) -> None:
    answer = read_response(merchant.rest("GET", f"{noun}:export?{query}"))
    assert (answer.code, answer.reason) == ("INVALID_ARGUMENT", reason)
    assert answer.fields == (query.partition("=")[0],)


def test_nobody_without_the_scope_gets_a_file(merchant: Merchant) -> None:
    made = merchant.post("access_tokens", comment="narrow", scopes=["products:read"])
    holder = Merchant(merchant.organization_id, made["token"], merchant.edge_url, merchant.edge_grpc)
    assert read_response(holder.rest("GET", "orders:export")).code == "PERMISSION_DENIED"
