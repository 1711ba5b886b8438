"""Proves what a fetch does at each error of the Graph API, whatever status it comes with; calls are counted.

Each row of the table of errors (data/graph_errors.csv) is met. After every test: no call after a limit, none
to another host, the token nowhere.
"""

import json
import time
from datetime import timedelta

import pytest

import graph_faults as faults
from fetches import KEPT, Site, reasons
from graph_api import TOKEN, GraphApi
from graph_world import World
from nanospread.core.errors import InputError
from nanospread.fetch.api_rules import decide, error_table

STATUSES = (400, 403, 429, 500, 200)
EACH_STATUS = pytest.mark.parametrize("status", STATUSES)
LIMITS = (4, 17, 32, 341, 613, 80001, 80002, 80006, 368)


def each(names: str, *values):
    """Return the mark that runs a test with each value and each status, not with every pair of them.

    Every pair is met in `test_an_error_means_the_same_whatever_the_status`.
    """
    count = max(len(values), len(STATUSES))
    pairs = [(values[at % len(values)], STATUSES[at % len(STATUSES)]) for at in range(count)]
    return pytest.mark.parametrize((names, "status"), pairs)


@pytest.fixture
def api():
    with GraphApi(World(creators=5, media=6, own_media=8, stories=0)) as one:
        yield one


@pytest.fixture
def site(api, tmp_path):
    """Return a site of creators alone, which must hold what holds of all."""
    one = Site(api, tmp_path, own="none")
    yield one
    one.assert_hidden()
    assert api.after_limit == 0


@pytest.fixture
def own(api, tmp_path):
    """Return a site of one's own account alone."""
    one = Site(api, tmp_path, creators=None)
    yield one
    one.assert_hidden()
    assert api.after_limit == 0


def test_without_faults_each_creator_is_one_call_and_each_own_medium_one_more(site, api, tmp_path):
    site.assert_accounted(site.run())
    assert api.counted == {"discovery": 5}
    both = Site(api, tmp_path / "both")
    both.assert_accounted(both.run())
    assert api.counted == {"discovery": 10, "account": 1, "media": 1, "insights": 8, "stories": 1}


@EACH_STATUS
def test_answers_that_are_too_large_are_asked_for_in_halves(site, api, status):
    too_large = faults.error(1, "Please reduce the amount of data you're asking for", status=status)
    api.plan(too_large, "discovery", times=2)
    fetched = site.run()
    site.assert_accounted(fetched)
    assert fetched.counts["media"] == {"asked": 30, "read": 30, "unchanged": 0, "refused": 0}


def test_larger_pages_than_are_given_are_halved_until_they_are_and_nothing_is_missing(site, api):
    api.most_discovered = 2
    fetched = site.run()
    site.assert_accounted(fetched)
    assert fetched.counts["media"]["read"] == 30
    assert api.counted["discovery"] <= 5 + 5 * 6  # of 40, 25, 12, 6 and 3, then six pages of one


@each("given", {"code": 1}, {"code": 2}, *({"code": code, "is_transient": True} for code in (100, 10, 999)))
def test_an_outage_is_waited_for_longer_each_time(site, api, status, given):
    api.plan(faults.error(status=status, **given), "discovery", nth=3, times=2)
    fetched = site.run()
    site.assert_accounted(fetched)
    assert fetched.counts["account"]["read"] == 5
    assert (len(api.calls), api.clock.slept) == (7, 1 + 2)


@each("code", 1, 2)
def test_an_outage_of_one_account_is_given_up_and_told(site, api, status, code):
    api.plan(faults.error(code, status=status), "discovery", nth=3, times=5)
    fetched = site.run()
    site.assert_accounted(fetched)
    assert reasons(fetched, "account") == {"gave up: the platform answered with errors": 1}


@each("code", *LIMITS)
def test_at_a_limit_no_call_goes_until_its_time_and_then_the_rest_is_fetched(site, api, status, code):
    api.limits.regain = 60
    api.plan(faults.error(code, status=status), "discovery", nth=3)
    if code == 368:
        api.plan(faults.first(lambda api: api._limit()), "discovery", nth=3)
    paused = site.run()
    assert not paused.done
    assert paused.until == api.clock.now() + timedelta(hours=1)
    assert reasons(paused, "account") == {"not reached": 3}
    site.assert_accounted(paused)
    assert len(api.calls) == 3
    assert not site.run().done
    assert len(api.calls) == 3
    api.clock.sleep(3600)
    whole = site.run()
    assert whole.done
    assert whole.counts["account"] == {"asked": 5, "read": 5, "unchanged": 0, "refused": 0}
    assert len(api.calls) == 3 + 3


