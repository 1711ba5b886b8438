"""Proves over the fake API that odd pages lose nothing in silence, and that usage headers are obeyed.

Calls are counted: none goes after a refusal before its time, none to another host, none beyond the plan.
"""

import pytest

import graph_faults as faults
from fetches import Site, reasons
from graph_api import GraphApi, Limits
from graph_world import World
from nanospread.fetch import run
from nanospread.fetch.media import CURSOR_LOOP

PAGES = {
    "empty with a next": faults.EMPTY_PAGE,
    "last with a cursor": faults.LAST_WITH_AFTER,
    "an item twice": faults.OVERLAPPING,
    "next elsewhere": faults.NEXT_ELSEWHERE,
}


@pytest.fixture
def api():
    with GraphApi(World(creators=3, media=130, own_media=130, stories=0)) as one:
        yield one
        assert (one.after_limit, one.elsewhere) == (0, [])


@pytest.mark.slow
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("endpoint", ["media", "discovery"])
@pytest.mark.parametrize("fault", PAGES.values(), ids=PAGES.keys())
def test_an_odd_page_costs_no_medium(api, tmp_path, fault, endpoint, nth):
    api.plan(fault, endpoint, nth)
    site = Site(api, tmp_path, media=130, insights=False)
    fetched = site.run()
    site.assert_accounted(fetched)
    assert fetched.counts["media"] == {"asked": 4 * 130, "read": 4 * 130, "unchanged": 0, "refused": 0}
    assert len(api.calls) <= 1 + 1 + 4 * 3 + 1


@pytest.mark.parametrize("endpoint", ["media", "discovery"])
def test_a_cursor_that_comes_again_ends_a_list_and_is_told(api, tmp_path, endpoint):
    api.plan(faults.REPEATED_CURSOR, endpoint, times=99)
    site = Site(api, tmp_path, media=130, insights=False)
    fetched = site.run()
    site.assert_accounted(fetched)
    assert reasons(fetched, "media") == {CURSOR_LOOP: 1 if endpoint == "media" else 3}


def test_a_creator_who_is_renamed_or_deletes_a_post_meanwhile_is_told_or_read_as_is(api, tmp_path):
    api.plan(faults.first(lambda api: api.world.gone.add("18000000000100060")), "discovery", nth=1)
    api.plan(faults.first(lambda api: api.world.renamed.update(creator_00003="new.name")), "discovery", nth=5)
    site = Site(api, tmp_path, media=130, own="none")
    fetched = site.run()
    site.assert_accounted(fetched)
    assert fetched.counts["media"]["read"] == 129 + 130
    assert reasons(fetched, "account") == {"personal account, or a name misspelt or changed": 1}


def test_no_followers_for_a_moment_are_asked_for_again(api, tmp_path):
    api.plan(faults.NO_FOLLOWERS, "discovery", nth=1)
    Site(api, tmp_path / "one", own="none").run()
    twice = api.counted["discovery"]
    Site(api, tmp_path / "other", own="none").run()
    assert twice == api.counted["discovery"] - twice + 1


def test_no_fetch_asks_more_than_its_plan_says(api, tmp_path):
    site = Site(api, tmp_path, media=120)
    plan = run.plan(site.settings, api.world.names(), {})
    site.run()
    assert api.counted["discovery"] <= plan.calls
    assert len(api.calls) <= plan.calls + plan.own


@pytest.mark.slow
@pytest.mark.parametrize("regain", [0, 7, 60])
@pytest.mark.parametrize("shape", ["whole", "repeated", "missing", "broken"])
def test_headers_that_tell_of_a_limit_keep_a_fetch_from_it_and_others_stop_it_once_an_hour(
    tmp_path, shape, regain
):
    """Sixty calls at twenty an hour: where nothing tells of it, one refusal an hour cannot be avoided."""
    with GraphApi(World(creators=60, media=2), limits=Limits(calls=20, regain=regain, shape=shape)) as api:
        site = Site(api, tmp_path, own="none")
        fetched = site.to_the_end(wait_limit=0)
        assert fetched.counts["account"]["read"] == 60
        assert api.after_limit == 0
        refused = len(api.calls) - 60
        assert refused == 0 if shape in ("whole", "repeated") else 2 <= refused <= 6
