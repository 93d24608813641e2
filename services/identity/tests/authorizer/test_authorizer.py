"""Who passes, as whom, and for how long an answer is believed."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from envoy.service.auth.v3.external_auth_pb2 import CheckRequest, CheckResponse

from services.chassis.identity import LIFETIME_SECONDS, CallerKind, Identity
from services.identity.api.authorizer.authorizer import REMEMBERED_SECONDS
from services.identity.domain.token_text import SECRET_BYTES, TokenName, token_text
from services.identity.tests.authorizer.fakes import is_denied, request
from services.identity.tests.authorizer.stage import CLIENT_PATH, ORGANIZATION, Stage
from services.identity.tests.builders import NOW, SECRET, a_token


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


async def test_bytes_that_are_no_request_never_pass(stage: Stage) -> None:
    chance = random.Random(7)
    for size in range(300):
        assert is_denied(await stage.authorizer.check(chance.randbytes(size)))


async def test_a_header_that_is_not_utf8_never_passes(stage: Stage) -> None:
    raw = request("GET", CLIENT_PATH, "Bearer x").replace(b"Bearer x", b"Bearer\xff\xfe")
    assert is_denied(await stage.authorizer.check(raw))


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
