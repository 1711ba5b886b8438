"""Proves that the first use of each term links to its meaning, and that nothing else is touched."""

import re

import pytest

from nanospread.report import markup
from nanospread.report.markup import Term

REACH = Term("reach", ("reach", "reached"), "accounts that saw a post", "people", "")
ER = Term("ER", ("ER", "engagement rate"), "engagements / followers", "share", "")
KNOWN = (REACH, ER)


def linked(html):
    return markup.glossary_linked(html, KNOWN)


def test_the_first_use_is_linked_and_the_next_ones_are_not_whatever_the_word():
    assert linked("<p>The ER, or engagement rate, and the ER</p>") == (
        '<p>The <a class="term" href="glossary.html#er">ER</a>, or engagement rate, and the ER</p>'
    )


@pytest.mark.parametrize(
    "word", ["@reach", "reach.lab", "preach", "reach-out", "reach@home", "www.reach", "er"]
)
def test_a_part_of_another_word_or_handle_is_no_term(word):
    assert linked(f"<p>{word}</p>") == f"<p>{word}</p>"


@pytest.mark.parametrize(
    "html",
    [
        '<a href="#x">reach</a>', "<h2>reach</h2>", "<pre><code>reach</code></pre>", "<td>reach</td>",
        '<th scope="row">reach</th>', "<summary>reach</summary>", '<nav><ul><li>reach</li></ul></nav>',
        "<title>reach</title>", '<img alt="reach">', '<div aria-label="reach"></div>',
    ],
)  # fmt: skip
def test_links_headings_code_and_what_creators_may_have_written_stay_as_they_are(html):
    assert linked(html) == html
    assert linked(f"{html}<p>reach</p>").endswith(
        '<p><a class="term" href="glossary.html#reach">reach</a></p>'
    )


@pytest.mark.parametrize("html", ['<th scope="col">reach</th>', '<th scope="row" class="term">reach</th>'])
def test_heads_that_are_ours_are_linked(html):
    assert 'href="glossary.html#reach"' in linked(html)


def test_the_longest_word_wins():
    wide = Term("unique reach", ("unique reach",), "", "", "")
    assert 'href="glossary.html#unique-reach">unique reach</a>' in markup.glossary_linked(
        "<p>unique reach</p>", (REACH, wide)
    )


def test_only_links_are_added():
    html = "<p>ER &amp; reach &lt;b&gt;</p><table><tr><th>reached</th><td>ER</td></tr></table>"
    assert re.sub(r"</?a\b[^>]*>", "", linked(html)) == html


def test_every_term_has_a_place_of_its_own_words_of_its_own_and_a_meaning():
    terms = markup.terms()
    words = [word for term in terms for word in term.shown_as]
    assert len({term.slug for term in terms}) == len(terms) > 40
    assert len(set(words)) == len(words)
    assert [term.term for term in terms if not term.formula or not all(term.shown_as)] == []
    assert [term.term for term in terms] == sorted((term.term for term in terms), key=str.lower)
