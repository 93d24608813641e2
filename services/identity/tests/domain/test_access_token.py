"""Who may give what, and how long a token lives."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.ids import new_id
from services.identity.domain import access_token as rules
from services.identity.domain.access_token import check_scopes
from services.identity.domain.errors import ExpiryPassed, ScopeNotHeld, ScopeUnknown
from services.identity.tests.builders import NOW, a_token

KNOWN = frozenset({"orders:read", "orders:write", "products:read"})
SCOPES = st.lists(st.sampled_from([*sorted(KNOWN), "*", "nothing"]), min_size=1, unique=True)


def refusal(wanted: list[str], held: frozenset[str] | None) -> type[Exception] | None:
    try:
        check_scopes(wanted, known=KNOWN, held=held)
    except (ScopeUnknown, ScopeNotHeld) as error:
        return type(error)
    return None


@given(wanted=SCOPES, held=SCOPES)
def test_only_held_and_known_scopes_are_given(wanted: list[str], held: list[str]) -> None:
    unknown = "nothing" in wanted
    lacking = not set(wanted) <= set(held) and "*" not in held
    assert (refusal(wanted, frozenset(held)) is None) == (not unknown and not lacking)
    assert (refusal(wanted, None) is None) == (not unknown)


@pytest.mark.parametrize(("lives_for", "opens"), [(None, True), (timedelta(seconds=1), True)])
def test_a_token_opens_until_it_expires_or_is_revoked(lives_for: timedelta | None, opens: bool) -> None:
    token, text = a_token(new_id(), expires_at=NOW + lives_for if lives_for else None)
    assert token.opens(text, NOW) is opens
    assert token.opens(text, NOW + timedelta(seconds=1)) is (lives_for is None)
    assert not token.opens(text[:-1], NOW)
    assert not rules.revoked(token, NOW).opens(text, NOW)


def test_revoking_twice_keeps_the_first_time() -> None:
    once = rules.revoked(a_token(new_id())[0], NOW)
    assert rules.revoked(once, NOW + timedelta(days=1)) is once


def test_a_token_that_would_never_live_is_refused() -> None:
    with pytest.raises(ExpiryPassed):
        a_token(new_id(), expires_at=NOW)
