"""Proves that the script of the page answers as the package does, over 200 settings, and prints alike."""

import json
import math
import shutil
import subprocess
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from nanospread.campaign import brief as briefs
from nanospread.campaign import what_if
from nanospread.campaign.what_if import UNCHANGED, Factors
from nanospread.pages import labels
from nanospread.pages import what_if as page
from nanospread.report import html

NODE = shutil.which("node")
SCRIPT = (html.TEMPLATE / "what_if.js").read_text(encoding="utf-8")
ASKED = """
const { data, settings } = JSON.parse(require("fs").readFileSync(0, "utf8")), held = campaigns(data);
const before = played(held, { sales: 1, order_value: 1, margin: 1, quote: 1 });
const answers = settings.map(moved => {
  const found = anchored(data.own, before, played(held, moved));
  for (const each of Object.values(found)) delete each.profit;
  return { found: found, ...decided(held, anchored(data.own, before, played(held, moved))) };
});
console.log(JSON.stringify({ answers, written: [0, 0.004, 0.295, 0.996].map(formats.of_100),
  money: [0, 4254.2, -0.0347, 12.6, 1234567].map(two), shares: [0.6, 0.045].map(formats.percent) }));
"""


def worlds(n, *, seed, sd=(0.8, 1.3)):
    """Return made-up worlds of nano and a macro, either of which may lose, with heavy tails."""
    random, rows = np.random.default_rng(seed), []
    for arm, mean, spread in (("nano_gift", 7_000.0, sd[0]), ("macro", 7_500.0, sd[1])):
        earned = mean * np.exp(spread * random.standard_normal(n) - spread**2 / 2)
        cost = np.full(n, 4_000.0) if arm == "macro" else 4_950 + 30 * random.random(n)
        row = {"arm": arm, "world": np.arange(n), "cost": cost, "profit": earned - cost}
        rows.append(pd.DataFrame({**row, "conversions": np.round(earned / 39), "posts_live": 40.0}))
    return pd.concat(rows)


QUOTES = {"the budget buys it": {}, "a quote": {"macro_followers": 400_000, "macro_fee": 4_000.0}}


def content(brief, frame):
    """Return what a page holds; of a study it asks only the brief and the beliefs."""
    study = SimpleNamespace(brief=brief, basis="estimated", beliefs=SimpleNamespace(names=()))
    return page.held(study, paired(brief, frame))


def paired(brief, frame):
    """Return the campaigns, of which codes and commissions take a different share each."""
    n = frame["world"].nunique()
    kept = np.tile(np.linspace(0.9, 0.5, 100), n // 100 + 1)[:n]
    frame = frame.assign(revenue=(frame["profit"] + frame["cost"]) / np.tile(kept, len(frame) // n))
    return what_if.paired(frame, brief, "nano_gift", margin=1.0, earned=kept)


def asked(brief, frame, settings):
    held = content(brief, frame)
    question = json.dumps({"data": held, "settings": [moved._asdict() for moved in settings]})
    program = "const document = { querySelectorAll: () => [] };" + SCRIPT + ASKED
    run = subprocess.run([NODE, "-e", program], input=question, capture_output=True, text=True, check=True)
    return held, json.loads(run.stdout)


@pytest.mark.slow
@pytest.mark.skipif(NODE is None, reason="no node here; the browser test asks the same script in Chromium")
@pytest.mark.parametrize("quote", QUOTES)
def test_over_100_settings_of_each_kind_the_script_answers_as_the_package(quote):
    brief, frame = briefs.changed(briefs.read("sample"), **QUOTES[quote]), worlds(4_000, seed=1)
    held = paired(brief, frame)
    uniforms = np.random.default_rng(5).random((100, 4))
    settings = [UNCHANGED, *(Factors(*(0.25 * 16**u)) for u in uniforms)]
    _, told = asked(brief, frame, settings)
    reasons = set()
    for moved, answer in zip(settings, told["answers"], strict=True):
        expected = held.answer(moved)
        assert answer["out_of_reach"] == expected.out_of_reach
        for name, outlook in expected.options.items():
            for figure, value in outlook._asdict().items():
                if math.isfinite(value):
                    room = {"abs": 1e-3} if figure.startswith("p_") else {"rel": 1e-4, "abs": 2.0}
                    assert answer["found"][name][figure] == pytest.approx(value, **room), (moved, figure)
        made = (answer["choice"], answer["reason"], answer["clear"])
        assert made == (expected.choice, expected.reason, expected.clear)
        reasons.add(expected.reason)
    assert reasons >= {"pays", "loses", "too risky"}
    own = held.answer()
    for name, outlook in own.options.items():  # unmoved it is the report's own, to the last digit
        finite = {figure: value for figure, value in outlook._asdict().items() if math.isfinite(value)}
        assert {figure: told["answers"][0]["found"][name][figure] for figure in finite} == finite
    assert told["written"] == [labels.FORMATS["of_100"](p) for p in (0, 0.004, 0.295, 0.996)]
    assert told["money"] == [labels.FORMATS["two"](x) for x in (0, 4254.2, -0.0347, 12.6, 1234567)]
    assert told["shares"] == ["60%", "4.5%"]


@pytest.mark.skipif(NODE is None, reason="no node here")
def test_of_a_larger_run_the_page_holds_a_part_and_still_starts_at_the_figures_of_all():
    brief, frame = briefs.read("sample"), worlds(12_000, seed=2)
    data, told = asked(brief, frame, [UNCHANGED])
    assert data["n"] == page.HELD
    assert told["answers"][0]["found"]["macro"]["p_loss"] == data["own"]["macro"]["p_loss"]
    assert data["own"]["macro"]["p_loss"] == pytest.approx(
        (frame["profit"] < 0)[frame["arm"] == "macro"].mean()
    )
    assert len(json.dumps(data)) < 120_000


def test_a_page_has_a_title_for_whatever_may_be_chosen():
    titles = content(briefs.read("sample"), worlds(64, seed=1))["titles"]
    assert titles["nano_gift|pays|true|false"] == "Choose nano"
    assert {key.split("|")[1] for key in titles} == {"pays", "safer", "too risky", "loses"}
