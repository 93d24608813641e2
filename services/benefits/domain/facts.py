"""What becomes true here and others are told of. A transition returns its fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.benefits.domain.benefit import Benefit
    from services.benefits.domain.grant import Grant


@dataclass(frozen=True, slots=True)
class BenefitCreated:
    """A benefit can be put on products."""

    benefit: Benefit


@dataclass(frozen=True, slots=True)
class BenefitUpdated:
    """Its text, properties or metadata are others."""

    benefit: Benefit


@dataclass(frozen=True, slots=True)
class BenefitDeleted:
    """It is gone from products and, shortly after, from customers."""

    benefit: Benefit


@dataclass(frozen=True, slots=True)
class GrantCreated:
    """The customer has the benefit by this source, for the first time or again."""

    grant: Grant


@dataclass(frozen=True, slots=True)
class GrantUpdated:
    """Something about a grant is other, e.g. its license key or the customer's external id; the customer still has it."""

    grant: Grant


@dataclass(frozen=True, slots=True)
class GrantRevoked:
    """This source no longer gives the benefit; another may."""

    grant: Grant


Fact = BenefitCreated | BenefitUpdated | BenefitDeleted | GrantCreated | GrantUpdated | GrantRevoked
