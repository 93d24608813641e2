"""The official SDK, without `requests`: it would load that for callers who bring no HTTP client, which is five MiB that nobody uses."""

from __future__ import annotations

import sys

_known = sys.modules.pop("requests", None)
sys.modules["requests"] = None  # type: ignore[assignment]  # so Python says that there is no such module
try:
    import stripe
finally:
    del sys.modules["requests"]
    if _known is not None:
        sys.modules["requests"] = _known

__all__ = ["stripe"]
