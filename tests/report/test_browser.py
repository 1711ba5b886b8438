"""Proves in real Chromium that each page asks the network for nothing, is accessible and fits its screen."""

import json
import os
import re
from pathlib import Path

import pytest

import browser as pages
from browser import AS_USUAL, LOOKS, OPEN_ALL, RULES, SCREENS, TOO_WIDE, noise, violations, watched
from nanospread.pages import _style as style
from nanospread.pages import labels

pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = pytest.mark.slow
CONTRAST = RULES | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}  # all that the dark changes
WIDTHS = (360, 768, 1440)
WHAT_IF = f"{pages.OWN}/04_one_macro_or_many_nano.html"
FIGURES = [page for page in pages.REPORT if "/0" in page]
CLOSE_ALL = """document.querySelectorAll('details').forEach(each => { each.open = false });
document.activeElement.blur(); scrollTo(0, 0)"""
PAPER, LANDSCAPE = 680, 1009  # [px] between the margins of A4
CONTROLS = "a[href], summary, button, input, select, [tabindex='0']"
INK = ["MACRO", "NANO", "DARK"]  # the colours that figures write words in

chromium = pytest.fixture(scope="module")(pages.chromium)


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    return pages.reports(tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="module")
def tabs(chromium, out):
    """Return a function that opens a page in a context of its own, once."""
    kept = {}

    def tab(name, script=True):
        if (name, script) not in kept:
            page = watched(chromium.new_context(java_script_enabled=script).new_page())
            page.goto((out / name).as_uri())
            kept[name, script] = page
        return kept[name, script]

    yield tab
    for page in kept.values():
        page.context.close()


@pytest.fixture
def opened(tabs):
    """Return a function that brings a page back to how a reader opens it, on this screen."""

    def open_page(name, *, size=(1440, 900), scheme="light", media="screen"):
        page = tabs(name)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=scheme, media=media)
        page.evaluate(CLOSE_ALL)
        return page

    return open_page


def test_the_instruments_see_what_they_look_for(chromium, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<header style='padding-top:500px'><p class=verdict>Late</p></header><p style='color:#bbb'>pale"
        "<img src='http://127.0.0.1:9/x.png'><div class=scroll style='width:100px;overflow:auto'>"
        "<div style='width:2000px'>wide</div></div><script>console.log('said')</script>"
    )
    found = pages.measured(chromium, bad)
    assert {"color-contrast", "image-alt"} <= {rule for rule, _ in found["axe light"]}
    assert "http://127.0.0.1:9/x.png" in found["requests"]
    assert "console: said" in found["console"]
    assert {*pages.faults(found | {"bytes": 2_000_000})} == {*found}


@pytest.mark.parametrize("name", [pages.REPORT[0]])
def test_a_page_of_the_sample_meets_every_goal_that_is_measured(chromium, out, name):
    found = pages.measured(chromium, out / name)
    assert pages.faults(found) == [], found


@pytest.mark.skipif("WHOLE" not in os.environ, reason="runs all notebooks twice; make whole")
@pytest.mark.parametrize("kind", pages.OTHER_BRIEFS)
def test_the_pages_of_other_briefs_meet_every_goal_too(chromium, tmp_path, kind):
    folder = pages.other_report(kind, tmp_path)
    found = {page.stem: pages.measured(chromium, page) for page in sorted(folder.glob("[0-9i]*.html"))}
    assert {name: pages.faults(each) for name, each in found.items() if pages.faults(each)} == {}


@pytest.mark.parametrize("name", pages.PAGES)
def test_no_request_no_console_message_and_no_axe_violation(opened, name):
    page = opened(name)
    page.evaluate(OPEN_ALL)
    assert violations(page) == []
    assert noise(page) == []


@pytest.mark.parametrize("name", pages.TEMPLATES)
def test_the_dark_asks_for_nothing_either_and_keeps_the_contrast(opened, name):
    page = opened(name, scheme="dark")
    page.evaluate(OPEN_ALL)
    assert violations(page, CONTRAST) == []
    assert noise(page) == []


@pytest.mark.parametrize("look", ["print", "forced"])
@pytest.mark.parametrize("name", pages.TEMPLATES)
def test_paper_and_the_reader_s_own_colours_are_as_accessible(tabs, name, look):
    page = tabs(name)
    page.emulate_media(**AS_USUAL | LOOKS[look])
    assert violations(page, pages.ON_PAPER if look == "print" else RULES) == []
    page.emulate_media(**AS_USUAL)


