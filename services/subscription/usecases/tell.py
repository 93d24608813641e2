"""Stories end up in the database and with whoever listens: many at once, a statement for each table."""

from __future__ import annotations

from collections.abc import Sequence

from services.subscription.domain.story import Story, SubscriptionFact
from services.subscription.domain.subscription import Subscription
from services.subscription.usecases.ports import Store

_BY_TIME_ALONE = frozenset({SubscriptionFact.CYCLED, SubscriptionFact.RENEWAL_ANNOUNCED, SubscriptionFact.TRIAL_END_ANNOUNCED})


async def tell(stories: Sequence[tuple[Subscription, Story]], *, store: Store) -> None:
    """Save what subscriptions have become, with their billing entries, and publish the facts. Each comes with how it was before."""
    happened = [(before, story) for before, story in stories if story and story[-1].facts]
    cycled = [story[-1].after for before, story in happened if _only_cycled(before, story)]
    others = [story[-1].after for before, story in happened if not _only_cycled(before, story)]
    await store.subscriptions.save_cycled(cycled)
    await store.subscriptions.save(others)
    await store.entries.save([entry for _, story in happened for step in story for entry in step.entries])
    store.publisher.publish([step for _, story in happened for step in story])


def _only_cycled(before: Subscription, story: Story) -> bool:
    """Whether only its period and what is counted with it are others, as in most renewals."""
    after = story[-1].after
    return (
        before.pending_update is None
        and before.pause == after.pause
        and (before.terms.discount is None) == (after.terms.discount is None)
        and all(fact in _BY_TIME_ALONE for step in story for fact in step.facts)
    )
