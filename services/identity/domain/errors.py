"""What can be wrong about organizations, their clocks and access tokens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.chassis.errors import AlreadyExists, Forbidden, Invalid, NotFound, NotPossibleNow


class OrganizationNotFound(NotFound):
    """No such organization, or not the caller's."""

    def __init__(self, organization_id: UUID) -> None:
        super().__init__("ORGANIZATION_NOT_FOUND", f"there is no organization {organization_id}")


class OrganizationSlugTaken(AlreadyExists):
    """Slugs are unique in the whole installation."""

    def __init__(self, slug: str) -> None:
        super().__init__("ORGANIZATION_SLUG_TAKEN", f"the slug {slug} is taken", field="slug")


class CountryUnknown(Invalid):
    """Not an ISO 3166-1 alpha-2 code."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__("COUNTRY_UNKNOWN", f"{code} is not a country of ISO 3166-1", field=field)


class CurrencyUnknown(Invalid):
    """Not a currency that the suite presents."""

    def __init__(self, currency: str) -> None:
        super().__init__("CURRENCY_UNKNOWN", f"{currency} is not a currency of the suite", field="default_presentment_currency")


class TimeZoneUnknown(Invalid):
    """Not in the IANA time zone database."""

    def __init__(self) -> None:
        super().__init__("TIME_ZONE_UNKNOWN", "not a zone of the IANA time zone database", field="settings.time_zone")


class DunningDaysUnordered(Invalid):
    """A retry before an earlier one makes no sense."""

    def __init__(self, index: int) -> None:
        super().__init__("DUNNING_DAYS_UNORDERED", "dunning_days must ascend", field=f"settings.dunning_days[{index}]")


class OrganizationNotSandbox(NotPossibleNow):
    """Live organizations have the machine's time and no clock."""

    def __init__(self) -> None:
        super().__init__("ORGANIZATION_NOT_SANDBOX", "only a sandbox has a clock")


class ClockStartInvalid(Invalid):
    """Too early or too late to begin with."""

    def __init__(self, earliest: datetime, latest: datetime) -> None:
        message = f"the clock of a sandbox starts between {instant(earliest)} and {instant(latest)}"
        super().__init__("CLOCK_START_INVALID", message, field="clock_start")


class ClockBackwards(Invalid):
    """A clock moves forward only."""

    def __init__(self, now: datetime, target: datetime, field: str) -> None:
        message = f"the clock stands at {instant(now)} and cannot be moved to {instant(target)}: it moves forward only"
        super().__init__("CLOCK_BACKWARDS", message, field=field, details={"now": instant(now), "target": instant(target)})


class ClockTooFar(Invalid):
    """More than one advance may cover."""

    def __init__(self, furthest: datetime, field: str) -> None:
        super().__init__("CLOCK_TOO_FAR", f"one advance goes as far as {instant(furthest)}; advance again from there", field=field)


class ClockAdvancing(NotPossibleNow):
    """One advance at a time."""

    def __init__(self, clock_advance_id: UUID) -> None:
        details = {"clock_advance_id": str(clock_advance_id)}
        super().__init__("CLOCK_ADVANCING", f"the clock is on its way already, by the advance {clock_advance_id}", details=details)


class ClockAdvanceNotFound(NotFound):
    """No such advance, or another organization's."""

    def __init__(self, clock_advance_id: UUID) -> None:
        super().__init__("CLOCK_ADVANCE_NOT_FOUND", f"there is no clock advance {clock_advance_id}")


def instant(time: datetime) -> str:
    """A time as messages tell it."""
    return time.isoformat().replace("+00:00", "Z")


class AccessTokenNotFound(NotFound):
    """No such token, or another organization's."""

    def __init__(self, token_id: UUID) -> None:
        super().__init__("ACCESS_TOKEN_NOT_FOUND", f"there is no access token {token_id}")


class ScopeUnknown(Invalid):
    """A scope that no contract names would never open anything."""

    def __init__(self, scope: str, index: int) -> None:
        super().__init__("SCOPE_UNKNOWN", f"there is no scope {scope}", field=f"scopes[{index}]")


class ScopeNotHeld(Forbidden):
    """A token cannot give what its maker lacks."""

    def __init__(self, scope: str) -> None:
        super().__init__("SCOPE_NOT_HELD", f"the caller lacks the scope {scope} and cannot give it", details={"scope": scope})


class ExpiryPassed(Invalid):
    """A token that never lives is a mistake."""

    def __init__(self) -> None:
        super().__init__("EXPIRES_AT_PASSED", "expires_at must be in the future", field="expires_at")


class OrganizationNeeded(Invalid):
    """An operator acts for no organization and has to name one."""

    def __init__(self) -> None:
        super().__init__("ORGANIZATION_REQUIRED", "an operator must name the organization", field="organization_id")


class AccessTokenNoLongerShown(NotPossibleNow):
    """The request made a token, but the key that could show its secret again is gone."""

    def __init__(self) -> None:
        super().__init__("ACCESS_TOKEN_NO_LONGER_SHOWN", "the token of this request can no longer be shown; revoke it and make another")
