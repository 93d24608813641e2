"""Facts and reactions: what was told was published, and everybody who reacts to it has taken it once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from deploy.audit.suite import Suite
from deploy.audit.verdict import Verdict, sentences, verdict

_OUTBOX = "select type, array_agg(event_id) as event_ids from outbox group by type"
# Claims are kept longer than facts, so what was taken long ago may have been forgotten where it was told.
_INBOX = (
    "select consumer, array_agg(event_id) as event_ids, "
    "coalesce(array_agg(event_id) filter (where claimed_at > now() - interval '21 days' "
    "and event_id not in (select event_id from inbox_parked)), '{}') as recent from inbox group by consumer"
)
_UNPUBLISHED = (
    "select format('%%s %%s is not published', o.type, o.event_id) from outbox o where o.position in (select position from outbox_pending) "
    "or o.position not in (select unnest(positions) from outbox_publication)"
)
# Facts are forgotten by age; as soon as some may have been, a subject need not begin with its first version.
_GAPS = """
select format('%%s %%s: %%s facts from version %%s to %%s', min(split_part(type, '.', 1)), subject_id, count(*), min(version), max(version))
from outbox group by subject_id
having count(distinct version) <> count(*) or count(*) <> max(version) - min(version) + 1
  or (min(version) <> 1 and (select min(stored_at) from outbox) > now() - interval '21 days')
"""


def facts_are_published(suite: Suite) -> Verdict:
    """Nothing waits, and where each fact lies in the stream was noted."""
    count = sum(int(suite.value(service, "select count(*) from outbox")) for service in suite.services)
    told = [f"{service}: {sentence}" for service in suite.services for sentence in sentences(suite, service, _UNPUBLISHED)]
    return verdict("Every fact was published", count, told)


def facts_are_taken(suite: Suite) -> Verdict:
    """Each consumer claimed each fact of the types that it subscribes to, and no fact that nobody told."""
    told = _told(suite)
    inboxes = {row["consumer"]: row for service in suite.services for row in suite.rows(service, _INBOX)}
    subscribed = {consumer["name"]: _types(consumer["filters"]) for consumer in suite.consumers()}
    count, problems = 0, list[str]()
    for consumer in sorted(inboxes.keys() | subscribed.keys()):
        if consumer not in subscribed:
            problems.append(f"{consumer} has taken facts and does not subscribe to any")
            continue
        inbox = inboxes.get(consumer, {"event_ids": (), "recent": ()})
        wanted = {event_id: type for type in subscribed[consumer] for event_id in told.get(type, ())}
        count += len(wanted)
        problems += [
            f"{consumer} has not taken {wanted[event_id]} {event_id}" for event_id in sorted(wanted.keys() - set(inbox["event_ids"]))
        ]
        problems += [f"{consumer} has taken {event_id}, which nobody told" for event_id in sorted(set(inbox["recent"]) - wanted.keys())]
    return verdict("Every consumer has taken every fact of its types exactly once", count, problems)


def nothing_is_parked(suite: Suite, *, expected: Collection[UUID] = ()) -> Verdict:
    """No fact was given up but those that are expected, and these were."""
    rows = [
        row
        for service in suite.services
        for row in suite.rows(service, "select consumer, event_id, type, error from inbox_parked where redriven_at is null")
    ]
    told = [f"{row['consumer']} gave up {row['type']} {row['event_id']}: {row['error']}" for row in rows if row["event_id"] not in expected]
    missing = set(expected) - {row["event_id"] for row in rows}
    events = [] if "payments" not in suite.services else sentences(suite, "payments", _PARKED_EVENTS)
    taken = sum(int(suite.value(service, "select count(*) from inbox")) for service in suite.services)
    return verdict("Nothing is parked", taken, [*told, *(f"{event_id} was not given up" for event_id in missing), *events])


_PARKED_EVENTS = "select format('payments gave up Stripe event %%s %%s: %%s', type, id, error) from stripe_event where status = 'parked'"


def versions_have_no_gaps(suite: Suite) -> Verdict:
    """The facts of each subject are numbered by its versions, one after the other."""
    count = sum(int(suite.value(service, "select count(distinct subject_id) from outbox")) for service in suite.services)
    told = [f"{service}: {sentence}" for service in suite.services for sentence in sentences(suite, service, _GAPS)]
    return verdict("The facts of every subject have versions without gaps", count, told)


def answers_are_kept(suite: Suite) -> Verdict:
    """A request that had its effect has its answer."""
    unanswered = "select format('%%s %%s has no answer', method, request_id) from idempotency_request where response is null"
    count = sum(int(suite.value(service, "select count(*) from idempotency_request")) for service in suite.services)
    told = [f"{service}: {sentence}" for service in suite.services for sentence in sentences(suite, service, unanswered)]
    return verdict("Every request that had an effect has its answer", count, told)


def _told(suite: Suite) -> dict[str, set[UUID]]:
    """Ids of all facts by type."""
    told: dict[str, set[UUID]] = {}
    for service in suite.services:
        for row in suite.rows(service, _OUTBOX):
            told.setdefault(row["type"], set()).update(row["event_ids"])
    return told


def _types(filters: Collection[str]) -> set[str]:
    """The types of facts in the subjects `events.<noun>.<participle>.*`."""
    return set(_each_type(filters))


def _each_type(filters: Collection[str]) -> Iterator[str]:
    for subject in filters:
        _, _, rest = subject.partition(".")
        yield rest.rpartition(".")[0]
