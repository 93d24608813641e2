"""Seats: no more people than places."""

from __future__ import annotations

from deploy.audit.suite import Suite
from deploy.audit.verdict import Verdict, ask


def seats_are_enough(suite: Suite) -> Verdict:
    """What sells seats has at least as many as are given; nobody sits in what has ended."""
    return ask(
        suite,
        "subscription",
        "No more seats are given than were sold, and none of what has ended",
        count="select count(*) from customer_seat",
        problems=[
            "select format('%%s %%s sells %%s seats and %%s are given', s.container_kind, s.container_id, c.seats, s.given) from "
            "(select organization_id, container_kind, container_id, count(*) as given from customer_seat "
            "where status in ('pending', 'claimed') group by organization_id, container_kind, container_id) s left join "
            "(select organization_id, id, 'subscription' as kind, case when ended_at is null then coalesce(seats, 0) else 0 end as seats "
            "from subscription union all select organization_id, id, 'order', seats from seat_order) c "
            "on c.organization_id = s.organization_id and c.id = s.container_id and c.kind = s.container_kind "
            "where s.given > coalesce(c.seats, 0)",
        ],
    )