def test_a_limit_is_waited_for_where_the_wait_is_short_enough(site, api):
    api.limits.regain = 7
    api.plan(faults.error(80002), "discovery", nth=3)
    api.plan(faults.using(100, 7), "discovery", nth=3)
    fetched = site.run(wait_limit=8 * 60)
    assert (fetched.done, api.clock.slept, len(api.calls)) == (True, 7 * 60, 6)


def test_429_without_an_error_is_a_limit(site, api):
    api.plan(faults.body(b"slow down", status=429), "discovery", nth=3)
    assert not site.run().done
    assert len(api.calls) == 3


@each("code", 3, 10, 200, 250, 299, 36104)
def test_what_is_not_permitted_is_refused_at_once(site, api, status, code):
    api.plan(faults.error(code, status=status), "discovery", nth=3)
    fetched = site.run()
    site.assert_accounted(fetched)
    expected = "not given by the platform" if code == 36104 else "no permission"
    assert reasons(fetched, "account") == {expected: 1}
    assert len(api.calls) == 5


@EACH_STATUS
def test_a_personal_or_misspelt_account_is_refused_at_once(site, api, status):
    api.plan(faults.error(110, "Invalid user id", 2207013, status=status), "discovery", nth=3)
    fetched = site.run()
    site.assert_accounted(fetched)
    assert reasons(fetched, "account") == {"personal account, or a name misspelt or changed": 1}
    assert len(api.calls) == 5


@EACH_STATUS
def test_what_is_missing_is_asked_for_once_more_as_it_may_be_a_limit(site, api, status):
    api.plan(faults.error(100, "Unsupported get request.", 33, status=status), "discovery", nth=1)
    api.plan(faults.error(100, "Unsupported get request.", 33, status=status), "discovery", nth=4, times=2)
    fetched = site.run()
    site.assert_accounted(fetched)
    assert reasons(fetched, "account") == {"deleted or not permitted": 1}
    assert len(api.calls) == 5 + 2


@each(
    "given",
    (
        {"code": 10, "message": "(#10) Not enough viewers for the media to show insights"},
        "too few viewers",
    ),
    (
        {"code": 100, "subcode": 2108006, "message": "Media posted before business account conversion"},
        "posted before the account was a professional one",
    ),
)
def test_figures_that_are_not_given_are_refused_with_their_reason(own, api, status, given):
    given, reason = given
    api.plan(faults.error(status=status, **given), "insights", nth=3)
    fetched = own.run()
    own.assert_accounted(fetched)
    assert reasons(fetched, "insights") == {reason: 1, "no figures given": 1}
    assert api.counted["insights"] == 8


@each("metric", "reach", "shares")
def test_one_metric_that_is_refused_costs_no_other(own, api, status, metric):
    """It is found by halves, once for each type of medium, and never asked for again."""
    refused = faults.error(100, f"(#100) metric {metric} is not supported", status=status)
    api.plan(
        lambda answer, api: refused(answer, api) if metric in asked(api) else answer, "insights", times=99
    )
    fetched = own.run()
    own.assert_accounted(fetched)
    assert fetched.counts["insights"]["read"] == 7
    assert api.counted["insights"] <= 8 + 2 * 2 * 3


def asked(api):
    return api.calls[-1].parameters.get("metric", "").split(",")


@EACH_STATUS
def test_fields_that_are_refused_are_left_out_and_the_needed_ones_read(site, api, status):
    refused = faults.error(100, "(#100) Tried accessing nonexisting field (caption)", status=status)
    api.plan(
        lambda answer, api: refused(answer, api) if "caption" in str(api.calls[-1]) else answer, times=99
    )
    fetched = site.run()
    site.assert_accounted(fetched)
    assert fetched.counts["media"]["read"] == 30
    assert len(api.calls) == 6


@each(
    "token_error",
    (102, None),
    (190, None),
    *((190, subcode) for subcode in (458, 459, 460, 463, 464, 467, 492)),
)
def test_a_token_that_is_refused_stops_the_fetch_and_a_new_one_goes_on(site, api, status, token_error):
    code, subcode = token_error
    api.plan(faults.error(code, "Error validating access token", subcode, status=status), "discovery", nth=3)
    with pytest.raises(InputError, match=f"must log in again and put a new one where {KEPT} says") as told:
        site.run()
    site.assert_hidden(str(told.value), repr(told.value))
    assert len(api.calls) == 3
    fresh = "EAAG-a-new-token-after-log-in"
    api.expires = {TOKEN: api.clock.now(), fresh: None}
    fetched = site.run(token=fresh)
    site.assert_accounted(fetched)
    assert fetched.counts["account"]["read"] == 5
    assert len(api.calls) == 6