@pytest.mark.parametrize("name", pages.PAGES)
def test_nothing_is_wider_than_the_screen_also_with_everything_open(opened, name):
    page = opened(name)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for step in ("1", OPEN_ALL):
            page.evaluate(step)
            assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", pages.TEMPLATES)
def test_without_javascript_the_page_is_the_same_and_details_open(opened, tabs, name):
    with_script, without = opened(name), tabs(name, script=False)
    without.set_viewport_size({"width": 1440, "height": 900})
    sliders = "document.querySelectorAll('.what-if').forEach(each => { each.hidden = %s })"
    with_script.evaluate(sliders % "true")  # without script the table by sales level stands alone
    assert without.inner_text("body") == with_script.inner_text("body")
    with_script.evaluate(sliders % "false")
    assert without.locator("link, iframe, form, object").count() == 0
    closed = without.locator("details:not([open]) > summary:visible")
    if closed.count():
        before = closed.count()
        closed.first.click()
        assert closed.count() == before - 1


@pytest.mark.parametrize("name", pages.TEMPLATES)
def test_the_tab_key_reaches_every_control_and_shows_where_it_is(opened, name):
    page = opened(name)
    controls = page.evaluate(
        f"""() => {{ window.all = [...document.querySelectorAll("{CONTROLS}")].filter(
            each => each.checkVisibility()); return window.all.length }}"""
    )
    reached = set()
    for _ in range(controls):
        page.keyboard.press("Tab")
        place, outline = page.evaluate(
            """() => { const at = document.activeElement;
            return [window.all.indexOf(at), getComputedStyle(at).outlineStyle] }"""
        )
        assert outline != "none"
        reached.add(place)
    assert reached == set(range(controls))


def test_the_what_if_starts_at_the_report_s_figures_and_answers_the_keyboard(opened, tabs, out):
    page = opened(WHAT_IF)
    page.reload()
    metrics = json.loads((out / pages.OWN / "metrics.json").read_text(encoding="utf-8"))["metrics"]
    for option in ("nano_gift", "macro"):
        for figure in ("p_loss", "profit_p50", "profit_mean"):
            shown = page.inner_text(f"[data-option={option}][data-figure={figure}]")
            assert shown == labels.writer(figure)(metrics[f"{figure}_{option}"]["value"]), figure
    losses = "[data-option=macro][data-figure=p_loss]"
    before = int(page.inner_text(losses))
    page.focus("#try-sales")
    for _ in range(50):
        page.keyboard.press("ArrowRight")
    assert int(page.inner_text(losses)) < before
    assert page.get_attribute("#try-sales", "aria-valuetext").endswith(" orders per nano post")
    page.get_by_text("one macro loses money in").wait_for(state="attached")
    assert f"one macro loses money in {page.inner_text(losses)}." in page.inner_text("[role=status]")
    page.click(".what-if button")
    assert int(page.inner_text(losses)) == before
    assert not tabs(WHAT_IF, script=False).locator(".what-if").is_visible()


def test_every_page_is_under_1_mb_and_the_indexes_under_200_kb(out):
    sizes = {str(path.relative_to(out)): path.stat().st_size for path in out.rglob("*.html")}
    assert set(pages.PAGES) <= set(sizes)
    assert max(sizes.values()) < 1_000_000
    assert max(size for name, size in sizes.items() if name.endswith("index.html")) < 200_000


@pytest.mark.parametrize("name", pages.TEMPLATES)
def test_the_first_paint_waits_for_nothing_but_the_page(opened, name):
    page = opened(name)
    assert page.locator("script[src], link").count() == 0
    assert page.evaluate(
        "performance.getEntriesByType('resource').filter(each => !each.name.startsWith('data:')).length"
    ) == 0  # fmt: skip


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", [page for page in pages.REPORT if "glossary" not in page])
def test_the_first_screen_of_every_page_holds_its_answer_and_what_it_rests_on(opened, name, screen):
    width, height = SCREENS[screen]
    page = opened(name, size=(width, height))
    box = page.locator("header p.verdict").bounding_box()
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= height / 2
    evidence = page.locator("main p, main figure").first.bounding_box()
    assert evidence["y"] + 40 <= height


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", pages.REPORT)
def test_no_table_that_stands_open_is_cut_off(opened, name, width):
    page = opened(name, size=(width, 844))
    seen = page.locator(".scroll:visible").evaluate_all(TOO_WIDE)
    assert seen == []


