"""Who passes, as whom, and for how long an answer is believed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from envoy.service.auth.v3.external_auth_pb2 import CheckRequest, CheckResponse
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.clock import ManualClock
from services.chassis.errors import Unavailable
from services.chassis.identity import LIFETIME_SECONDS, CallerKind, Identity, IdentitySigner
from services.chassis.ids import new_id
from services.chassis.tests.keys import signers
from services.identity.api.authorizer import authorizer as subject
from services.identity.api.authorizer.anonymous import AnonymousRequests
from services.identity.api.authorizer.authorizer import REMEMBERED_SECONDS, Authorizer
from services.identity.api.authorizer.bounded import Bounded
from services.identity.contracts import all_methods
from services.identity.domain.token_text import SECRET_BYTES, TokenName, token_text
from services.identity.tests.authorizer.fakes import NotedUses, Seconds, TokensInMemory, identity_in, is_denied, request
from services.identity.tests.builders import NOW, SECRET, a_token
from tests.support.eventually import eventually

ORGANIZATION = new_id()
CLIENT_PATH = "/platform/v1/client/checkouts/cs_abc"


class CountingSigner(IdentitySigner):
    """Counts its signatures."""

    signed = 0

    def sign(self, identity: Identity, *, now: float | None = None) -> str:
        self.signed += 1
        return super().sign(identity, now=now)


class Stage:
    """An authorizer with everything around it in hand."""

    def __init__(self, folder: Path) -> None:
        _, self.verifier = signers(folder, ["identity"])
        self.signer = CountingSigner(folder / "identity.pem", "identity")
        self.tokens, self.uses, self.clock, self.seconds = TokensInMemory(), NotedUses(), ManualClock(NOW), Seconds()
        self.authorizer = Authorizer(
            find_token=self.tokens.find,
            uses=self.uses,
            signer=self.signer,
            anonymous=AnonymousRequests(all_methods()),
            clock=self.clock,
            seconds=self.seconds,
        )

    def pass_time(self, seconds: float) -> None:
        self.seconds.now += seconds
        self.clock.advance(timedelta(seconds=seconds))

    async def check(self, authorization: str | None, path: str = "/platform/v1/orders", method: str = "GET") -> bytes:
        return await self.authorizer.check(request(method, path, authorization))

    async def caller(self, authorization: str | None, path: str = "/platform/v1/orders", method: str = "GET") -> Identity:
        # The verifier reads the real time, the signer too.
        return self.verifier.verify(identity_in(await self.check(authorization, path, method)))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def test_a_token_passes_as_its_organization_with_its_scopes(stage: Stage) -> None:
    token, text = a_token(ORGANIZATION, scopes=("orders:read", "products:write"))
    stage.tokens.add(token)
    caller = await stage.caller(f"Bearer {text}")
    assert caller == Identity(CallerKind.ORGANIZATION, str(token.id), ORGANIZATION, frozenset({"orders:read", "products:write"}))


async def test_an_operators_token_passes_as_an_operator_of_no_organization(stage: Stage) -> None:
    token, text = a_token(None)
    stage.tokens.add(token)
    assert await stage.caller(f"bearer {text}") == Identity(CallerKind.OPERATOR, str(token.id))


async def test_a_known_token_is_not_looked_up_again_until_its_answer_is_old(stage: Stage) -> None:
    token, text = a_token(ORGANIZATION)
    stage.tokens.add(token)
    first = await stage.check(f"Bearer {text}")
    stage.pass_time(REMEMBERED_SECONDS - 0.1)
    assert await stage.check(f"Bearer {text}") == first
    assert stage.tokens.asked == 1
    stage.pass_time(0.2)
    assert await stage.check(f"Bearer {text}") == first  # the same signed text, which the services have verified before
    assert stage.tokens.asked == 2


async def test_the_identity_is_signed_anew_at_half_life(stage: Stage) -> None:
    token, text = a_token(ORGANIZATION)
    stage.tokens.add(token)
    await stage.check(f"Bearer {text}")
    assert stage.signer.signed == 2  # nobody's, and this one
    stage.pass_time(LIFETIME_SECONDS / 2 - 1)
    await stage.check(f"Bearer {text}")
    assert stage.signer.signed == 2
    stage.pass_time(1)
    await stage.check(f"Bearer {text}")
    assert stage.signer.signed == 3


async def test_changed_scopes_are_signed_at_once(stage: Stage) -> None:
    token, text = a_token(ORGANIZATION, scopes=("orders:read",))
    stage.tokens.add(token)
    await stage.check(f"Bearer {text}")
    stage.tokens.add(replace(token, scopes=("*",)))
    stage.pass_time(REMEMBERED_SECONDS)
    assert (await stage.caller(f"Bearer {text}")).scopes == frozenset({"*"})


async def test_a_revocation_is_effective_when_the_answer_is_old(stage: Stage) -> None:
    token, text = a_token(ORGANIZATION)
    stage.tokens.add(token)
    assert REMEMBERED_SECONDS <= 30
    await stage.caller(f"Bearer {text}")
    stage.tokens.revoke(token, NOW)
    stage.pass_time(REMEMBERED_SECONDS)
    assert is_denied(await stage.check(f"Bearer {text}"))


async def test_a_token_ends_at_its_expiry_however_fresh_the_answer(stage: Stage) -> None:
    token, text = a_token(ORGANIZATION, expires_at=NOW + timedelta(seconds=5))
    stage.tokens.add(token)
    await stage.caller(f"Bearer {text}")
    stage.pass_time(4.9)
    await stage.caller(f"Bearer {text}")
    stage.pass_time(0.2)
    assert is_denied(await stage.check(f"Bearer {text}"))


async def test_a_forged_secret_is_refused_and_not_looked_up_again_soon(stage: Stage) -> None:
    token, _ = a_token(ORGANIZATION)
    forged = token_text(TokenName(token.id, of_operator=False), b"x" * SECRET_BYTES)
    stage.tokens.add(token)
    for _ in range(3):
        assert is_denied(await stage.check(f"Bearer {forged}"))
    assert stage.tokens.asked == 1
    stage.pass_time(REMEMBERED_SECONDS)
    assert is_denied(await stage.check(f"Bearer {forged}"))
    assert stage.tokens.asked == 2


async def test_a_token_of_one_kind_does_not_pass_as_the_other(stage: Stage) -> None:
    token, _ = a_token(ORGANIZATION)
    stage.tokens.add(token)
    as_operators = token_text(TokenName(token.id, of_operator=True), SECRET)
    assert is_denied(await stage.check(f"Bearer {as_operators}"))
    assert stage.tokens.asked == 1


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic dTpw",
        "bursar_oat_x",
        "Bearer bursar_oat_" + "0" * 32 + "_" + "0" * 49,
        "Bearer \x00",
        "Bearer é",
    ],
)
async def test_what_is_no_token_is_refused_without_a_look(stage: Stage, authorization: str) -> None:
    assert is_denied(await stage.check(authorization))
    assert is_denied(await stage.check(authorization, CLIENT_PATH))
    assert stage.tokens.asked == 0


async def test_a_good_token_with_anything_around_it_is_refused(stage: Stage) -> None:
    token, text = a_token(ORGANIZATION)
    stage.tokens.add(token)
    for header in (f"Bearer  {text}", f"Bearer {text} ", f"Bearer {text},Bearer {text}", f"Token {text}", text, f"Bearer {text[:-1]}"):
        assert is_denied(await stage.check(header))
    assert stage.tokens.asked == 0


@given(raw=st.binary(max_size=200))
async def test_bytes_that_are_no_request_never_pass(raw: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    stage = _shared(tmp_path_factory)
    assert is_denied(await stage.authorizer.check(raw))


def _shared(folders: pytest.TempPathFactory, made: list[Stage] = []) -> Stage:  # noqa: B006
    if not made:
        made.append(Stage(folders.mktemp("authorizer")))
    return made[0]


async def test_a_header_that_is_not_utf8_never_passes(stage: Stage) -> None:
    raw = request("GET", CLIENT_PATH, "Bearer x").replace(b"Bearer x", b"Bearer\xff\xfe")
    assert is_denied(await stage.authorizer.check(raw))


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


async def test_a_refusal_says_why_as_every_error_of_the_suite(stage: Stage) -> None:
    missing = CheckResponse.FromString(await stage.check(None)).denied_response
    body = orjson.loads(missing.body)
    assert (body["code"], body["details"][0]["reason"]) == (16, "ACCESS_TOKEN_MISSING")
    assert {option.header.key: option.header.value for option in missing.headers} == {
        "content-type": "application/json",
        "www-authenticate": "Bearer",
    }
    invalid = CheckResponse.FromString(await stage.check("Bearer x")).denied_response
    assert orjson.loads(invalid.body)["details"][0]["reason"] == "ACCESS_TOKEN_INVALID"


async def test_a_use_is_noted_with_each_look_up(stage: Stage) -> None:
    token, text = a_token(ORGANIZATION)
    stage.tokens.add(token)
    for _ in range(3):
        await stage.check(f"Bearer {text}")
    assert stage.uses.noted == [(token.id, NOW)]


async def test_the_anonymous_identity_is_signed_anew_too(stage: Stage) -> None:
    for _ in range(3):
        assert (await stage.caller(None, CLIENT_PATH)).kind is CallerKind.ANONYMOUS
    assert stage.signer.signed == 1
    stage.pass_time(LIFETIME_SECONDS / 2)
    assert (await stage.caller(None, CLIENT_PATH)).kind is CallerKind.ANONYMOUS
    assert stage.signer.signed == 2


def test_the_messages_are_envoys_on_the_wire() -> None:
    # Field numbers of envoy/service/auth/v3: attributes 1, request 4, http 2, method 2, headers 3, path 4.
    http = b"\x12\x03GET" + b"\x1a\x06\x0a\x01a\x12\x01b" + b"\x22\x02/x"
    raw = b"\x0a" + bytes([len(http) + 4]) + b"\x22" + bytes([len(http) + 2]) + b"\x12" + bytes([len(http)]) + http
    read = CheckRequest.FromString(raw).attributes.request.http
    assert (read.method, dict(read.headers), read.path) == ("GET", {"a": "b"}, "/x")
