"""Times in messages, against the library's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.errors import Invalid
from services.chassis.timestamps import from_timestamp, to_timestamp, write_timestamp

instants = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))])).filter(lambda at: 1 < at.year < 9999)


@given(instants)
def test_there_and_back_as_the_library_does_it(instant: datetime) -> None:
    theirs, ours = Timestamp(), Timestamp()
    theirs.FromDatetime(instant)
    write_timestamp(ours, instant)
    assert ours == theirs == to_timestamp(instant)
    assert from_timestamp(ours, "at") == instant == theirs.ToDatetime(tzinfo=UTC)
    assert from_timestamp(ours, "at").tzinfo is UTC


@given(instants, st.integers(0, 999))
def test_what_is_finer_than_a_microsecond_is_cut_off(instant: datetime, nanoseconds: int) -> None:
    finer = Timestamp(seconds=to_timestamp(instant).seconds, nanos=to_timestamp(instant).nanos + nanoseconds)
    assert from_timestamp(finer, "at") == instant


@pytest.mark.parametrize(("seconds", "nanos"), [(-62135596801, 0), (253402300800, 0), (2**62, 0), (-(2**62), 0), (0, -1), (0, 10**9)])
def test_what_no_calendar_has_is_refused(seconds: int, nanos: int) -> None:
    with pytest.raises(Invalid, match="at is not a time"):
        from_timestamp(Timestamp(seconds=seconds, nanos=nanos), "at")
    assert to_timestamp(None) is None
