"""Tax ids by country: python-stdnum knows their shapes and check digits."""

from __future__ import annotations

import re
from typing import Protocol

from stdnum import get_cc_module
from stdnum.exceptions import ValidationError

from services.checkout.domain.errors import TaxIdInvalid

_ANY_FORM = re.compile(r"[A-Za-z0-9 ./-]{4,32}")
# Where the number of a business is not called VAT.
_NAMES = {"US": "ein", "SG": "uen", "KR": "brn", "TW": "ubn"}


class _NumberModule(Protocol):
    def validate(self, number: str) -> str: ...


class StandardTaxIds:
    """Checks what can be checked without asking an authority."""

    def check(self, tax_id: str, country: str) -> None:
        """TaxIdInvalid unless it has the country's form; where none is known, unless it could be a number at all."""
        module = _module(country)
        if module is None:
            if not country or not _ANY_FORM.fullmatch(tax_id):
                raise TaxIdInvalid(country)
            return
        try:
            module.validate(tax_id)
        except ValidationError:
            raise TaxIdInvalid(country) from None


def _module(country: str) -> _NumberModule | None:
    if not country:
        return None
    found = (get_cc_module(country.lower(), name) for name in (_NAMES.get(country, "vat"), "vat", "tin"))
    return next((module for module in found if module is not None), None)
