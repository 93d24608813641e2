"""Places at which a fault test may kill the process, as a power cut would.

`BURSAR_CRASHPOINT=after_stripe_before_commit:3` ends the process at the third passage. Deaf where BURSAR_ENVIRONMENT is
production, which is also what it is when nobody says.
"""

from __future__ import annotations

import os
from collections import Counter

_name, _, _count = os.environ.get("BURSAR_CRASHPOINT", "").partition(":")
_armed = bool(_name) and os.environ.get("BURSAR_ENVIRONMENT", "production") != "production"
_at = int(_count or 1)
_passed: Counter[str] = Counter()


def crashpoint(name: str) -> None:
    """Go on, unless this is the place and the time."""
    if not _armed or name != _name:
        return
    _passed[name] += 1
    if _passed[name] == _at:
        os._exit(137)
