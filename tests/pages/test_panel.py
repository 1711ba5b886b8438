"""Proves that the what-if panel says what the simulation says, moves the right way, and leaves no trace.

The sliders are moved through the widgets themselves, in this process and in a kernel.
"""

import copy
import dataclasses
import hashlib
import math
import re
import subprocess
import sys
from base64 import b64encode

import ipywidgets
import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook, new_output

import nanospread as ns
from nanospread.campaign import brief as briefs
from nanospread.campaign import simulation
from nanospread.core import errors, paths
from nanospread.pages import panel, show
from nanospread.report import gather, html, parameters

NICHES = ("fashion", "beauty", "food", "travel")
SIZE = {"n_worlds": 1_024, "seed": 5}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a small study: forty creators of every tier in four niches, eight posts each.

    Its brief is small enough for a tenth of a second, and under it either arm may lose.
    """
    random, n = np.random.default_rng(3), 40
    roster = pd.DataFrame(
        {
            "creator": [f"creator_{i:02d}" for i in range(n)],
            "niche": [NICHES[i % 4] for i in range(n)],
            "followers": np.geomspace(1_100, 800_000, n).astype(np.int64),
            "as_of": "2026-11-20",
        }
    )
    posts = roster.loc[roster.index.repeat(8), ["creator", "followers"]].reset_index(drop=True)
    level = np.repeat(0.6 * random.standard_normal(n), 8) - 3.5 + 0.5 * random.standard_normal(len(posts))
    likes = np.round(posts["followers"] * np.exp(level)).astype(np.int64) + 1
    days = pd.Timestamp("2026-09-01") + pd.to_timedelta(np.tile(np.arange(8) * 10, n), unit="D")
    posts = posts.assign(post=[f"p{at}" for at in posts.index], posted_at=days, likes=likes, comments=0)
    folder = tmp_path_factory.mktemp("exports")
    roster.to_csv(folder / "creators.csv", index=False)
    posts.drop(columns="followers").to_csv(folder / "posts.csv", index=False)
    return ns.open(folder, budget=900.0, kappa=4.0)


@pytest.fixture(scope="module")
def brief(study):
    return study.brief


@pytest.fixture
def shown(study):
    return panel.what_if(study, **SIZE)


class TestAnswer:
    def test_at_the_briefs_own_settings_it_is_the_campaign_of_the_notebook(self, study):
        own = panel.answer(study, panel.settings(study), **SIZE)
        odds = study.simulate(**SIZE).odds()
        for option, outlook in own.result.options.items():
            for figure in ("p_loss", "profit_p50", "cost_per_order"):
                assert getattr(outlook, figure) == pytest.approx(odds.loc[option, figure], rel=1e-9)
        assert own.result.options["nano_gift"].p_ahead == odds.loc["nano_gift", "p_beats_macro"]
        assert own.result.choice == study.simulate(**SIZE).decision.choice

    def test_odds_and_choice_are_those_of_hand_made_worlds(self, study, monkeypatch):
        """The macro loses 50 in each world but one of four; nano earns 100, or loses 200 in one of 64."""
        n = SIZE["n_worlds"]
        profit = {
            "macro": np.where(np.arange(n) % 4, -50.0, 30.0),
            "nano_gift": np.where(np.arange(n) % 64 == 7, -200.0, 100.0),
        }
        values = simulation.by_world.values(study.brief, study.beliefs, SIZE["seed"], 0, n)
        frames = [made_up(arm, of_arm, briefs.earned_share(values)) for arm, of_arm in profit.items()]
        outcomes = simulation.Outcomes(pd.concat(frames, ignore_index=True), pd.DataFrame(), ())
        monkeypatch.setattr(simulation, "campaign", lambda *_, **__: outcomes)
        found = panel.answer(study, {}, **SIZE)
        nano, macro = found.result.options["nano_gift"], found.result.options["macro"]
        assert (nano.p_ahead, nano.p_loss, macro.p_loss) == (63 / 64, 1 / 64, 48 / 64)
        assert panel.scaling.sentence(found.result).startswith("Choose nano. Of 100 simulated campaigns, ")
        *_, gifted, one = panel.odds(found).data["text/plain"].splitlines()
        assert re.split(r"\s{2,}", one.strip())[:4] == ["one macro", "75", "2", "−50"]
        assert re.split(r"\s{2,}", gifted.strip())[:4] == ["gifted nano", "2", "98", "100"]

    @pytest.mark.parametrize(
        ("name", "value", "arm", "number", "sign"),
        [
            ("kappa", 20.0, "nano_gift", "p_loss", -1),
            ("kappa", 20.0, "macro", "p_loss", -1),
            ("order_value", 90.0, "nano_gift", "profit_mean", 1),
            ("margin", 0.5, "macro", "profit_mean", -1),
            ("budget", 3_000.0, "macro", "profit_p50", -1),
            ("fee_per_follower_macro", 0.03, "macro", "p_loss", 1),
            ("fee_per_follower_macro", 0.03, "nano_gift", "p_ahead", 1),
            ("post_rate_gift", 0.8, "nano_gift", "profit_mean", 1),
            ("post_rate_gift", 0.25, "nano_gift", "p_ahead", -1),
        ],
    )
    def test_each_setting_moves_the_odds_the_right_way(self, study, name, value, arm, number, sign):
        own, moved = (panel.answer(study, given, **SIZE).result.options[arm] for given in ({}, {name: value}))
        assert sign * (getattr(moved, number) - getattr(own, number)) > 0

    def test_an_offer_of_a_fee_compares_the_paid_option(self, study):
        found = panel.answer(study, {"offer": "fee"}, **SIZE)
        assert set(found.result.options) == {"macro", "nano_fee"}
        assert "paid nano" in panel.odds(found).data["text/plain"]

    def test_niches_are_the_first_of_the_brief(self, study):
        found = panel.answer(study, {"niches": 2}, **SIZE)
        assert found.paired.brief.niches == study.brief.niches[:2]

    def test_what_is_left_alone_but_for_rounding_keeps_its_basis_and_source(self, study):
        brief = study.brief
        at = {**panel.settings(study), "rho_campaign": 0.2}
        own = panel.settings(study)["post_rate_fee"]
        found = panel.answer(study, {**at, "post_rate_fee": math.nextafter(own, 1.0)}, **SIZE)
        rows = found.paired.brief.assumptions
        assert {name for name, row in rows.items() if row != brief.assumptions[name]} == {"rho_campaign"}

    @pytest.mark.parametrize(
        ("settings", "line"),
        [
            ({"niches": 0}, "niches must be a whole number from 1 to 4; got 0"),
            ({"niches": 5}, "niches must be a whole number from 1 to 4; got 5"),
            ({"niches": 2.5}, "niches must be a whole number from 1 to 4; got 2.5"),
            ({"budget": 20.0}, "budget must be at least .* got 20.00"),
            ({"rho_campaign": 0.95}, "rho_campaign \\+ rho_niche must be at most 1"),
            ({"kapa": 2.0}, "unknown parameter 'kapa'; did you mean 'kappa'"),
        ],
    )
    def test_a_setting_that_cannot_be_is_one_line(self, study, settings, line):
        with pytest.raises(errors.InputError, match=line) as caught:
            panel.answer(study, settings, **SIZE)
        assert "\n" not in str(caught.value)


def made_up(arm, profit, kept):
    columns = dict.fromkeys(
        ["cost", "reach", "unique_reach", "engagements", "conversions", "posts_live"], 1.0
    )
    frame = pd.DataFrame({"world": np.arange(len(profit)), "arm": arm, "profit": profit, "roi": profit})
    return frame.assign(**columns, revenue=(profit + 1.0) / kept)


class TestCopied:
    def test_lines_for_the_brief_are_read_back_as_the_settings_that_were_shown(self, study, tmp_path):
        at = {"offer": "fee", "niches": 2, "order_value": 61.23456, "budget": 1_200.0}
        text = panel.copied(study, panel.settings(study) | at)
        file = tmp_path / "mine.yaml"
        own = "name: mine\ntitle: Mine\ncurrency: EUR\n"
        file.write_text(own + text, encoding="utf-8")
        read = briefs.read(file)
        assert (read.nano.offer, read.niches, read.budget) == ("fee", NICHES[:2], 1_200.0)
        assert read.value("order_value") == 61.23
        assert "nanospread report" not in text

    def test_what_a_report_takes_as_parameters_is_an_option_too(self, study):
        text = panel.copied(study, {"budget": 1_200.0, "kappa": 5.0})
        assert text.endswith("# or: nanospread report -p budget=1200 -p kappa=5")
        assert set(panel.PARAMETERS) <= parameters.known(parameters.notebooks(paths.NOTEBOOKS)).keys()

    def test_once_results_have_taught_a_set_kappa_is_said_to_ask_for_less(self, study):
        taught = study.changed(order_value=60.0)
        taught.__dict__["beliefs"] = dataclasses.replace(study.beliefs, learned_from={"kappa": "results"})
        assert panel.TAUGHT not in panel.copied(study, {"kappa": 9.0})
        assert panel.TAUGHT in panel.copied(taught, {"kappa": 9.0})
        assert panel.TAUGHT not in panel.copied(taught, {"margin": 0.5})

    def test_a_quote_is_copied_whole_and_nothing_moved_is_nothing_to_copy(self, study):
        quoted = study.changed(macro_followers=80_000, macro_fee=800.0)
        assert "macro: {followers: 80000, fee: 900.0, posts: 1, niche: fashion}" in panel.copied(
            quoted, {"macro_fee": 900.0}
        )
        assert panel.copied(study, panel.settings(study)) == "# all as in the brief"

    @pytest.mark.slow
    def test_the_panel_shows_it_for_where_the_sliders_stand(self, shown):
        shown.controls["kappa"].value = 20.0
        assert "assumptions: {kappa: 20.0}" in shown.copy.value
        shown.reset()
        assert shown.copy.value == "# all as in the brief"


class TestKnobs:
    def test_they_range_over_the_assumptions_and_start_at_what_is_believed(self, study, brief):
        found = {control.name: control for control in panel.controls(study)}
        assert (found["budget"].low, found["budget"].high) == (180.0, 3_600.0)
        assert (found["niches"].low, found["niches"].high) == (1, 4)
        for name in set(found) - {"budget", "niches"}:
            row, start = brief.assumptions[name], found[name].start
            assert (found[name].low, found[name].high) == (row.low, row.high)
            assert start == pytest.approx(row.central, rel=0.1)
        assert set(found) > {"post_rate_gift", "post_rate_fee", "kappa", "rho_campaign"}

    def test_a_quote_is_moved_as_a_fee_and_not_per_follower(self, study):
        quoted = study.changed(macro_followers=80_000, macro_fee=800.0)
        found = {control.name: control for control in panel.controls(quoted)}
        assert "fee_per_follower_macro" not in found
        assert (found["macro_fee"].low, found["macro_fee"].start) == (pytest.approx(400), 800)
        assert found["macro_fee"].high == pytest.approx(2_400)

    def test_what_has_one_value_is_no_knob(self, study):
        assert "niches" not in {control.name for control in panel.controls(study.changed(niches=["food"]))}

    def test_mixed_is_a_choice_only_where_the_brief_makes_that_offer(self, study):
        mixed = panel.what_if(study.changed(offer="mixed"), **SIZE)
        assert mixed.controls["offer"].options == ("gift", "fee", "mixed")
        assert "nano_mixed" in mixed.answer.result.options
        assert panel.what_if(study, **SIZE).controls["offer"].options == ("gift", "fee")


class TestPanel:
    @pytest.mark.slow
    def test_moving_a_slider_answers_with_the_settings_as_they_stand(self, study, shown):
        shown.controls["kappa"].value = 20.0
        shown.controls["niches"].value = 1
        expected = panel.answer(study, {"kappa": 20.0, "niches": 1}, **SIZE)
        assert shown.answer.result == expected.result
        for said in (panel.scaling.sentence(expected.result), panel.odds(expected).data["text/html"]):
            assert said in shown.shown.value

    @pytest.mark.slow
    def test_an_answer_comes_before_its_picture_and_what_scales_needs_no_run(self, shown, monkeypatch):
        later, runs = [], []
        monkeypatch.setattr(panel, "_later", lambda step: later.append(step))
        monkeypatch.setattr(panel, "supposed", lambda *_, n_worlds, **__: runs.append(n_worlds) or shown._own)
        shown.controls["kappa"].value = 20.0
        assert panel.scaling.sentence(shown.answer.result) in shown.shown.value
        assert "<img" not in shown.shown.value
        later.pop()()
        assert "<img" in shown.shown.value
        assert runs == []
        shown.controls["budget"].value = 1_200.0
        later.pop()()
        assert runs == [panel.QUICK, SIZE["n_worlds"]]

    @pytest.mark.slow
    def test_a_drag_queues_nothing_and_a_reset_answers_once(self, shown, monkeypatch):
        sliders = [c for name, c in shown.controls.items() if name != "offer"]
        assert not any(slider.continuous_update for slider in sliders)
        shown.controls["kappa"].value = 20.0
        shown.controls["offer"].value = "fee"
        calls = []
        own = panel.settings(shown._study)
        moved = panel.changes
        monkeypatch.setattr(panel, "changes", lambda study, at: calls.append(at) or moved(study, at))
        next(c for c in shown.box.children if isinstance(c, ipywidgets.Button)).click()
        assert calls == [own, own]  # at once, and then with the picture

    def test_a_budget_below_the_macro_s_quote_is_an_answer(self, study):
        quoted = study.changed(macro_followers=80_000, macro_fee=800.0)
        shown = panel.what_if(quoted, **SIZE)
        shown.controls["budget"].value = 500.0
        assert shown.problem is None
        assert "The macro is out of reach of this budget; " in shown.shown.value
        assert "one macro" not in shown.shown.value

    def test_an_impossible_setting_shows_its_line_and_the_way_back_works(self, study):
        quoted = study.changed(macro_followers=80_000, macro_fee=800.0)
        shown = panel.what_if(quoted, **SIZE)
        before = shown.shown.value
        shown.controls["niches"].value, shown.controls["rho_campaign"].max = 2, 0.95
        shown.controls["rho_campaign"].value = 0.95
        assert shown.answer is None
        assert "rho_campaign + rho_niche must be at most 1" in shown.shown.value
        assert "<img" not in shown.shown.value
        assert "Traceback" not in shown.shown.value
        shown.reset()
        assert (shown.problem, shown.shown.value) == (None, before)

    def test_an_error_is_escaped(self, shown, monkeypatch):
        def refuse(*_, **__):
            raise errors.InputError("<script>alert(1)</script>")

        monkeypatch.setattr(panel, "changes", refuse)
        shown.controls["kappa"].value = 20.0
        assert "&lt;script&gt;" in shown.shown.value
        assert "<script" not in shown.shown.value

    def test_only_the_post_rate_of_the_offer_can_be_moved(self, shown):
        hidden = [name for name, control in shown.controls.items() if control.layout.display == "none"]
        assert hidden == ["post_rate_fee"]
        shown.controls["offer"].value = "fee"
        hidden = [name for name, control in shown.controls.items() if control.layout.display == "none"]
        assert hidden == ["post_rate_gift"]

    def test_everything_to_move_says_what_it_is_and_the_picture_has_its_words(self, shown):
        for control in shown.controls.values():
            assert control.description
            assert getattr(control, "tooltip", None) or all(control.tooltips)
        alt = re.search(r'<img alt="([^"]+)"', shown.shown.value)
        assert alt[1].startswith(panel.scaling.title(shown.answer.result))

    def test_without_a_front_end_it_is_the_table_with_its_data_and_no_widget_is_made(self, shown):
        data, _ = shown._repr_mimebundle_()
        assert set(data) == {"text/html", show.TABLE, panel.scaling.DATA, "text/plain"}
        assert "In JupyterLab these settings can be moved: gift or fee, sales level," in data["text/plain"]
        assert "box" not in vars(shown)
        assert shown._repr_mimebundle_()[0] == data

    def test_what_a_report_keeps_stays_the_briefs_however_the_sliders_stand(self, shown):
        before = shown.still()
        shown.controls["kappa"].value = 20.0
        assert shown.still() == before


def test_in_the_report_it_is_a_table_and_one_script_that_the_policy_names(study):
    data, metadata = panel.what_if(study, **SIZE, live=True)._repr_mimebundle_()
    assert panel.VIEW in data
    output = new_output("execute_result", data, metadata=metadata)
    book = new_notebook(cells=[new_code_cell("panel", outputs=[output], execution_count=1)])
    source = parameters.Notebook("00_what", "", ())
    report = html.Report("sample", "2026-W47", "Autumn", (), (gather.page("00_what", book),), (), ())
    text = html.notebook_page(book, source, {}, report)
    (script,) = re.findall("<script>(.*?)</script>", text, re.DOTALL)
    assert script == (html.TEMPLATE / "what_if.js").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'; " in text
    assert len(re.findall('<input type="range"', text)) == 4
    assert "four times" in text
    assert data[panel.VIEW]["model_id"] not in text
    book.cells[0].outputs[0].data.pop(panel.scaling.DATA)
    plain = html.notebook_page(book, source, {}, report)
    assert "script" not in plain.split("</style>")[1] + plain.split("<style>")[0]


SETUP = "import nanospread as ns\nstudy = ns.open(budget=900.0)"
SHOW = "shown = ns.panel.what_if(study, n_worlds=256, seed=5)\nshown"
MOVE = """
before = shown.shown.value
shown.controls["kappa"].value = 45.0
said = ns.pages.what_if.sentence(shown.answer.result)
print(said not in before and said in shown.shown.value)
"""


def ran(*sources, front_end=False):
    """Return a notebook of these cells, executed in a kernel; as a front end asks, or as a program does."""
    book = new_notebook(cells=[new_code_cell(source) for source in sources])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    client = NotebookClient(book, timeout=120, record_timing=False)
    with client.setup_kernel():
        client.kc.session.metadata = {"cellId": "a1"} if front_end else {}
        for number, cell in enumerate(book.cells):
            client.execute_cell(cell, number)
        client.set_widgets_metadata()
    return book


@pytest.mark.slow
def test_in_a_live_kernel_the_sliders_are_shown_and_moving_one_changes_the_verdict():
    book = ran(SETUP, SHOW, MOVE, front_end=True)
    (out,) = book.cells[1].outputs
    assert {panel.VIEW, "text/html", show.TABLE, panel.scaling.DATA, "text/plain"} == set(out.data)
    state = book.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    box = state[out.data[panel.VIEW]["model_id"]]
    assert box["model_name"] == "VBoxModel"
    assert book.cells[2].outputs[0].text == "True\n"


@pytest.mark.slow
def test_an_executed_notebook_is_the_same_each_time_and_nbval_sees_its_numbers_move(tmp_path):
    first, second = (ran(SETUP, SHOW) for _ in range(2))
    assert first.cells[1].outputs == second.cells[1].outputs
    assert panel.VIEW not in first.cells[1].outputs[0].data
    assert "widgets" not in first.metadata
    moved = copy.deepcopy(first.cells[1])
    moved.id = "moved"
    plain = moved.outputs[0].data
    plain["text/plain"] = plain["text/plain"].replace("four times", "five times")
    first.cells.append(moved)
    nbformat.write(first, tmp_path / "moved.ipynb")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", "-p", "no:xdist",
         "-c", str(paths.ROOT / "pyproject.toml"), "--rootdir", str(paths.ROOT),
         "-o", f"addopts=--nbval-current-env --nbval-sanitize-with={paths.ROOT}/tests/nbval_sanitize.cfg",
         str(tmp_path / "moved.ipynb")],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert run.stdout.startswith("..F"), run.stdout[-2000:]  # two cells that hold, and the moved one
