"""Waiting that something ends early."""

from __future__ import annotations

import asyncio


async def pause(until: asyncio.Event, seconds: float) -> None:
    """Wait for the event, at most that long."""
    # Not `wait_for`: before Python 3.12 it can swallow the cancellation of its caller.
    try:
        async with asyncio.timeout(seconds):
            await until.wait()
    except TimeoutError:
        return
