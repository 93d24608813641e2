"""What a license key allows."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.benefits.domain import license_key as keys
from services.benefits.domain.benefit import Expiration, Kind, Properties, created
from services.benefits.domain.errors import (
    ActivationLimitReached,
    ActivationsNotSupported,
    ExpirationTooLong,
    LicenseKeyNotActive,
    LicenseKeyNotFound,
    LicenseKeyRevoked,
    UsageExceeded,
)
from services.benefits.domain.grant import granted
from services.benefits.domain.license_key import Activation, Claim, KeyChange, LicenseKey
from services.benefits.domain.source import Source, SourceKind
from services.benefits.tests.builders import ORGANIZATION, START
from services.chassis.ids import new_id


def a_key(of: Properties | None = None, kind: SourceKind = SourceKind.ORDER, now: datetime = START, **changes: Any) -> LicenseKey:
    benefit, _ = created(new_id(), ORGANIZATION, Kind.LICENSE_KEYS, "Pro licence", None, of or Properties(), {}, now)
    source = Source(new_id(), ORGANIZATION, kind, new_id(), new_id())
    grant, _ = granted(new_id(), source, benefit.id, now)
    return replace(keys.issued(new_id(), uuid4(), grant, benefit, now), **changes)


def an_activation(key: LicenseKey, **conditions: str) -> Activation:
    return Activation(new_id(), ORGANIZATION, key.id, "laptop", dict(conditions), {}, START, START, None)


def test_a_key_is_a_prefix_and_a_uuid_in_upper_case() -> None:
    pattern = "[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"
    assert re.fullmatch(pattern, a_key().key)
    prefixed = a_key(Properties(prefix="myapp"))
    assert re.fullmatch(f"MYAPP_{pattern}", prefixed.key)
    assert prefixed.display_key == f"****-{prefixed.key[-6:]}"
    rotated = keys.rotated(prefixed, uuid4(), START)
    assert re.fullmatch(f"MYAPP_{pattern}", rotated.key)
    assert rotated.key != prefixed.key


@pytest.mark.parametrize(
    ("start", "ttl", "timeframe", "end"),
    [
        (datetime(2026, 1, 31, tzinfo=UTC), 1, "month", datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2024, 2, 29, tzinfo=UTC), 1, "year", datetime(2025, 2, 28, tzinfo=UTC)),
        (datetime(2026, 11, 30, tzinfo=UTC), 14, "month", datetime(2028, 1, 30, tzinfo=UTC)),
        (datetime(2026, 3, 1, tzinfo=UTC), 30, "day", datetime(2026, 3, 31, tzinfo=UTC)),
        (datetime(2026, 3, 1, tzinfo=UTC), 457, "year", datetime(2483, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_key_ends_its_time_after_the_grant(start: datetime, ttl: int, timeframe: str, end: datetime) -> None:
    properties = Properties(expires=Expiration(ttl, timeframe))
    assert a_key(properties, now=start).expires_at == end
    assert a_key(properties, SourceKind.SUBSCRIPTION, now=start).expires_at is None


@pytest.mark.parametrize(("ttl", "timeframe"), [(458, "year"), (1201, "month"), (36_501, "day")])
def test_nobody_can_ask_for_eternity(ttl: int, timeframe: str) -> None:
    with pytest.raises(ExpirationTooLong):
        Expiration(ttl, timeframe)


def test_a_validation_counts_itself_and_the_usage() -> None:
    key = keys.validated(a_key(Properties(limit_usage=5)), Claim(increment_usage=3), None, START)
    assert (key.validations, key.usage, key.last_validated_at) == (1, 3, START)
    with pytest.raises(UsageExceeded) as refused:
        keys.validated(key, Claim(increment_usage=3), None, START)
    assert refused.value.details == {"left": "2"}
    assert keys.validated(key, Claim(increment_usage=2), None, START).usage == 5


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"status": "revoked"}, Claim()),
        ({"status": "disabled"}, Claim()),
        ({"expires_at": START}, Claim()),
        ({}, Claim(benefit_id=new_id())),
        ({}, Claim(customer_id=new_id())),
        ({}, Claim(activation_id=new_id())),
    ],
)
def test_whatever_does_not_fit_is_not_found(changes: dict[str, Any], claim: Claim) -> None:
    key = replace(a_key(), **changes)
    with pytest.raises(LicenseKeyNotFound):
        keys.validated(key, claim, None, START)


def test_an_activation_with_conditions_wants_them_met() -> None:
    key = a_key()
    activation = an_activation(key, machine="a")
    asked = Claim(activation_id=activation.id, conditions={"machine": "a"})
    assert keys.validated(key, asked, activation, START).validations == 1
    with pytest.raises(LicenseKeyNotFound):
        keys.validated(key, replace(asked, conditions={"machine": "b"}), activation, START)


def test_who_may_activate() -> None:
    limited = a_key(Properties(limit_activations=2))
    keys.check_activation(limited, 1, START)
    with pytest.raises(ActivationLimitReached):
        keys.check_activation(limited, 2, START)
    with pytest.raises(ActivationsNotSupported):
        keys.check_activation(a_key(), 0, START)
    with pytest.raises(LicenseKeyNotActive):
        keys.check_activation(replace(limited, expires_at=START - timedelta(1)), 0, START)


@pytest.mark.parametrize(
    ("verb", "before", "after"),
    [
        ("revoke", "granted", "revoked"),
        ("grant", "revoked", "granted"),
        ("revoke", "disabled", "disabled"),
        ("grant", "disabled", "disabled"),
    ],
)
def test_a_key_follows_its_grant_unless_disabled(verb: str, before: str, after: str) -> None:
    assert keys.moved(a_key(status=before), verb, START).status == after


def test_a_merchant_cannot_bring_back_what_has_no_grant() -> None:
    enable = KeyChange(frozenset({"status"}), status="granted")
    assert keys.changed(a_key(status="disabled"), enable, grant_is_live=True, now=START).status == "granted"
    for status in ("disabled", "revoked"):
        with pytest.raises(LicenseKeyRevoked):
            keys.changed(a_key(status=status), enable, grant_is_live=False, now=START)
    with pytest.raises(LicenseKeyRevoked):
        keys.rotated(a_key(status="revoked"), uuid4(), START)
