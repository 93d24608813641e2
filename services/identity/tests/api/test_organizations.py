"""OrganizationService over a connection."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from bursar.identity.v1 import identity_events_pb2
from bursar.identity.v1.organization_pb2 import (
    INVOICE_NUMBERING_CUSTOMER,
    INVOICE_NUMBERING_ORGANIZATION,
    ORGANIZATION_MODE_LIVE,
    ORGANIZATION_MODE_SANDBOX,
    Organization,
    OrganizationSettings,
)
from bursar.identity.v1.organization_service_pb2 import CreateOrganizationRequest, UpdateOrganizationRequest
from bursar.types.v1.billing_pb2 import (
    PRORATION_BEHAVIOR_INVOICE,
    PRORATION_BEHAVIOR_NEXT_PERIOD,
    PRORATION_BEHAVIOR_PRORATE,
    UNPAID_BEHAVIOR_CANCEL,
    UNPAID_BEHAVIOR_KEEP,
)
from bursar.types.v1.tax_pb2 import TAX_BEHAVIOR_LOCATION
from google.protobuf.field_mask_pb2 import FieldMask

from services.chassis.clock import ManualClock
from services.chassis.ids import new_id
from services.identity.tests.client import IdentityClient
from tests.support.client import OPERATOR, member
from tests.support.databases import ServiceDatabase


async def facts(database: ServiceDatabase) -> list[tuple[str, int, str]]:
    async with database.worker.connection() as connection:
        cursor = await connection.execute("select type, version, payload from outbox order by position")
        rows = await cursor.fetchall()
    found = []
    for row in rows:
        kind = identity_events_pb2.OrganizationCreated if row["type"].endswith("created") else identity_events_pb2.OrganizationUpdated
        found.append((row["type"], row["version"], kind.FromString(bytes(row["payload"])).organization.name))
    return found


def update(organization: Organization, *paths: str, **fields: object) -> UpdateOrganizationRequest:
    values = {"request_id": str(new_id()), "id": organization.id, "update_mask": FieldMask(paths=paths), **fields}
    return UpdateOrganizationRequest(**values)  # type: ignore[arg-type]


async def test_a_new_organization_has_every_default_settled(client: IdentityClient, database: ServiceDatabase) -> None:
    organization = await client.organization("acme-widgets-and-more")
    assert organization.mode == ORGANIZATION_MODE_LIVE
    assert organization.default_presentment_currency == "usd"
    assert organization.default_tax_behavior == TAX_BEHAVIOR_LOCATION
    assert organization.settings.invoice_prefix == "ACMEWIDGETSA"
    assert organization.settings.invoice_numbering == INVOICE_NUMBERING_CUSTOMER
    assert organization.settings.time_zone == "UTC"
    assert organization.settings.upgrade_proration_behavior == PRORATION_BEHAVIOR_PRORATE
    assert organization.settings.downgrade_proration_behavior == PRORATION_BEHAVIOR_PRORATE
    assert organization.settings.dunning_days == [2, 7, 14, 21]
    assert organization.settings.unpaid_behavior == UNPAID_BEHAVIOR_CANCEL
    assert organization.version == 1
    assert not organization.HasField("email")
    assert await facts(database) == [("organization.created", 1, "Acme Inc.")]


async def test_what_was_said_is_kept(client: IdentityClient) -> None:
    settings = OrganizationSettings(
        invoice_prefix="AC",
        invoice_numbering=INVOICE_NUMBERING_ORGANIZATION,
        allow_multiple_subscriptions=True,
        allow_trial_without_payment_method=True,
        prevent_trial_abuse=True,
        benefit_revocation_grace_period=7,
        time_zone="Europe/Berlin",
        tax_registrations=["DE", "US-CA", "EU", "DE"],
        upgrade_proration_behavior=PRORATION_BEHAVIOR_INVOICE,
        downgrade_proration_behavior=PRORATION_BEHAVIOR_NEXT_PERIOD,
        dunning_days=[1, 90],
        unpaid_behavior=UNPAID_BEHAVIOR_KEEP,
    )
    made = await client.organization(mode=ORGANIZATION_MODE_SANDBOX, email="a@b.example", settings=settings, metadata={"crm": "42", "n": 7})
    found = await client.call("GetOrganization", OPERATOR, id=made.id)
    assert found == made
    assert found.metadata["n"] == 7
    settings.tax_registrations[:] = ["DE", "US-CA", "EU"]
    assert (found.settings, found.email, found.mode) == (settings, "a@b.example", ORGANIZATION_MODE_SANDBOX)


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"country": "ZZ"}, "COUNTRY_UNKNOWN", "country"),
        ({"country": "de"}, "FIELD_INVALID", "country"),
        ({"default_presentment_currency": "xxx"}, "CURRENCY_UNKNOWN", "default_presentment_currency"),
        ({"settings": OrganizationSettings(time_zone="Mars/Olympus")}, "TIME_ZONE_UNKNOWN", "settings.time_zone"),
        ({"settings": OrganizationSettings(time_zone="../UTC")}, "TIME_ZONE_UNKNOWN", "settings.time_zone"),
        ({"settings": OrganizationSettings(time_zone="localtime")}, "TIME_ZONE_UNKNOWN", "settings.time_zone"),
        ({"settings": OrganizationSettings(tax_registrations=["DE", "ZZ"])}, "COUNTRY_UNKNOWN", "settings.tax_registrations[1]"),
        ({"settings": OrganizationSettings(tax_registrations=["EU-X"])}, "COUNTRY_UNKNOWN", "settings.tax_registrations[0]"),
        ({"settings": OrganizationSettings(dunning_days=[2, 7, 5])}, "DUNNING_DAYS_UNORDERED", "settings.dunning_days[2]"),
        ({"settings": OrganizationSettings(dunning_days=[2, 2])}, "FIELD_INVALID", "settings.dunning_days"),
        ({"settings": OrganizationSettings(dunning_days=[0])}, "FIELD_INVALID", "settings.dunning_days[0]"),
        ({"settings": OrganizationSettings(unpaid_behavior=9)}, "FIELD_INVALID", "settings.unpaid_behavior"),  # type: ignore[arg-type]
        ({"settings": OrganizationSettings(invoice_prefix="ab")}, "FIELD_INVALID", "settings.invoice_prefix"),
        ({"name": "  a  "}, "FIELD_INVALID", "name"),
        ({"slug": "UPPER"}, "FIELD_INVALID", "slug"),
        ({"email": "nobody"}, "FIELD_INVALID", "email"),
        ({"metadata": {"deep": {"a": 1}}}, "METADATA_INVALID", "metadata.deep"),
        ({"request_id": ""}, "FIELD_INVALID", "request_id"),
    ],
)
async def test_what_is_wrong_is_named(
    client: IdentityClient, database: ServiceDatabase, fields: dict[str, object], reason: str, field: str
) -> None:
    values = {"request_id": "r", "name": "Acme Inc.", "slug": "acme", "country": "DE", **fields}
    refusal = await client.refusal("CreateOrganization", OPERATOR, CreateOrganizationRequest(**values))  # type: ignore[arg-type]
    assert refusal == ("INVALID_ARGUMENT", reason, field)
    assert await facts(database) == []


async def test_a_slug_belongs_to_one(client: IdentityClient) -> None:
    await client.organization("acme")
    refusal = await client.refusal("CreateOrganization", OPERATOR, request_id="r", name="Other", slug="acme", country="US")
    assert refusal == ("ALREADY_EXISTS", "ORGANIZATION_SLUG_TAKEN", "slug")


async def test_of_rivals_for_a_slug_one_wins(client: IdentityClient, database: ServiceDatabase) -> None:
    answers = await asyncio.gather(*(client.organization("acme") for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(answer, Organization) for answer in answers) == 1
    assert len(await facts(database)) == 1


async def test_the_same_request_makes_one_organization(client: IdentityClient, database: ServiceDatabase) -> None:
    first, again = [await client.organization("acme", request_id="r1") for _ in range(2)]
    assert again == first
    assert len(await facts(database)) == 1
    reused = await client.refusal("CreateOrganization", OPERATOR, request_id="r1", name="Other", slug="other", country="US")
    assert reused == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED", "request_id")


async def test_only_an_operator_makes_organizations(client: IdentityClient) -> None:
    refusal = await client.refusal("CreateOrganization", member(new_id()), request_id="r", name="Acme", slug="acme", country="DE")
    assert refusal[:2] == ("PERMISSION_DENIED", "METHOD_NOT_ALLOWED")


async def test_a_token_sees_its_own_organization_and_no_other(client: IdentityClient) -> None:
    mine, other = await client.organization("mine"), await client.organization("other")
    caller = member(mine.id)
    assert await client.call("GetOrganization", caller, id=mine.id) == mine
    assert (await client.refusal("GetOrganization", caller, id=other.id))[:2] == ("NOT_FOUND", "ORGANIZATION_NOT_FOUND")
    assert (await client.refusal("UpdateOrganization", caller, update(other, "name", name="Stolen")))[0] == "NOT_FOUND"
    assert [each.id for each in (await client.call("ListOrganizations", caller)).organizations] == [mine.id]
    assert list((await client.call("ListOrganizations", caller, slug="other")).organizations) == []
    assert await client.call("GetOrganization", f"checkout/{mine.id}", id=mine.id) == mine


async def test_an_operator_lists_all_newest_first_in_pages(client: IdentityClient, clock: ManualClock) -> None:
    made = []
    for number in range(5):
        made.append((await client.organization(f"org-{number}")).id)
        clock.advance(timedelta(seconds=number % 2))  # some share an instant
    seen: list[str] = []
    token = ""
    while True:
        page = await client.call("ListOrganizations", OPERATOR, page_size=2, page_token=token)
        seen += [organization.id for organization in page.organizations]
        token = page.next_page_token
        if not token:
            break
    assert seen == made[::-1]
    by_slug = await client.call("ListOrganizations", OPERATOR, order_by="slug", page_size=2)
    assert [organization.slug for organization in by_slug.organizations] == ["org-0", "org-1"]
    assert [each.id for each in (await client.call("ListOrganizations", OPERATOR, slug="org-3")).organizations] == [made[3]]
    assert list((await client.call("ListOrganizations", OPERATOR, slug="org")).organizations) == []


async def test_only_the_fields_of_the_mask_change(client: IdentityClient, database: ServiceDatabase, clock: ManualClock) -> None:
    before = await client.organization(email="a@b.example")
    clock.advance(timedelta(hours=1))
    request = update(
        before, "name", "settings.time_zone", name="New", settings=OrganizationSettings(time_zone="Asia/Tokyo", prevent_trial_abuse=True)
    )
    after = await client.call("UpdateOrganization", member(before.id, "organizations:write"), request)
    assert (after.name, after.settings.time_zone, after.email, after.version) == ("New", "Asia/Tokyo", "a@b.example", 2)
    assert not after.settings.prevent_trial_abuse
    assert after.modified_at.seconds - before.modified_at.seconds == 3600
    assert await facts(database) == [("organization.created", 1, "Acme Inc."), ("organization.updated", 2, "New")]


async def test_the_whole_settings_may_be_replaced_and_texts_emptied(client: IdentityClient) -> None:
    before = await client.organization(
        email="a@b.example", settings=OrganizationSettings(time_zone="Asia/Tokyo", invoice_prefix="X", prevent_trial_abuse=True)
    )
    after = await client.call("UpdateOrganization", OPERATOR, update(before, "settings", "email"))
    assert (after.settings.time_zone, after.settings.invoice_prefix, after.settings.prevent_trial_abuse) == ("UTC", "ACME", False)
    assert not after.HasField("email")


async def test_an_update_that_changes_nothing_tells_nobody(client: IdentityClient, database: ServiceDatabase) -> None:
    before = await client.organization()
    assert await client.call("UpdateOrganization", OPERATOR, update(before, "name", name="Acme Inc.")) == before
    assert len(await facts(database)) == 1


async def test_a_repeated_update_answers_the_first_result(client: IdentityClient) -> None:
    organization = await client.organization()
    request = update(organization, "name", name="New")
    first = await client.call("UpdateOrganization", OPERATOR, request)
    await client.call("UpdateOrganization", OPERATOR, update(organization, "name", name="Newer"))
    assert await client.call("UpdateOrganization", OPERATOR, request) == first


@pytest.mark.parametrize("paths", [[], ["slug"], ["id"], ["settings.nothing"], ["version"], ["name", "country"], [""], ["metadata.a"]])
async def test_a_mask_that_is_empty_or_names_something_else_is_refused(client: IdentityClient, paths: list[str]) -> None:
    organization = await client.organization()
    refusal = await client.refusal("UpdateOrganization", OPERATOR, update(organization, *paths, name="New"))
    assert refusal == ("INVALID_ARGUMENT", "FIELD_MASK_INVALID", "update_mask")


async def test_changes_at_the_same_time_all_count(client: IdentityClient) -> None:
    organization = await client.organization()
    await asyncio.gather(*(client.call("UpdateOrganization", OPERATOR, update(organization, "name", name=f"Name {n}")) for n in range(8)))
    assert (await client.call("GetOrganization", OPERATOR, id=organization.id)).version == 9
