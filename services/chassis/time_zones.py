"""The time zones that have a name everywhere: those of the IANA database."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

_NO_ZONES = ("localtime", "Factory")
"""Whatever the machine is set to, and nothing at all."""
_COPIES = ("posix/", "right/")
"""Folders that some machines have beside the database."""


@cache
def time_zone_names() -> frozenset[str]:
    """E.g. `Europe/Berlin`."""
    return frozenset(name for name in available_timezones() if name not in _NO_ZONES and not name.startswith(_COPIES))
