"""What merchants keep beside our resources; its limits are checked where it comes in."""

from __future__ import annotations

from collections.abc import Mapping

Metadata = Mapping[str, str | int | float | bool]
