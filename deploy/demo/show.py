"""The tables that a person sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.audit.invariants import Verdict
from deploy.demo.edge import CallMade
from deploy.demo.flow import Flow
from services.chassis.money import Money

_KINDS = "ACCOUNT_KIND_"


def heading(console: Console, title: str) -> None:
    """A scene begins."""
    console.rule(f"[bold]{title}", align="left")


def calls(console: Console, made: Iterable[CallMade]) -> None:
    """What was called through the edge."""
    table = _table("called", "answer", "ms")
    for call in made:
        table.add_row(call.what, call.outcome, f"{call.milliseconds:.1f}")
    console.print(table)


def facts(console: Console, flows: Iterable[Flow]) -> None:
    """Which facts flowed where."""
    table = _table("fact", "told by", "at ms", "used by (ms after the telling commit)")
    for flow in flows:
        used = ", ".join(f"{name} {milliseconds:.1f}" for name, milliseconds in flow.consumers.items())
        table.add_row(flow.fact, flow.producer, f"{flow.at_milliseconds:.0f}", used or "–")
    console.print(table)


def order(console: Console, told: Mapping[str, Any]) -> None:
    """The amounts of an order."""
    table = _table("order", "status", "items", "discount", "net", "tax", "total", "due", "tax lines")
    amounts = (_amount(told, name) for name in ("subtotal", "discount", "net", "tax", "total", "due"))
    lines = ", ".join(f"{line['name']} {line['jurisdiction']} {int(line['rate_ppm']) / 10_000:g} %" for line in told["tax_lines"])
    status = told["status"].removeprefix("ORDER_STATUS_").lower()
    table.add_row(told.get("invoice_number") or told["id"][:8], status, *amounts, lines)
    console.print(table)


def order_lines(console: Console, told: Mapping[str, Any]) -> None:
    """An order line by line: what, for when, at which price, minus what."""
    currency = told["currency"]
    name = f"{told['created_at'][:10]}  {told.get('invoice_number') or 'no invoice'}  {_word(told['status'], 'ORDER_STATUS_')}"
    table = _table(name, "amount", "discount", "tax")
    for item in told["items"]:
        amounts = (item["amount"], item["discount_amount"], item["tax_amount"])
        table.add_row(item["description"] or item["label"], *(str(Money(currency, int(amount))) for amount in amounts))
    balance = int(told["applied_balance_amount"])
    if balance:
        table.add_row("from the balance" if balance < 0 else "to the balance", str(Money(currency, balance)), "", "")
    table.add_row("[bold]to pay", f"[bold]{_amount(told, 'due')}", "", "")
    console.print(table)


def year_at_a_glance(console: Console, orders: Iterable[Mapping[str, Any]]) -> None:
    """The orders of the year, a row each."""
    table = _table("day", "invoice", "because of", "lines", "net", "tax", "total", "due", "status")
    for each in orders:
        reason = _word(each["billing_reason"], "ORDER_BILLING_REASON_")
        amounts = (_amount(each, name) for name in ("net", "tax", "total", "due"))
        status = _word(each["status"], "ORDER_STATUS_")
        table.add_row(each["created_at"][:10], each.get("invoice_number") or "–", reason, str(len(each["items"])), *amounts, status)
    console.print(table)


def happenings(console: Console, counts: Mapping[str, int]) -> None:
    """What came true while the clock moved."""
    told = ", ".join(f"{kind} {count}" for kind, count in counts.items())
    if told:
        console.print(f"  [dim]while the clock moved: {told}", highlight=False)


def ledger_entries(console: Console, transactions: Sequence[Mapping[str, Any]]) -> None:
    """The entries of an order's transactions."""
    table = _table("ledger", "account", "debit", "credit")
    for transaction in transactions:
        kind = transaction["kind"].removeprefix("TRANSACTION_KIND_").lower()
        for entry in transaction["entries"]:
            money = Money(entry["currency"], abs(int(entry["amount"])))
            debit, credit = (str(money), "") if int(entry["amount"]) > 0 else ("", str(money))
            table.add_row(kind, entry["account_code"], debit, credit)
            kind = ""
    if table.row_count:
        console.print(table)


def grants(console: Console, granted: Sequence[Mapping[str, Any]]) -> None:
    """What the customer has now."""
    table = _table("grant", "benefit", "state", "license key")
    for grant in granted:
        state = "granted" if grant["is_granted"] else "revoked"
        table.add_row(grant["id"][-8:], grant["benefit_id"][-8:], state, grant.get("display_key") or "")
    if table.row_count:
        console.print(table)


def expectations(console: Console, told: Sequence[tuple[str, bool]]) -> None:
    """What had to be so, and whether it is."""
    for sentence, true in told:
        console.print(f"  [green]✓[/] {sentence}" if true else f"  [bold red]✗ {sentence}")


def trial_balance(console: Console, balance: Mapping[str, Any]) -> None:
    """Every account kind and currency; each currency adds up to zero."""
    table = _table("trial balance", "debit", "credit", "balance")
    for line in balance["lines"]:
        table.add_row(line["kind"].removeprefix(_KINDS).lower(), *(_line_amount(line, name) for name in ("debit", "credit", "balance")))
    for total in balance["totals"]:
        table.add_row("[bold]sum", *(_line_amount(total, name) for name in ("debit", "credit", "balance")))
    console.print(table)


def clearing(console: Console, booked: Mapping[str, int], held: Mapping[str, int]) -> None:
    """What our books say the processor holds for us, against what the processor says."""
    table = _table("clearing account", "ours", "processor's", "difference")
    for currency in sorted({*booked, *held}):
        ours, theirs = booked.get(currency, 0), held.get(currency, 0)
        table.add_row(currency.upper(), *(str(Money(currency, amount)) for amount in (ours, theirs, ours - theirs)))
    console.print(table)


def verdicts(console: Console, found: Iterable[Verdict]) -> None:
    """The invariants of the suite."""
    table = _table("invariant", "checked", "verdict")
    for verdict in found:
        state = "[green]holds" if not verdict.problems else f"[bold red]BROKEN: {'; '.join(verdict.problems[:3])}"
        table.add_row(verdict.invariant, str(verdict.checked), state)
    console.print(table)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=True, header_style="bold cyan", padding=(0, 2))
    for column in columns:
        right = column in (
            "ms",
            "at ms",
            "debit",
            "credit",
            "balance",
            "items",
            "discount",
            "net",
            "tax",
            "total",
            "due",
            "checked",
            "ours",
            "processor's",
            "difference",
            "amount",
            "lines",
        )
        table.add_column(column, justify="right" if right else "left", no_wrap=column in ("called", "fact", "account"))
    return table


def _word(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower().replace("_", " ")


def _amount(told: Mapping[str, Any], name: str) -> str:
    return str(Money(told["currency"], int(told[f"{name}_amount"])))


def _line_amount(line: Mapping[str, Any], name: str) -> str:
    return str(Money(line["currency"], int(line[f"{name}_amount"])))
