"""Proves that a week is an ISO week that exists, and that its days are those of a time zone."""

import time
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread.core import weeks
from nanospread.core.errors import InputError

TOKYO, NEW_YORK = weeks.zone("Asia/Tokyo"), weeks.zone("America/New_York")
MORNING = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)  # Monday 05:15 in Tokyo


@pytest.mark.parametrize(
    ("text", "fine"),
    [("2026-W53", True), ("2020-W53", True), ("2025-W53", False), ("2025-W52", True), ("2026-W00", False),
     ("2026-W1", False), ("0000-W01", False), ("2026-W47\n", False), ("1999-W52", False),
     ("9999-W52", False), ("２０２６-W47", False), ("2026-W４７", False), ("2062-W01", True)],
)  # fmt: skip
def test_a_week_is_an_iso_week_that_exists(text, fine):
    if fine:
        assert weeks.checked(text) == text
    else:
        with pytest.raises(InputError):
            weeks.checked(text)


@pytest.mark.parametrize("week", ["2062-W01", "2027-W50", "2099-W53"])
def test_a_week_over_a_year_ahead_is_a_slip_that_is_told_the_range(week):
    with pytest.raises(InputError, match="too far from now: weeks from 2000-W01 to 2027-W47 can be"):
        weeks.checked(week, MORNING)
    assert weeks.checked("2027-W47", MORNING) == "2027-W47"


def test_monday_morning_in_tokyo_is_this_week_and_still_last_week_elsewhere():
    assert weeks.of(MORNING, TOKYO) == "2026-W48"
    assert weeks.of(MORNING, UTC) == weeks.of(MORNING, NEW_YORK) == "2026-W47"
    assert weeks.of(datetime(2026, 11, 23, 4, 59, tzinfo=UTC), NEW_YORK) == "2026-W47"
    assert weeks.of(datetime(2026, 11, 23, 5, 1, tzinfo=UTC), NEW_YORK) == "2026-W48"
    assert weeks.of(datetime(2027, 1, 3, 23, 59, tzinfo=UTC), UTC) == "2026-W53"


def test_without_a_zone_it_is_the_machines(monkeypatch):
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        assert weeks.of(MORNING) == "2026-W48"
    time.tzset()


@pytest.mark.parametrize("zone", [TOKYO, NEW_YORK, UTC, None])
def test_a_date_is_the_same_day_in_every_zone(zone):
    assert weeks.day(datetime(2026, 11, 23, tzinfo=UTC), zone) == date(2026, 11, 23)
    assert weeks.day(pd.Timestamp("2026-11-23", tz="UTC"), zone) == date(2026, 11, 23)


@given(
    st.datetimes(datetime(2001, 1, 1), datetime(2098, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
)
def test_a_moment_is_in_the_week_whose_days_hold_its_day(moment):
    for zone in (TOKYO, NEW_YORK, UTC):
        week, day = weeks.of(moment, zone), weeks.day(moment, zone)
        assert weeks.checked(week) == week
        assert timedelta(0) <= weeks.last_day(week) - day <= timedelta(6)
        assert weeks.behind(weeks.before(week, 3), week) == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Asia/Tokio", "such as Asia/Tokyo"),
        ("europe/berlin", "such as Europe/Berlin"),
        *((name, "IANA time zone") for name in ("x", "../../etc/passwd", "Asia", "UTC+9", "/etc/localtime")),
    ],
)
def test_another_zone_is_told_the_nearest(name, message):
    with pytest.raises(InputError, match=message):
        weeks.zone(name)


@pytest.mark.parametrize(
    "text", ["9999-12-31", "1969-01-01", "2026-02-30", "2026-W60", "２０２６-01-01", "soon"]
)
def test_a_day_or_week_that_cannot_be_is_refused(text):
    with pytest.raises(InputError):
        weeks.last_day(text)
    assert weeks.last_day("2026-11-22") == weeks.last_day("2026-W47") == date(2026, 11, 22)
