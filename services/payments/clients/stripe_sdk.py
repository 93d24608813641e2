"""The official SDK, without `requests` and `httpx`: it would load them for callers who bring no HTTP client, which is ten MiB that
nobody uses."""

from __future__ import annotations

import sys

_UNUSED = ("requests", "httpx")
_known = {name: sys.modules.pop(name) for name in _UNUSED if name in sys.modules}
# So Python says that there are no such modules.
sys.modules.update(dict.fromkeys(_UNUSED))  # type: ignore[arg-type]
try:
    import stripe
finally:
    for _name in _UNUSED:
        del sys.modules[_name]
    sys.modules.update(_known)

__all__ = ["stripe"]
