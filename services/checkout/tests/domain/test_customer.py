"""What becomes of a customer's details."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from services.checkout.domain.customer import CustomerDetails, create, update
from services.checkout.tests.builders import NOW


@pytest.mark.parametrize(("email", "verified"), [("ada@example.com", True), ("Ada@Example.com", True), ("eve@example.com", False)])
def test_only_the_address_that_was_verified_is(email: str, verified: bool) -> None:
    ada = replace(create(uuid4(), uuid4(), CustomerDetails("ada@example.com"), now=NOW)[0], email_verified=True)
    assert update(ada, CustomerDetails(email), now=NOW)[0].email_verified is verified
