"""Reads every page as a reader does: plain words, short sentences, nothing said twice, no machine name.

The pages are those of the stored notebooks, which nbval compares with real runs; with WHOLE=1 also those of a
brief in which the macro wins and of a tiny data set, which are run.
"""

import os
import re
from datetime import UTC, datetime
from html import unescape

import pytest

import browser
from nanospread.pages import labels
from nanospread.report import weekly

BANNED = re.compile(
    r"\b(arms?|worlds?|kappa|nought|beside|at macro|hangs on|stands with|told|cvar|the brief)\b",
    re.IGNORECASE,
)
ASIDE = "|".join(rf"<{tag}\b.*?</{tag}>" for tag in ("details", "style", "script", "code", "head", "nav"))
END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")
MOST_WORDS, MOST_TITLE = 30, 80


def paragraphs(html: str) -> list[str]:
    """Return what a reader sees in paragraphs and captions, code and folds aside."""
    bare = html
    while (less := re.sub(ASIDE, " ", bare, flags=re.DOTALL)) != bare:
        bare = less
    found = re.findall(
        r"<(?:p|figcaption|h1|h2|h3|li)\b[^>]*>(.*?)</(?:p|figcaption|h1|h2|h3|li)>", bare, re.DOTALL
    )
    return [" ".join(unescape(re.sub("<[^>]*>", "", text)).split()) for text in found]


def titles(html: str) -> list[str]:
    """Return the findings over the figures: the first sentence of each alt text."""
    return [END.split(unescape(alt))[0].rstrip(".") for alt in re.findall(r'<img alt="([^"]*)"', html)]


def faults(html: str) -> list[str]:
    """Return what a page says that it should not say so."""
    said = paragraphs(html)
    sentences = [sentence for text in said for sentence in END.split(text)]
    names = re.compile(rf"{labels.MACHINE.pattern}")
    long = [f"long: {s}" for s in sentences if len(s.split()) > MOST_WORDS]
    twice = [f"twice: {s}" for s in set(sentences) if len(s.split()) > 5 and sentences.count(s) > 1]
    wide = [f"title: {t}" for t in titles(html) if len(t) > MOST_TITLE]
    words = [f"word {m[0]!r}: {s}" for s in [*sentences, *titles(html)] if (m := BANNED.search(s))]
    machine = [f"name {m!r}" for s in [*said, *titles(html)] for m in names.findall(s) if known(m)]
    return [*long, *twice, *wide, *words, *machine]


def known(name: str) -> bool:
    """Return whether a name is one of ours; creators' handles may look alike."""
    return name in labels.labels()


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    out = tmp_path_factory.mktemp("read")
    started = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
    weekly.report(week=browser.WEEK, started=started, out=out, executor=browser.Stored())
    return out / browser.OWN


def test_the_front_page_says_each_sentence_and_each_of_its_odds_once(sample):
    html = re.sub(
        r"<details\b.*?</details>", " ", (sample / "index.html").read_text("utf-8"), flags=re.DOTALL
    )
    said = [sentence for text in paragraphs(html.replace("<nav", "<div")) for sentence in END.split(text)]
    assert len(said) > 20
    assert [each for each in set(said) if said.count(each) > 1] == []
    words = re.sub("<[^>]*>", "", html)
    (losing,) = re.findall(r'row">loses money, of 100</th>(.*?)</tr>', html)
    for odds in re.findall(r">([^<]+)</td>", losing):
        assert f"loses money in {odds} of 100" not in words
        assert f"money in {odds}" not in words
    mail = (sample / "mail.txt").read_text("utf-8")
    assert " ".join(mail.split()).count("rows can be used") == 1


READ = ["index", "glossary", *browser.NOTEBOOKS[1:]]


@pytest.mark.parametrize("name", READ)
def test_a_page_of_the_sample_speaks_plainly(sample, name):
    assert faults((sample / f"{name}.html").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("<p>Kappa decides.</p>", "word 'Kappa'"),
        ("<p>Nano wins by p_loss.</p>", "name 'p_loss'"),
        ('<img alt="profit_p50 rises. A line.">', "name 'profit_p50'"),
        (f"<p>{'very ' * 31}long.</p>", "long"),
        ("<p>Nano earns more than the macro does. Nano earns more than the macro does.</p>", "twice"),
        (f'<img alt="{"x" * 81}. A line.">', "title"),
    ],
)
def test_each_fault_is_found(said, fault):
    assert faults(said)[0].startswith(fault)
    assert faults(f"<details>{said.replace('<img', '<i')}</details><p>Nano wins.</p>") == []


@pytest.mark.skipif("WHOLE" not in os.environ, reason="runs all notebooks twice; make whole")
@pytest.mark.parametrize("kind", browser.OTHER_BRIEFS)
def test_pages_of_other_briefs_speak_plainly(tmp_path, kind):
    folder = browser.other_report(kind, tmp_path)
    found = {page.stem: faults(page.read_text(encoding="utf-8")) for page in folder.glob("[0-9i]*.html")}
    assert {name: each for name, each in found.items() if each} == {}