@pytest.mark.parametrize("name", FIGURES)
def test_words_of_a_figure_are_eleven_pixels_on_a_phone_where_it_has_a_drawing_for_it(opened, name):
    page = opened(name, size=(360, 740))
    page.evaluate(OPEN_ALL)
    page.evaluate("Promise.all([...document.images].map(each => each.decode()))")  # else of another drawing
    shown = page.locator("figure.chart:has(source) img").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().width / each.naturalWidth)"
    )
    assert min(shown, default=1) * style.PHONE_TEXT * style.SMALL * 96 / 72 >= 11


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_its_finding_as_alt_text_and_its_numbers_behind_details(opened, name):
    page = opened(name)
    figures = page.locator("figure.chart").all()
    assert figures
    for figure in figures:
        alt = figure.locator("img").get_attribute("alt")
        assert len(alt) > 40
        if "An empty figure" in alt:
            continue
        behind = figure.locator("xpath=following-sibling::*[1][self::details]")
        assert behind.locator("tbody tr").count() >= 1
        assert figure.locator("figcaption .basis").count() >= 1


def test_terms_lead_to_the_glossary_once_on_a_page(opened):
    glossary = opened(f"{pages.OWN}/glossary.html")
    known = {each.get_attribute("id") for each in glossary.locator(".terms > div").all()}
    for name in pages.REPORT:
        page = opened(name)
        found = page.eval_on_selector_all("a.term", "all => all.map(each => each.getAttribute('href'))")
        slugs = [href.removeprefix("glossary.html#") for href in found]
        assert len(slugs) == len(set(slugs))
        assert set(slugs) <= known
        assert slugs or name.endswith("glossary.html")


def test_in_the_dark_a_figure_stands_on_its_card_and_its_words_have_the_contrast_of_aa(opened):
    page = opened(FIGURES[0], scheme="dark")
    filtered = page.evaluate("getComputedStyle(document.querySelector('.chart img')).filter")
    card = page.evaluate("getComputedStyle(document.querySelector('.chart')).backgroundColor")
    shown = page.evaluate(
        """([inks, filter]) => { const brush = document.createElement("canvas").getContext("2d");
        brush.filter = filter; return inks.map(ink => { brush.fillStyle = ink; brush.fillRect(0, 0, 9, 9);
        return [...brush.getImageData(4, 4, 1, 1).data.slice(0, 3)] }) }""",
        [[*(getattr(style, ink) for ink in INK), "#ffffff"], filtered],
    )
    ground = [int(part) for part in re.findall(r"\d+", card)][:3]
    assert all(
        white <= own for white, own in zip(shown.pop(), ground, strict=True)
    )  # lighten: the card's wins
    for ink, seen in zip(INK, shown, strict=True):
        words = [max(a, b) for a, b in zip(seen, ground, strict=True)]
        assert (luminance(words) + 0.05) / (luminance(ground) + 0.05) >= 4.5, ink


def luminance(colour) -> float:
    parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("name", pages.REPORT)
def test_on_paper_everything_is_open_black_on_white_and_nothing_overflows(opened, name):
    page = opened(name, size=(PAPER, 1000), scheme="dark", media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    links = page.eval_on_selector_all("main a", "all => all.map(each => getComputedStyle(each).color)")
    assert set(links) <= {"rgb(0, 0, 0)", "rgb(68, 68, 68)"}
    closed = "all => all.filter(each => !each.checkVisibility()).length"
    assert page.eval_on_selector_all("details:not(.code) table, details dl", closed) == 0
    assert (
        page.locator("tbody tr").count() == 0
        or page.evaluate("getComputedStyle(document.querySelector('tbody tr')).breakInside") == "avoid"
    )
    for width, tables in ((PAPER, ":not(:has(th:nth-child(11)))"), (LANDSCAPE, ":has(th:nth-child(11))")):
        page.set_viewport_size({"width": width, "height": 1000})
        assert page.eval_on_selector_all(f".scroll{tables}", TOO_WIDE) == []


def test_the_report_prints_on_upright_pages_and_wide_tables_on_broad_ones(opened):
    paper = opened(f"{pages.OWN}/07_shortlist.html", media="print").pdf(prefer_css_page_size=True)
    boxes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox \[0 0 ([\d. ]+)\]", paper)}
    assert {(round(width), round(height)) for width, height in boxes} == {(595, 842), (842, 595)}
