"""Proves that the first use of each term links to its meaning, and that nothing else is touched."""

import re

import pytest

from nanospread.pages.labels import Label
from nanospread.report import markup

REACH = Label("reach", "reach", "people", "", "accounts that saw a post")
ER = Label("er", "ER", "%", "", "engagements / followers")
KNOWN = (REACH, ER)


def linked(html):
    return markup.glossary_linked(html, KNOWN)


def test_the_first_use_is_linked_and_the_next_ones_are_not_whatever_the_word():
    assert linked("<p>The ER, or several ERs, and the ER</p>") == (
        '<p>The <a class="term" href="glossary.html#er">ER</a>, or several ERs, and the ER</p>'
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
    wide = Label("unique_reach", "unique reach", "", "", "people reached at least once")
    assert 'href="glossary.html#unique-reach">unique reach</a>' in markup.glossary_linked(
        "<p>unique reach</p>", (REACH, wide)
    )


def test_only_links_are_added():
    html = "<p>ER &amp; reach &lt;b&gt;</p><table><tr><th>reach</th><td>ER</td></tr></table>"
    assert re.sub(r"</?a\b[^>]*>", "", linked(html)) == html


def test_every_term_has_a_place_and_words_of_its_own():
    terms = markup.terms()
    assert len({markup.slug(term.name) for term in terms}) == len(terms) > 40
    assert len({term.label for term in terms}) == len(terms)
    assert [term.label for term in terms] == sorted((term.label for term in terms), key=str.casefold)
