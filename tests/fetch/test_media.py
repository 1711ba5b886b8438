"""Proves that pages of media become all media, each once and in their order, whatever the pages are like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread.fetch import media
from nanospread.fetch.api_rules import Decision
from nanospread.fetch.calls import GraphRequest
from nanospread.fetch.media import Tuning, listing, page


class Answers:
    """Answers by request, as `Session` gives them; a request without one is a defect of the test."""

    def __init__(self, answer):
        self.given, self.asked = answer, []

    def answer(self, request, doubtful=None):
        self.asked.append(request)
        return self.given(request)


def of_pages(pages):
    """Return the answers that are these pages, each with the cursor of the next."""

    def answer(request):
        at = int(request.parameters["after"] or 0)
        ids, after, following = pages[at]
        turns = {"cursors": {"after": after}}
        turns |= {"next": "https://elsewhere/?access_token=x"} if following else {}
        return Decision("read", body={"data": [{"id": one} for one in ids], "paging": turns})

    return Answers(answer)


def _question(after, of):
    return GraphRequest(
        "17/media", {"after": after, "limit": str(of.page_size), "sparse": str(of.needed_only)}
    )


def listed(session, most=1_000, tuning=None):
    return listing(
        session,
        tuning or Tuning(),
        _question,
        lambda body: page(body, by_cursor=False),
        lambda first, media, last: len(media) >= most,
    )


def test_all_pages_are_one_list_newest_first_and_an_item_on_two_counts_once():
    session = of_pages([(["a", "b"], "1", True), (["b", "c"], "2", True), (["d"], "3", False)])
    found = listed(session)
    assert (list(found.media), found.reason, found.pages) == (["a", "b", "c", "d"], "", 3)


def test_an_empty_page_with_a_next_is_no_end():
    session = of_pages([(["a"], "1", True), ([], "2", True), (["b"], "3", False)])
    assert list(listed(session).media) == ["a", "b"]


def test_a_last_page_with_a_cursor_is_the_end():
    session = of_pages([(["a"], "1", False), (["b"], "", False)])
    assert list(listed(session).media) == ["a"]
    assert len(session.asked) == 1


def test_a_cursor_that_comes_again_ends_the_list_and_is_told():
    session = of_pages([(["a"], "1", True), (["b"], "1", True)])
    found = listed(session)
    assert (list(found.media), found.reason) == (["a", "b"], media.CURSOR_LOOP)


def test_empty_pages_without_end_are_told():
    session = of_pages([([], str(at + 1), True) for at in range(99)])
    assert listed(session).reason == media.EMPTY
    assert len(session.asked) < 20


def test_no_more_pages_are_asked_for_than_are_wanted():
    session = of_pages([([f"{at}a", f"{at}b"], str(at + 1), True) for at in range(9)])
    assert len(listed(session, most=3).media) == 4
    assert len(session.asked) == 2


@given(st.lists(st.lists(st.integers(0, 30).map(str), max_size=4), min_size=1, max_size=8))
def test_every_item_of_every_page_is_there_once(pages):
    last = len(pages) - 1
    found = listed(of_pages([(ids, str(at + 1), at < last) for at, ids in enumerate(pages)]))
    assert list(found.media) == list(dict.fromkeys(one for ids in pages for one in ids))


def test_what_is_no_medium_is_counted():
    held = {"data": [{"id": "1"}, {"id": 2.5}, None, "x"]}
    assert listed(Answers(lambda _: Decision("read", body=held))).invalid == 3


def test_too_much_at_once_is_asked_for_in_halves_and_that_is_remembered():
    def answer(request):
        big = int(request.parameters["limit"]) > 12
        return Decision("halve", "too large") if big else Decision("read", body={"data": [{"id": "1"}]})

    tuning = Tuning()
    assert len(listed(Answers(answer), tuning=tuning).media) == 1
    assert tuning.page_size == 12
    again = Answers(answer)
    listed(again, tuning=tuning)
    assert len(again.asked) == 1


def test_too_much_even_of_one_is_told():
    assert listed(Answers(lambda _: Decision("halve", "too large"))).reason == "too large"


def test_fields_that_are_refused_are_left_out_once():
    def answer(request):
        full = request.parameters["sparse"] == "False"
        return Decision("split", "a field") if full else Decision("read", body={"data": [{"id": "1"}]})

    assert list(listed(Answers(answer)).media) == ["1"]
    assert listed(Answers(lambda _: Decision("split", "a field"))).reason == "a field"


NO_LISTS = (None, [], {}, {"data": None}, {"data": {}}, {"paging": {"cursors": 1}})


@pytest.mark.parametrize("edge", NO_LISTS)
@pytest.mark.parametrize("by_cursor", [True, False])
def test_what_holds_no_list_is_no_page(edge, by_cursor):
    assert page(edge, by_cursor=by_cursor) == media.NO_LIST
    assert page({"data": [], "paging": 3}, by_cursor=by_cursor) == media.Page([], "", False)


def figures(unsupported, dead=()):
    """Return answers about insights in which some metrics, and all of some media, are refused."""

    def answer(request):
        asked = request.parameters["metric"].split(",")
        if request.path.split("/")[0] in dead or set(asked) & set(unsupported):
            return Decision("split", "field or metric refused")
        return Decision("read", body={"data": [{"name": name, "values": [{"value": 1}]} for name in asked]})

    return Answers(answer)


def names(session, tuning, medium, kind="FEED"):
    medium = {"id": medium, "media_product_type": kind}
    found, reason = media.insights(session, tuning, medium, "2026-11-23", "v26.0")
    return {one["name"] for one in found}, reason


def test_one_bad_metric_costs_that_metric_alone_and_is_not_asked_for_again():
    session, tuning = figures({"views"}), Tuning()
    assert names(session, tuning, "1") == ({"reach", "saved", "shares"}, "")
    first = len(session.asked)
    assert names(session, tuning, "2")[0] == {"reach", "saved", "shares"}
    assert len(session.asked) == first + 1
    assert names(session, tuning, "3", "REELS")[0] == {"reach", "saved", "shares"}  # another type learns anew


def test_a_medium_without_any_figure_is_told_and_teaches_nothing_about_metrics():
    session, tuning = figures((), dead={"1", "2", "3"}), Tuning()
    for medium in ("1", "2"):
        assert names(session, tuning, medium) == (set(), "field or metric refused")
    before = len(session.asked)
    assert names(session, tuning, "3")[0] == set()
    assert len(session.asked) == before + 1
    assert names(session, tuning, "4")[0] == {"reach", "views", "saved", "shares"}


def test_empty_figures_are_none_and_no_zeros():
    session = Answers(lambda _: Decision("read", body={"data": []}))
    assert media.insights(
        session, Tuning(), {"id": "1", "media_product_type": "REELS"}, "2026-11-23", "v26.0"
    ) == (
        [],
        media.NO_FIGURES,
    )
    assert media.insights(session, Tuning(), {"id": "1"}, "2026-11-23", "v26.0") == ([], media.UNKNOWN_TYPE)
