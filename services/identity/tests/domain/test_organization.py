"""What an organization settles for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.countries import COUNTRIES
from services.chassis.errors import Invalid
from services.identity.domain import organization as rules
from services.identity.domain.organization import OrganizationSettings, default_invoice_prefix
from services.identity.tests.builders import NOW, an_organization, profile


@given(st.from_regex(r"[a-z0-9]([a-z0-9-]{1,62})[a-z0-9]", fullmatch=True))
def test_every_slug_gives_a_legal_prefix(slug: str) -> None:
    prefix = default_invoice_prefix(slug)
    assert 1 <= len(prefix) <= 12
    assert prefix.isalnum()
    assert prefix == prefix.upper()
    assert slug.upper().replace("-", "").startswith(prefix)


def test_a_change_grows_the_version_and_tells_the_new_profile() -> None:
    before = an_organization()
    later = NOW + timedelta(days=1)
    after, fact = rules.updated(before, profile(name="New"), later)
    assert (after.version, after.modified_at, after.created_at, after.profile.name) == (2, later, NOW, "New")
    assert fact is not None
    assert fact.organization == after


def test_settling_twice_changes_nothing() -> None:
    before = an_organization(settings=OrganizationSettings(tax_registrations=("DE", "DE")))
    assert rules.updated(before, before.profile, NOW + timedelta(days=1)) == (before, None)


@pytest.mark.parametrize("name", ["", "ab", "  ab  ", "\u3000\u3000\u3000"])
def test_a_name_has_three_characters_besides_white_space(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        rules.created(an_organization().id, "acme", profile(name=name), NOW)
    assert caught.value.violations[0].field == "name"


def test_there_are_as_many_countries_as_the_standard_assigns() -> None:
    assert len(COUNTRIES) == 249
    assert {"DE", "US", "AX", "ZW"} <= COUNTRIES
    assert not {"EU", "UK", "XK", "ZZ"} & COUNTRIES
