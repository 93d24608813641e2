"""The books, by themselves."""

from __future__ import annotations

from deploy.audit.suite import Suite
from deploy.audit.verdict import Verdict, ask

_TRANSACTIONS = "select count(*) from journal"
_ACCOUNTS = "select count(*) from account"


def books_balance(suite: Suite) -> Verdict:
    """Each transaction has at least two legs that add up to zero in each currency, and so do all accounts."""
    return ask(
        suite,
        "ledger",
        "Every ledger transaction and the trial balance add up to zero",
        count=_TRANSACTIONS,
        problems=[
            "select format('transaction %%s: its legs in %%s add up to %%s', transaction_id, currency, sum(amount)) "
            "from entry group by transaction_id, currency having sum(amount) <> 0",
            "select format('transaction %%s has %%s legs', j.id, count(e.amount)) from journal j "
            "left join entry e on e.transaction_id = j.id group by j.id having count(e.amount) < 2",
            "select format('an entry of account %%s belongs to no transaction (%%s)', e.account_id, e.transaction_id) from entry e "
            "where not exists (select from journal j where j.id = e.transaction_id)",
            "select format('all accounts in %%s add up to %%s', currency, sum(debit_amount - credit_amount)) "
            "from balance group by currency having sum(debit_amount - credit_amount) <> 0",
        ],
    )


def balances_follow(suite: Suite) -> Verdict:
    """The running totals are the sums of what they sum."""
    return ask(
        suite,
        "ledger",
        "Every account balance is the sum of its entries",
        count=_ACCOUNTS,
        problems=[
            "select format('%%s: debits %%s and credits %%s, its entries say %%s and %%s', a.code, b.debit_amount, b.credit_amount, "
            "coalesce(e.debit, 0), coalesce(e.credit, 0)) from account a left join balance b on b.account_id = a.id left join "
            "(select account_id, sum(greatest(amount, 0)) as debit, sum(greatest(-amount, 0)) as credit from entry group by 1) e "
            "on e.account_id = a.id where (b.debit_amount, b.credit_amount, b.currency) "
            "is distinct from (coalesce(e.debit, 0)::bigint, coalesce(e.credit, 0)::bigint, a.currency)",
            "select format('an entry of no account (%%s)', account_id) from entry e "
            "where not exists (select from account a where a.id = e.account_id)",
        ],
    )


def sequences_have_no_gaps(suite: Suite) -> Verdict:
    """Nothing was taken out: numbers are dense, and each running balance is the one before it plus the entry."""
    return ask(
        suite,
        "ledger",
        "The journal and the entries of each account are numbered without gaps",
        count="select count(*) from entry",
        problems=[
            "select format('the journal has %%s transactions up to number %%s', count(*), max(id)) from journal having count(*) <> max(id)",
            "select format('%%s: %%s entries up to number %%s, counted %%s', a.code, count(e.sequence), max(e.sequence), b.sequence) "
            "from account a join balance b on b.account_id = a.id left join entry e on e.account_id = a.id "
            "group by a.id, b.sequence having (count(e.sequence), coalesce(max(e.sequence), 0)) <> (b.sequence, b.sequence)",
            "select format('account %%s: the balance after entry %%s does not follow', account_id, sequence) from "
            "(select *, lag(balance_after_amount, 1, 0::bigint) over (partition by account_id order by sequence) as before from entry) e "
            "where balance_after_amount <> before + amount",
        ],
    )


def seals_fit(suite: Suite) -> Verdict:
    """The chain of hashes over the journal is the one that its transactions make."""
    return ask(
        suite,
        "ledger",
        "The chain of seals fits what it seals",
        count="select count(*) from seal",
        problems=[
            "select format('seal %%s does not fit its transactions', id) from seal "
            "where hash <> chain_hash(previous_hash, first_transaction_id, last_transaction_id)",
            "select format('seal %%s does not follow the one before', id) from (select *, lag(hash) over w as hash_before, "
            "lag(last_transaction_id, 1, 0::bigint) over w as last_before, lag(id, 1, 0::bigint) over w as id_before from seal "
            "window w as (order by id)) s where id <> id_before + 1 or first_transaction_id <> last_before + 1 "
            "or (hash_before is not null and previous_hash <> hash_before)",
        ],
    )
