"""Paired campaigns -> what other settings come to: a table by sales level, and what a page's sliders hold.

The page answers by itself (report/template/what_if.js): it holds the campaigns, the figures of the report at
the plan's own settings, and every word that it may have to say.
"""

import json
import math
from base64 import b64encode
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from nanospread.campaign import risk
from nanospread.campaign.risk.batches import widening
from nanospread.campaign.sensitivity import NOTHING
from nanospread.campaign.what_if import Factors, PairedCampaigns, WhatIfResult
from nanospread.core.estimates import SURE
from nanospread.core.formatting import hundredths
from nanospread.core.types import Floats
from nanospread.pages import show, verdict
from nanospread.pages.labels import label
from nanospread.study import Study

HELD = 10_000  # campaigns at most in a page: 80 kB, and loss odds within half a point
MOST = 65_535  # of 16 bits
DIGITS = 9  # of a number in a page
DATA = "text/vnd.nanospread.what_if"
LEVELS = {
    0.25: "a quarter of that",
    0.5: "half of that",
    1.0: "as expected",
    2.0: "twice that",
    4.0: "four times",
}
FIGURES = {"p_loss": "of_100", "p_ahead": "of_100", "profit_p50": "two", "profit_mean": "two"}
FIGURES |= {"cost_per_order": "two", "earned_per_order": "two"}


@dataclass(frozen=True)
class Slider:
    """A number by which campaigns are scaled: its field of `Factors`, its start, and between what it moves.

    setting: its name among assumptions and fields of the brief.
    """

    field: str
    setting: str
    start: float
    low: float
    high: float


def sliders(study: Study) -> tuple[Slider, ...]:
    """Return what can be scaled: what has a range, each from the middle of what is believed of it."""
    quote = study.brief.macro.fee
    names = dict(
        zip(Factors._fields, ("kappa", "order_value", "margin", "fee_per_follower_macro"), strict=True)
    )
    every = []
    for field, name in names.items():
        row, beliefs = study.brief.assumptions[name], study.beliefs
        start = float(np.median(beliefs.column(name))) if name in beliefs.names else row.central
        slider = Slider(field, name, start, min(row.low, start), max(row.high, start))
        if field == "quote" and quote:
            low, high = (quote * end / row.central for end in (row.low, row.high))
            slider = Slider(field, "macro_fee", quote, low, high)
        every.append(slider)
    return tuple(slider for slider in every if 0 < slider.low < slider.high)


def title(answer: WhatIfResult) -> str:
    """Return what to buy in a few words."""
    return verdict.chosen(answer.choice, answer.reason, answer.clear, answer.out_of_reach)


def sentence(answer: WhatIfResult) -> str:
    """Return what to buy, and how often each option loses money."""
    losses = [f"{label(name)} loses money in {hundredths(o.p_loss)}" for name, o in answer.options.items()]
    return f"{title(answer)}. Of 100 simulated campaigns, {', '.join(losses)}."


def sales_table(paired: PairedCampaigns, basis: str) -> show.Output:
    """Return what to buy if posts sell better or worse than expected."""
    rows = []
    for level, words in LEVELS.items():
        answer = paired.answer(Factors(sales=level))
        nano, macro = (answer.options.get(name) for name in (paired.nano, risk.RIVAL))
        assert nano is not None
        rows.append(
            {
                "sales": words,
                "cost_per_order_nano": nano.cost_per_order,
                "p_loss_nano": nano.p_loss,
                "p_loss_macro": macro.p_loss if macro else math.nan,
                "p_beats_macro": nano.p_ahead,
                "choice": title(answer),
            }
        )
    caption = (
        f"What if posts sell better or worse? Of 100 simulated campaigns; money in {paired.brief.currency}"
    )
    return show.table(pd.DataFrame(rows), caption, basis=basis, name="sales_level")


def still(study: Study, paired: PairedCampaigns) -> show.Output:
    """Return the table, and beside it what a page's script needs to answer by itself."""
    table = sales_table(paired, study.basis)
    data = _rounded(held(study, paired))
    return show.Output({**table.data, DATA: json.dumps(data, allow_nan=False)})


