"""Proves that answers made to harm a fetch harm one account at most: ids, cursors, names, packed bombs."""

import csv
import gzip
import tracemalloc
import zlib
from contextlib import closing

import pytest

import graph_faults as faults
from fetches import Site, reasons
from graph_api import TOKEN, GraphApi
from graph_world import World
from nanospread.core.secrets import Secret
from nanospread.fetch import exports, journal
from nanospread.fetch.accounts import OTHER
from nanospread.fetch.calls import LARGEST, Client, GraphRequest
from nanospread.fetch.media import BAD_CURSOR, NO_ID


@pytest.fixture
def api():
    with GraphApi(World(creators=3, media=60, own_media=4, stories=0)) as one:
        yield one


@pytest.fixture
def site(api, tmp_path):
    return Site(api, tmp_path, own="none", media=100)


@pytest.fixture
def own(api, tmp_path):
    return Site(api, tmp_path, creators=None)


def with_ids(id_):
    """Return the fault that gives each medium of a page an id."""
    return faults.changed(lambda held, _: [one.update(id=id_) for one in faults.page(held).get("data", [])])


@pytest.mark.parametrize(
    "id_", ["1\n2", "\ud800", "../../me", "1?fields=id", "", "9" * 100_000, 1.5, True, None], ids=range(9)
)
def test_an_id_that_fits_in_no_address_is_told_and_not_asked_for(own, api, id_):
    api.plan(with_ids(id_), "media")
    fetched = own.run()
    own.assert_accounted(fetched)
    assert reasons(fetched, "media") == {NO_ID: api.world.own_media}
    assert api.counted["insights"] == 0


def test_an_id_may_be_a_number_beyond_what_a_double_holds(own, api):
    api.plan(with_ids(2**60 + 1), "media")
    media = [one.name for one in own.run().outcomes if one.kind == "media"]
    assert media[0] == "1152921504606846977"


HOSTILE_FIGURES = {
    "huge": [{"name": "reach", "values": [{"value": 10**4_000}]}],
    "many": [{"name": f"m{number}", "values": [{"value": 1}]} for number in range(20_000)],
    "names of ours": [
        {"name": name, "values": [{"value": "=1+1"}]} for name in ("kind", "post", "account", "likes")
    ],
    "no number": [
        {"name": "reach", "values": [{"value": {"a": [None, "\u202e@x"]}}]},
        {"name": None},
        {"name": ["x"]},
    ],
    "deep": [{"name": "reach", "total_value": {"value": [[[[["=1"]]]]]}}],
}


@pytest.mark.slow
@pytest.mark.parametrize("figures", HOSTILE_FIGURES.values(), ids=HOSTILE_FIGURES)
def test_figures_made_to_harm_are_a_cell_at_most_that_no_spreadsheet_runs(own, api, figures):
    api.plan(faults.changed(lambda held, _: held.update(data=figures)), "insights", times=9)
    fetched = own.run()
    own.assert_accounted(fetched)
    exports.write_own(fetched.path, api.clock)
    with journal.own_media_file(fetched.path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len({len(row) for row in rows}) == 1
    assert [row[0] for row in rows[1:]] in (["account", *["post"] * 4], ["account"])
    assert not any(cell[:1] in ("=", "+", "-", "@") for row in rows for cell in row)


def with_cursors(cursor):
    """Return the fault that gives each page of creators' media a cursor."""

    def change(held, _):
        if "business_discovery" in held:
            faults.page(held)["paging"] = {"cursors": {"after": cursor}}

    return faults.changed(change)


@pytest.mark.parametrize("cursor", ["\ud800", "x){id}", "a\nb", "a" * 100_000], ids=range(4))
def test_a_cursor_that_fits_in_no_question_ends_the_list_and_says_so(site, api, cursor):
    api.plan(with_cursors(cursor), "discovery", times=10)
    fetched = site.run()
    site.assert_accounted(fetched)
    assert reasons(fetched, "media") == {BAD_CURSOR: 3}


def test_an_answer_about_another_account_is_told_under_the_name_that_was_asked_for(site, api):
    def renamed(held, _):
        held["business_discovery"]["username"] = "somebody.else"

    api.plan(faults.changed(renamed), "discovery", nth=3)
    fetched = site.run()
    site.assert_accounted(fetched)
    assert reasons(fetched, "account") == {OTHER: 1}


def packed(times):
    """Return 300 MB that were packed so often."""
    held = b"".join(_packing(300))
    for _ in range(times - 1):
        held = gzip.compress(held)
    return held


def _packing(millions):
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    for _ in range(millions):
        yield packer.compress(b" " * 1_000_000)
    yield packer.flush()


@pytest.mark.slow
@pytest.mark.parametrize(("times", "encoding"), [(1, "gzip"), (2, "gzip, gzip"), (1, "deflate"), (1, "br")])
def test_what_was_packed_small_is_not_unpacked_beyond_what_an_answer_may_be(api, times, encoding):
    api.plan(faults.body(packed(times), Content_Encoding=encoding))
    with closing(Client(api.url, "v26.0", Secret(TOKEN, "env:T"))) as client:
        tracemalloc.start()
        try:
            came = client.call(GraphRequest("me"))
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert came.text is None
    assert most < 4 * LARGEST