def test_a_fetch_that_is_to_finish_ends_with_what_it_has_though_its_token_did(site, api):
    api.plan(faults.error(190, "Error validating access token", 463), "discovery", nth=3)
    fetched = site.run(finish=True)
    site.assert_accounted(fetched)
    assert fetched.done
    assert 0 < fetched.counts["account"]["read"] < fetched.counts["account"]["asked"] == 5
    assert reasons(fetched, "account")["not reached"] >= 2
    assert any("must log in again" in one for one in site.said)
    assert len(api.calls) == 3


BROKEN = {
    "HTML": faults.HTML,
    "an empty body": faults.body(b""),
    "a list": faults.body(b"[]"),
    "no gzip": faults.BAD_GZIP,
    "half of a gzip": faults.cut_gzip,
    "truncated": faults.sent("truncated"),
    "reset": faults.sent("reset"),
    "half of JSON": faults.body(b'{"id":"1', status=200),
    "502": faults.body(b"Bad gateway", status=502),
}


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN.keys())
def test_an_answer_that_is_not_whole_is_asked_for_again(site, api, fault):
    api.plan(fault, "discovery", nth=3)
    fetched = site.run()
    site.assert_accounted(fetched)
    assert fetched.counts["account"]["read"] == 5
    assert len(api.calls) == 6


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN.keys())
def test_an_account_of_which_no_answer_is_whole_is_given_up_and_asked_for_the_next_time(site, api, fault):
    api.plan(fault, "discovery", nth=3, times=5)
    fetched = site.run()
    site.assert_accounted(fetched)
    (reason,) = reasons(fetched, "account")
    assert reason.startswith("gave up: ")
    api.clock.sleep(3600)
    assert site.run().counts["account"] == {"asked": 5, "read": 1, "unchanged": 4, "refused": 0}


@pytest.mark.parametrize("how", ["drip", "drip head"])
def test_a_server_that_drips_is_left_after_a_while(site, api, how):
    api.plan(faults.sent(how, headers={"X-Long": "x" * 600}), "discovery", nth=3)  # 12 s of a head
    started = time.monotonic()
    fetched = site.run(seconds_per_call=1.0)
    assert time.monotonic() - started < 10
    site.assert_accounted(fetched)
    assert fetched.counts["account"]["read"] == 5


def test_where_nobody_answers_the_fetch_pauses_and_blames_no_account(site, api):
    api.plan(faults.sent("reset"), times=5 * 5 + 1)  # five tries of five, and one whether anybody is there
    paused = site.run()
    assert not paused.done
    assert reasons(paused, "account") == {"not reached": 5}
    assert site.run().counts["account"]["read"] == 5


def test_where_one_kind_of_question_is_never_answered_the_others_are(api, tmp_path):
    api.world.own_media = 12
    api.plan(faults.error(2, status=500), "insights", times=10_000)
    site = Site(api, tmp_path)
    fetched = site.run()
    site.assert_accounted(fetched)
    assert (fetched.done, fetched.counts["account"]["read"]) == (True, 6)
    assert set(reasons(fetched, "insights")) <= {
        "gave up: the platform answered with errors",
        "a kind of medium without figures",
    }
    assert api.counted["insights"] <= 5 * 5 + 12  # of a row of them, each is asked once


@pytest.mark.parametrize(
    "row", error_table(), ids=lambda row: f"{row.codes.start}/{row.subcode or row.words or 0}"
)
def test_an_error_means_the_same_whatever_the_status(row):
    error = {"code": row.codes.stop - 1, "message": f"It said: {row.words}."}
    error |= {"error_subcode": int(row.subcode)} if row.subcode else {}
    found = {decide(status, json.dumps({"error": error})) for status in STATUSES}
    assert {(one.action, one.reason) for one in found} == {(row.action, row.reason)}


def test_every_row_of_the_table_of_errors_is_met_above():
    met = {1, 2, *LIMITS, 3, 10, 36104, 100, 110, 102, 190, *range(200, 300), *range(80001, 80007)}
    assert {code for row in error_table() for code in row.codes} == met
