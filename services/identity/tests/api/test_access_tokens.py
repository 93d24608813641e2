"""AccessTokenService over a connection."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from bursar.identity.v1.access_token_service_pb2 import CreateAccessTokenRequest
from google.protobuf.timestamp_pb2 import Timestamp

from services.chassis.clock import ManualClock
from services.chassis.ids import new_id
from services.identity.api.sealing import Seal
from services.identity.domain.errors import AccessTokenNoLongerShown
from services.identity.domain.token_text import read_token
from services.identity.tests.builders import NOW
from services.identity.tests.client import IdentityClient
from tests.support.client import OPERATOR, member
from tests.support.databases import ServiceDatabase


def at(delta: timedelta) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(NOW + delta)
    return message


async def test_the_secret_is_shown_once_and_not_stored(client: IdentityClient, database: ServiceDatabase) -> None:
    organization = await client.organization()
    token = await client.token(organization.id, comment="ci", scopes=["orders:read"])
    name = read_token(token.token)
    assert name is not None
    assert (str(name.id), name.of_operator) == (token.id, False)
    listed = await client.call("ListAccessTokens", OPERATOR, organization_id=organization.id)
    assert [(each.id, each.comment, list(each.scopes), each.token) for each in listed.access_tokens] == [
        (token.id, "ci", ["orders:read"], "")
    ]
    secret = token.token.rpartition("_")[2]
    async with database.worker.connection() as connection:
        for table in ("access_token", "idempotency_request", "outbox"):
            rows = await (await connection.execute(f"select * from {table}")).fetchall()
            assert rows
            assert secret not in repr(rows)


async def test_a_repeated_request_shows_the_same_secret_again(client: IdentityClient) -> None:
    organization = await client.organization()
    first, again = [await client.token(organization.id, request_id="r1") for _ in range(2)]
    assert again == first
    assert read_token(first.token) is not None
    assert len((await client.call("ListAccessTokens", OPERATOR, organization_id=organization.id)).access_tokens) == 1


def test_what_one_key_sealed_another_cannot_open() -> None:
    sealed = Seal(b"one").close("secret")
    assert Seal(b"one").open(sealed) == "secret"
    for wrong in (Seal(b"two"), Seal(b"")):
        with pytest.raises(AccessTokenNoLongerShown):
            wrong.open(sealed)
    for broken in ("", "AAAA", "not base64!", sealed[:-8]):
        with pytest.raises(AccessTokenNoLongerShown):
            Seal(b"one").open(broken)


def test_sealing_the_same_text_twice_looks_different(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"key")
    seal = Seal.from_file(tmp_path / "key")
    assert seal.close("secret") != seal.close("secret")


async def test_a_token_gives_no_scope_that_its_maker_lacks(client: IdentityClient) -> None:
    organization = await client.organization()
    caller = member(organization.id, "access_tokens:write", "orders:read")
    made = await client.call("CreateAccessToken", caller, request_id="r1", scopes=["orders:read"])
    assert made.organization_id == organization.id
    for scopes in (["products:write"], ["*"], ["orders:read", "*"]):
        refusal = await client.refusal("CreateAccessToken", caller, request_id="r2", scopes=scopes)
        assert refusal[:2] == ("PERMISSION_DENIED", "SCOPE_NOT_HELD")
    everything = await client.call("CreateAccessToken", member(organization.id), request_id="r3", scopes=["*", "products:write"])
    assert list(everything.scopes) == ["*", "products:write"]


@pytest.mark.parametrize("scopes", [["orders:fly"], ["orders:read", "Orders:Read"], ["**"], ["orders"]])
async def test_an_unknown_scope_is_refused(client: IdentityClient, scopes: list[str]) -> None:
    organization = await client.organization()
    refusal = await client.refusal("CreateAccessToken", OPERATOR, request_id="r", organization_id=organization.id, scopes=scopes)
    assert refusal == ("INVALID_ARGUMENT", "SCOPE_UNKNOWN", f"scopes[{len(scopes) - 1}]")


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"expires_at": at(timedelta(0))}, "EXPIRES_AT_PASSED", "expires_at"),
        ({"expires_at": Timestamp(seconds=10**15)}, "FIELD_INVALID", "expires_at"),
        ({"expires_at": Timestamp(nanos=-5)}, "FIELD_INVALID", "expires_at"),
        ({"scopes": []}, "FIELD_INVALID", "scopes"),
        ({"scopes": ["*", "*"]}, "FIELD_INVALID", "scopes"),
        ({"organization_id": "1"}, "FIELD_INVALID", "organization_id"),
        ({"organization_id": None}, "ORGANIZATION_REQUIRED", "organization_id"),
    ],
)
async def test_what_is_wrong_is_named(client: IdentityClient, fields: dict[str, object], reason: str, field: str) -> None:
    organization = await client.organization()
    values = {"request_id": "r", "organization_id": organization.id, "scopes": ["*"], **fields}
    refusal = await client.refusal("CreateAccessToken", OPERATOR, CreateAccessTokenRequest(**values))  # type: ignore[arg-type]
    assert refusal == ("INVALID_ARGUMENT", reason, field)


async def test_an_organization_that_is_not_there_or_not_mine_gets_no_token(client: IdentityClient) -> None:
    mine, other = await client.organization("mine"), await client.organization("other")
    missing = await client.refusal("CreateAccessToken", OPERATOR, request_id="r", organization_id=str(new_id()), scopes=["*"])
    foreign = await client.refusal("CreateAccessToken", member(mine.id), request_id="r", organization_id=other.id, scopes=["*"])
    assert missing[:2] == foreign[:2] == ("NOT_FOUND", "ORGANIZATION_NOT_FOUND")
    assert (await client.refusal("ListAccessTokens", member(mine.id), organization_id=other.id))[0] == "NOT_FOUND"
    assert (
        await client.call("CreateAccessToken", member(mine.id), request_id="r", organization_id=mine.id, scopes=["*"])
    ).organization_id == mine.id


async def test_revoking_is_final_and_repeatable(client: IdentityClient, clock: ManualClock) -> None:
    organization = await client.organization()
    token = await client.token(organization.id)
    clock.advance(timedelta(minutes=1))
    revoked = await client.call("RevokeAccessToken", member(organization.id), request_id="r1", id=token.id)
    assert revoked.revoked_at == revoked.modified_at == at(timedelta(minutes=1))
    clock.advance(timedelta(minutes=1))
    assert await client.call("RevokeAccessToken", OPERATOR, request_id="r2", id=token.id) == revoked


async def test_another_organizations_token_is_not_found(client: IdentityClient) -> None:
    mine, other = await client.organization("mine"), await client.organization("other")
    token = await client.token(other.id)
    assert (await client.refusal("RevokeAccessToken", member(mine.id), request_id="r", id=token.id))[:2] == (
        "NOT_FOUND",
        "ACCESS_TOKEN_NOT_FOUND",
    )
    assert (await client.call("ListAccessTokens", member(mine.id))).access_tokens == []
    listed = await client.call("ListAccessTokens", member(other.id))
    assert [(each.id, each.HasField("revoked_at")) for each in listed.access_tokens] == [(token.id, False)]


async def test_tokens_are_listed_in_pages_newest_first(client: IdentityClient, clock: ManualClock) -> None:
    organization = await client.organization()
    made = []
    for _ in range(5):
        made.append((await client.token(organization.id)).id)
        clock.advance(timedelta(seconds=1))
    first = await client.call("ListAccessTokens", member(organization.id), page_size=3)
    second = await client.call("ListAccessTokens", member(organization.id), page_size=3, page_token=first.next_page_token)
    assert [each.id for page in (first, second) for each in page.access_tokens] == made[::-1]
    assert second.next_page_token == ""
