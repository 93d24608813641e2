"""What passes while the database is away, and what an attacker with made-up tokens achieves."""

from __future__ import annotations

import asyncio

import pytest

from services.chassis.errors import Unavailable
from services.chassis.identity import CallerKind
from services.identity.api.authorizer import authorizer as subject
from services.identity.api.authorizer.authorizer import REMEMBERED_SECONDS
from services.identity.api.authorizer.bounded import Bounded
from services.identity.tests.authorizer.fakes import is_denied
from services.identity.tests.authorizer.stage import CLIENT_PATH, ORGANIZATION, Stage
from services.identity.tests.builders import a_token
from tests.support.eventually import eventually


async def test_nobody_passes_while_the_database_is_away_but_those_seen_lately(stage: Stage) -> None:
    token, text = a_token(ORGANIZATION)
    stage.tokens.add(token)
    await stage.caller(f"Bearer {text}")
    stage.tokens.broken = True
    await stage.caller(f"Bearer {text}")
    other, unseen = a_token(ORGANIZATION)
    stage.tokens.add(other)
    with pytest.raises(Unavailable):
        await stage.check(f"Bearer {unseen}")
    stage.pass_time(REMEMBERED_SECONDS)
    with pytest.raises(Unavailable):
        await stage.check(f"Bearer {text}")
    assert (await stage.caller(None, CLIENT_PATH)).kind is CallerKind.ANONYMOUS
    stage.tokens.broken = False
    await stage.caller(f"Bearer {unseen}")


async def test_a_database_that_hangs_is_as_good_as_none(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "_LOOKUP_SECONDS", 0.01)
    stage.tokens.open_gate.clear()
    with pytest.raises(Unavailable):
        await stage.check(f"Bearer {a_token(ORGANIZATION)[1]}")
    assert stage.authorizer._lookups == {}


async def test_many_at_once_with_one_unknown_token_ask_once(stage: Stage) -> None:
    token, text = a_token(ORGANIZATION)
    stage.tokens.add(token)
    stage.tokens.open_gate.clear()
    checks = [asyncio.create_task(stage.check(f"Bearer {text}")) for _ in range(50)]
    await asyncio.sleep(0)
    checks[0].cancel()
    stage.tokens.open_gate.set()
    answers = await asyncio.gather(*checks, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert len({answer for answer in answers[1:] if isinstance(answer, bytes)}) == 1
    assert stage.tokens.asked == 1


async def test_a_flood_of_unknown_tokens_neither_buries_the_database_nor_pushes_out_those_in_use(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.authorizer, "_refused", Bounded(100))
    token, text = a_token(ORGANIZATION)
    stage.tokens.add(token)
    await stage.check(f"Bearer {text}")
    for number in range(300):
        assert is_denied(await stage.check(f"Bearer {a_token(ORGANIZATION, secret=number.to_bytes(32))[1]}"))
    assert len(stage.authorizer._refused) == 100
    stage.tokens.open_gate.clear()
    flood = [asyncio.create_task(stage.check(f"Bearer {a_token(ORGANIZATION)[1]}")) for _ in range(subject._MOST_LOOKUPS + 20)]
    await eventually(lambda: stage.tokens.asked == 301 + subject._MOST_LOOKUPS)
    await stage.caller(f"Bearer {text}")  # in use, so it passes beside the flood
    stage.tokens.open_gate.set()
    answers = await asyncio.gather(*flood, return_exceptions=True)
    assert sum(isinstance(answer, Unavailable) for answer in answers) == 20
    assert stage.authorizer._lookups == {}