def _rounded(data: Any) -> Any:
    """Return data without the digits in which one processor differs from another."""
    if isinstance(data, dict):
        return {name: _rounded(each) for name, each in data.items()}
    if isinstance(data, list | tuple):
        return [_rounded(each) for each in data]
    return show.rounded(data, DIGITS) if isinstance(data, float) else data


def held(study: Study, paired: PairedCampaigns) -> dict[str, Any]:
    """Return the campaigns, figures and words of a page, as JSON can hold them."""
    n = min(HELD, len(paired.cost[paired.nano]))
    own_result, tolerate, plan = paired.answer(), paired.brief.tolerate_loss, paired.brief
    return {
        "n": n,
        "nano": paired.nano,
        "currency": plan.currency,
        "basis": study.basis,
        "rests": label(study.basis),
        "budget": plan.budget,
        "share": tolerate.share,
        "chance": tolerate.chance,
        "whole": paired.whole,
        "asked": plan.asked_by_macro,
        "sure": SURE,
        "widening": widening(risk.BATCHES),
        "deducted": _packed(np.broadcast_to(paired.deducted, len(paired.cost[paired.nano]))[:n]),
        "options": {
            name: {
                "gross": _packed(paired.gross[name][:n]),
                "cost": _packed(paired.cost[name][:n]),
                "worth": paired.worth[name],
            }
            for name in paired.cost
        },
        "own": {
            name: {figure: value for figure, value in outlook._asdict().items() if math.isfinite(value)}
            for name, outlook in own_result.options.items()
        },
        "titles": _titles(paired.nano),
        "names": {name: label(name) for name in paired.cost},
        "figures": [[name, label(name), how] for name, how in FIGURES.items()],
        "sliders": {
            slider.field: _drawn(slider, paired)
            for slider in sliders(study)
            if slider.field != "quote" or not own_result.out_of_reach
        },
    }


def _packed(values: Floats) -> float | dict[str, Any]:
    """Return values of 0 or more as 16-bit logarithms, each within .02 %; one number where all are alike."""
    if np.ptp(values) <= 1e-6 * float(values.max()):
        return float(values[0])
    step = show.rounded(math.log1p(float(values.max())) / MOST, DIGITS)
    codes = np.rint(np.log1p(np.maximum(values, 0.0)) / step).astype("<u2")
    return {"step": step, "codes": b64encode(codes.tobytes()).decode("ascii")}


def _titles(nano: str) -> dict[str, str]:
    """Return what to buy in words, by choice, reason, clear and out of reach."""
    ways = [*product([NOTHING], ("too risky", "loses")), *product([nano, risk.RIVAL], ("pays", "safer"))]
    return {
        "|".join([choice, reason, str(clear).lower(), str(beyond).lower()]): verdict.chosen(
            choice, reason, clear, beyond
        )
        for (choice, reason), clear, beyond in product(ways, (True, False), (True, False))
    }


def _drawn(slider: Slider, paired: PairedCampaigns) -> dict[str, Any]:
    """Return a slider in steps of one percent, 0 being where it starts, and how it says where it stands."""
    start, words, number_format = slider.start, f"{paired.brief.currency} {{}}", "two"
    if slider.field == "sales":
        start = float(paired.gross[paired.nano].mean()) / paired.worth[paired.nano] / max(paired.posts, 1e-9)
        words = "{} orders per nano post"
    elif slider.field == "margin":
        words, number_format = "{}", "percent"
    elif slider.setting == "fee_per_follower_macro":
        start, words = 1_000 * start, f"{paired.brief.currency} {{}} per 1,000 followers"
    low, high = (round(100 * math.log(end / slider.start)) for end in (slider.low, slider.high))
    name = "macro_quote" if slider.field == "quote" else slider.setting
    return {
        "label": label(name),
        "low": low,
        "high": high,
        "start": start,
        "words": words,
        "format": number_format,
    }
