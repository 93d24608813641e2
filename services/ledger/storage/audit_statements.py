"""What an audit asks the books. Each statement reads one slice; `fault` names the first row that does not fit."""

from __future__ import annotations

from services.chassis.sql import Statement

SNAPSHOT = Statement("set transaction isolation level repeatable read read only")
MEMORY = Statement("set local work_mem = '64MB'")
EXPORT = Statement("select pg_export_snapshot() as name")

# By induction: no gap, and each balance is the running total, so the last one is the sum of all.
ENTRIES = Statement("""
select c.account_id, count(*) as entries, max(c.sequence) as last_sequence,
  total(greatest(c.amount, 0)) as debit_amount, total(greatest(-c.amount, 0)) as credit_amount,
  min(c.sequence) filter (where c.place <> c.sequence or c.running_amount <> c.balance_after_amount or c.unordered) as fault,
  max(c.transaction_id) as last_transaction_id
from (
  select s.account_id, s.sequence, s.amount, s.balance_after_amount, s.transaction_id,
    row_number() over on_account + case s.account_id when %(account_id)s then %(sequence)s else 0 end as place,
    total(s.amount) over on_account + case s.account_id when %(account_id)s then %(balance)s else 0 end as running_amount,
    lag(s.transaction_id) over on_account > s.transaction_id as unordered
  from (
    select * from entry where (account_id, sequence) > (%(account_id)s, %(sequence)s) order by account_id, sequence limit %(limit)s
  ) s
  window on_account as (partition by s.account_id order by s.sequence rows unbounded preceding)
) c
group by c.account_id order by c.account_id
""")

BALANCES = Statement(
    "select b.account_id, b.debit_amount, b.credit_amount, b.sequence from balance b where b.account_id = any(%(account_ids)s)"
)

# Every account has a balance in its currency, and what has no entries has not moved.
STRAY_BALANCES = Statement("""
select a.code from account a left join balance b on b.account_id = a.id
where b.account_id is null or b.currency <> a.currency
  or (b.sequence = 0) <> (not exists (select from entry e where e.account_id = a.id))
order by a.id limit %(limit)s
""")

TRANSACTIONS = Statement("""
select (select count(*) from journal where id > %(after)s and id <= %(after)s + %(limit)s) as transactions,
  count(*) filter (where g.first_line = 1) as begun, min(g.transaction_id) filter (where g.amount <> 0) as unbalanced
from (
  select transaction_id, currency, total(amount) as amount, min(line) as first_line
  from entry where transaction_id > %(after)s and transaction_id <= %(after)s + %(limit)s group by transaction_id, currency
) g
""")

NEWEST = Statement("select coalesce(max(id), 0) as id from journal")

# Which of a slice is missing, or has lost its first entry; asked only when the counts differ.
INCOMPLETE = Statement("""
select min(n) as id from generate_series(%(after)s + 1, %(until)s) n
where not exists (select from journal where id = n) or not exists (select from entry where transaction_id = n and line = 1)
""")

SEALS = Statement("""
select s.id, s.first_transaction_id, s.last_transaction_id,
  chain_hash(s.previous_hash, s.first_transaction_id, s.last_transaction_id) = s.hash as intact,
  coalesce(s.previous_hash = p.hash and s.first_transaction_id = p.last_transaction_id + 1, s.id = 1) as linked
from seal s left join seal p on p.id = s.id - 1
where s.id > %(after)s order by s.id limit %(limit)s
""")

STRAY_ENTRIES = Statement("""
select count(*) as strays from entry where transaction_id > (select coalesce(max(id), 0) from journal) or transaction_id < 1
""")

IMBALANCES = Statement("""
select currency, sum(debit_amount - credit_amount) as amount from balance group by currency
""")
