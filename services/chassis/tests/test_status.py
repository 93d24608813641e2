"""Errors on the wire stay small, whatever the caller sent."""

from __future__ import annotations

import base64
from urllib.parse import quote

from google.rpc.error_details_pb2 import BadRequest, ErrorInfo

from services.chassis.errors import FieldViolation, Invalid
from services.chassis.status import LONGEST_TEXT, to_status

MOST_METADATA_BYTES = 16 * 1024


def test_an_error_that_repeats_a_huge_request_fits_into_the_trailers() -> None:
    huge = "\U0001f4b6" * 100_000
    violations = [FieldViolation(f"{huge}[{number}]", huge) for number in range(1_000)]
    status = to_status(Invalid("FIELD_INVALID", huge, violations=violations, details={"given": huge}))
    assert len(quote(status.message)) + len(base64.b64encode(status.SerializeToString())) < MOST_METADATA_BYTES
    info, bad = ErrorInfo(), BadRequest()
    assert status.details[0].Unpack(info)
    assert info.reason == "FIELD_INVALID"
    assert status.details[1].Unpack(bad)
    assert bad.field_violations


def test_an_error_of_usual_size_is_told_whole() -> None:
    violations = [FieldViolation(f"prices[{number}].id", "must be a valid UUID") for number in range(50)]
    status = to_status(Invalid("FIELD_INVALID", "x" * LONGEST_TEXT, violations=violations))
    bad = BadRequest()
    status.details[1].Unpack(bad)
    assert status.message == "x" * LONGEST_TEXT
    assert [violation.field for violation in bad.field_violations] == [violation.field for violation in violations]
