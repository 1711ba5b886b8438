"""Proves the pure parts of a fetch by hand: fields of a day, verdicts, waits, order, accounts of outcomes."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread.fetch import api_rules, outcomes, run
from nanospread.fetch.outcomes import Outcome
from nanospread.fetch.settings import Settings
from nanospread.ingest.formats import graph

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
V26 = "v26.0"
TYPES = ("FEED", "REELS", "STORY")


def app(percent):
    return {api_rules.APP: json.dumps({"call_count": percent, "total_cputime": 3, "total_time": 4})}


def business(percent, minutes, kind="instagram"):
    told = {"type": kind, "call_count": percent, "estimated_time_to_regain_access": minutes}
    return {api_rules.BUSINESS: json.dumps({"17": [told]})}


def test_what_retired_is_never_asked_for():
    assert "impressions" in api_rules.metrics("FEED", "2025-04-20", "v21.0")
    assert all("impressions" not in api_rules.metrics(kind, "2025-04-21", "v21.0") for kind in TYPES)
    assert "view_count" not in api_rules.field_names("discovered", "2026-04-21", V26)
    assert "view_count" in api_rules.field_names("discovered", "2026-04-22", V26)


def test_what_a_version_dropped_is_not_asked_of_it_before_the_day_that_ends_it_everywhere():
    assert {"impressions", "plays"}.isdisjoint(
        name for kind in TYPES for name in api_rules.metrics(kind, "2025-04-20", "v22.0")
    )
    assert "plays" in api_rules.metrics("REELS", "2025-04-20", "v9.0")  # by number: 9 is before 21


def test_a_first_version_counts_as_a_last_one_does():
    field = api_rules.Field(
        "media", "new", (), needed=False, since="", until="", first="v9.0", last="v10.0", source="x"
    )
    asked = ("v8.0", "v9.0", "v10.0", "v11.0")
    assert [field.is_available("2026-11-23", version) for version in asked] == [False, True, True, False]


def test_versions_in_the_table_are_written_as_in_the_settings():
    for field in api_rules.declared_fields():
        for version in filter(None, (field.first, field.last)):
            assert Settings(token="env:X", version=version).version == version


def test_metrics_fit_the_type_of_a_medium():
    assert "saved" not in api_rules.metrics("STORY", "2026-11-23", V26)
    assert "replies" not in api_rules.metrics("REELS", "2026-11-23", V26)
    assert api_rules.metrics("AD", "2026-11-23", V26) == ()


def test_needed_fields_are_among_all():
    for node in ("profile", "media", "discovered"):
        every = api_rules.field_names(node, "2026-11-23", V26)
        assert set(api_rules.field_names(node, "2026-11-23", V26, needed=True)) < set(every)


def test_the_reasons_that_lose_nothing_are_those_of_the_table():
    of_table = {row.reason for row in api_rules.error_table()}
    ours = {
        "nothing given, as of accounts with an age limit",
        "no account name of Instagram",
        "not reached",
    }
    assert set(graph.NOT_GIVEN) - ours <= of_table


@given(st.integers(200, 599), st.text(max_size=40))
def test_any_answer_has_a_verdict(status, text):
    found = api_rules.decide(status, text)
    assert (found.body is not None) == (found.action == "read")


@given(st.dictionaries(st.text(max_size=8), st.one_of(st.none(), st.integers(), st.text(max_size=9))))
def test_any_error_is_no_answer(error):
    assert api_rules.decide(200, json.dumps({"error": error, "data": []})).action != "read"


@pytest.mark.parametrize(
    ("headers", "refused", "minutes"),
    [
        ({}, False, None),
        (app(89), False, None),
        (app(90), False, 15),
        (app(100), False, 60),
        (app(100), True, 60),
        ({}, True, 60),
        ({api_rules.RETRY: "120"}, True, 2),
        ({api_rules.RETRY: "120"}, False, None),
        ({api_rules.RETRY: "soon"}, True, 60),
        (business(10, 7), False, 7),
        (business(100, 0), True, 60),
        (business(95, 0), False, 15),
        (business(95, 0, kind="ads_insights"), False, None),
        (app(95) | business(10, 7), False, 7),
        ({api_rules.APP: "{broken", api_rules.BUSINESS: "[1, {"}, False, None),
        ({api_rules.APP: '{"call_count": "95"}', api_rules.BUSINESS: '{"1": 3}'}, False, None),
        ({api_rules.BUSINESS: '{"1": [{"type": "pages", "call_count": 99}], "1": []}'}, False, 15),
    ],
)
def test_no_call_goes_before_a_limit_bites_and_then_as_long_as_it_says(headers, refused, minutes):
    expected = None if minutes is None else NOW + timedelta(minutes=minutes)
    assert api_rules.blocked_until(headers, NOW, refused=refused) == expected


@given(st.text(max_size=60), st.text(max_size=60), st.booleans())
def test_no_header_breaks_a_fetch(app_usage, business_usage, refused):
    found = api_rules.blocked_until(
        {api_rules.APP: app_usage, api_rules.BUSINESS: business_usage}, NOW, refused=refused
    )
    assert (found is None) == (not refused)


def test_those_never_asked_for_come_first_then_those_asked_longest_ago():
    asked = {"anna": "2026-11-16", "ben": "2026-11-09", "cleo": "2026-11-16"}
    before = {("account", name): Outcome("account", name, asked=day) for name, day in asked.items()}
    assert run.ordered(("anna", "dora", "ben", "cleo", "eve"), before) == (
        *("dora", "eve"),
        *("ben",),
        *("anna", "cleo"),
    )


def test_a_plan_counts_calls_and_hours():
    said = Settings(token="env:T", media=120, creators="x")
    plan = run.plan(said, [f"c{number}" for number in range(500)], {})
    assert (plan.calls_each, plan.calls, plan.hours) == (3, 1_500, 7.5)
    assert len(plan.first_hour) == 66  # 200 calls an hour
    assert plan.own == 1 + 3 + 120 + 1


def test_more_calls_an_hour_take_no_longer():
    hours = [run.plan(Settings(token="env:T", calls_per_hour=n), ["a"] * 9, {}).hours for n in (1, 10, 100)]
    assert hours == sorted(hours, reverse=True)


def test_an_outcome_is_unchanged_only_where_the_same_was_read_before(tmp_path):
    read = Outcome("media", "1", content="a")
    refused = Outcome("media", "2", reason="gone, it seems")
    file = tmp_path / "told.csv"
    file.write_text(outcomes.text([read, refused]), encoding="utf-8")
    before = outcomes.read(file)
    assert before == {("media", "1"): read, ("media", "2"): refused}
    assert outcomes.compared(read, before).status == "unchanged"
    assert outcomes.compared(Outcome("media", "1", content="b"), before).status == "read"
    assert outcomes.compared(Outcome("media", "2", content=""), before).status == "read"
    assert outcomes.compared(refused, before).status == "refused"


@given(st.lists(st.tuples(st.sampled_from(outcomes.KINDS), st.sampled_from(["", "gone"]), st.booleans())))
def test_asked_is_read_and_unchanged_and_refused(rows):
    found = outcomes.counts(Outcome(kind, "x", why, unchanged=same) for kind, why, same in rows)
    assert sum(of["asked"] for of in found.values()) == len(rows)
    assert all(of["asked"] == of["read"] + of["unchanged"] + of["refused"] for of in found.values())
