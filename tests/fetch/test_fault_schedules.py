"""Proves that whatever goes wrong, and when, a fetch accounts for all that it asked for and tells no secret.

`FAULTS=1000` is the full run (`make faults`); here a few. A schedule is a list of faults, each at some call
to some endpoint. Between two runs the time passes that a pause asks for; a refused token gets a successor.
"""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import graph_faults as faults
from draws import TIMES, examples
from fetches import Site
from graph_api import TOKEN, GraphApi, Limits
from graph_world import FIRST_MEDIUM, MOST_MEDIA, World

SCHEDULES = int(os.environ.get("FAULTS", examples(25)))
STATUSES = st.sampled_from([400, 403, 429, 500, 200])
CODES = (
    1,
    2,
    3,
    4,
    10,
    17,
    32,
    100,
    102,
    110,
    190,
    200,
    299,
    341,
    368,
    613,
    36104,
    80001,
    80002,
    80006,
    999,
    2500,
)
MESSAGES = ("An error", "Please reduce the amount of data", "(#10) Not enough viewers", "\u2028é\\ <b>")
MEDIUM = st.integers(0, 5).map(lambda at: str(FIRST_MEDIUM + at))
DISCOVERED = st.integers(1, 4).map(lambda number: str(FIRST_MEDIUM + MOST_MEDIA * number + 2))

errors = st.builds(
    faults.error,
    code=st.sampled_from(CODES),
    message=st.sampled_from(MESSAGES),
    subcode=st.sampled_from([None, 33, 463, 2108006, 2207013]),
    status=STATUSES,
    is_transient=st.booleans(),
)
bodies = st.builds(
    faults.body,
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([b"{}", b"[]", b"null", b'{"data":{}}', b'{"error":4}', b"NaN"]),
    ),
    STATUSES,
)
changes = st.one_of(
    st.builds(lambda one: faults.first(lambda api: api.world.gone.add(one)), MEDIUM | DISCOVERED),
    st.builds(lambda one: faults.first(lambda api: api.world.restated.add(one)), MEDIUM),
    st.just(faults.first(lambda api: api.world.retired.update(reach=api.clock.now()))),
    st.just(faults.first(lambda api: api.world.renamed.update(creator_00004="new.name"))),
    st.just(faults.first(lambda api: api.expires.update({TOKEN: api.clock.now()}))),
)
odd = st.sampled_from(
    [
        *(faults.EMPTY_PAGE, faults.OVERLAPPING, faults.REPEATED_CURSOR, faults.LAST_WITH_AFTER),
        *(faults.NEXT_ELSEWHERE, faults.NO_FOLLOWERS, faults.HTML, faults.BAD_GZIP, faults.cut_gzip),
        *(faults.sent("reset"), faults.sent("truncated")),
        faults.changed(lambda held, _: held.pop("data", None)),
        faults.changed(lambda held, _: held.update(data=[None, 7, {}, {"id": 7}, {"id": "x"}])),
        faults.changed(lambda held, _: held.update(business_discovery=None)),
        faults.changed(lambda held, _: held.get("business_discovery", {}).update(media={"data": "none"})),
    ]
)
usages = st.builds(faults.using, st.integers(0, 100), st.sampled_from([0, 7]), app=st.booleans())
garbled = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(
    lambda text: faults.told(X_App_Usage=text, X_Business_Use_Case_Usage=text)
)
endpoints = st.sampled_from(["", "discovery", "discovery", "account", "media", "insights", "stories"])
times = st.sampled_from([1, 1, 2, 6, 30])
schedules = st.lists(
    st.tuples(st.one_of(errors, bodies, changes, odd, usages, garbled), endpoints, st.integers(1, 12), times),
    min_size=1,
    max_size=6,
)
limits = st.builds(
    Limits,
    calls=st.sampled_from([None, None, 15, 40]),
    regain=st.sampled_from([1, 7, 60]),
    shape=st.sampled_from(["whole", "missing", "broken", "repeated"]),
)


@pytest.mark.slow
@settings(
    max_examples=SCHEDULES,
    derandomize=SCHEDULES < 100 and not TIMES,
    phases=[Phase.generate],  # a schedule of a few faults reads as it is; to shrink one takes long
    deadline=None,
)
@given(schedule=schedules, allowed=limits, wait_limit=st.sampled_from([0.0, 600.0, 7200.0]))
def test_whatever_goes_wrong_all_is_accounted_for_and_no_secret_told(schedule, allowed, wait_limit):
    world = World(creators=4, media=7, own_media=6, stories=2)
    world.kinds["creator_00002"] = "personal"
    with GraphApi(world, limits=allowed) as api, tempfile.TemporaryDirectory() as folder:
        api.most_discovered = 4
        for fault, endpoint, nth, often in schedule:
            api.plan(fault, endpoint, nth, often)
        site = Site(api, Path(folder), media=10)
        fetched = site.to_the_end(wait_limit=wait_limit)
        site.assert_accounted(fetched)
        site.assert_hidden()
        assert api.after_limit == 0


def test_a_story_that_the_list_of_media_has_too_is_told_once(tmp_path):
    with GraphApi(World(creators=1, media=3, own_media=2, stories=2)) as api:
        api.plan(
            faults.changed(lambda held, _: held["data"].append({"id": str(FIRST_MEDIUM)})), "stories", 1, 1
        )
        fetched = Site(api, tmp_path).to_the_end()
    own = [(one.kind, one.name) for one in fetched.outcomes if one.name == str(FIRST_MEDIUM)]
    assert sorted(own) == [("insights", str(FIRST_MEDIUM)), ("media", str(FIRST_MEDIUM))]
    assert sum(one.kind == "story" for one in fetched.outcomes) == 2
