"""Rows of pages 00, 04 and 05: what was simulated."""

import math

import pandas as pd

from nanospread.core.intervals import Z95
from nanospread.pages import findings

CAMPAIGN = {
    "cost_mean": ("cost", "mean cost: goods, shipping, fees and labour"),
    "unique_reach_p50": ("people reached", "median number of accounts that saw it at least once"),
    "engagements_p50": ("engagements", "median likes + comments"),
    "conversions_mean": ("orders", "mean number of orders"),
    "profit_mean": ("mean profit", "mean of margin × revenue - cost"),
    "profit_p10": ("profit in a bad case", "profit that 1 world in 10 stays under"),
    "profit_p50": ("median profit", "half of the worlds bring less"),
    "profit_p90": ("profit in a good case", "profit that 9 worlds in 10 stay under"),
    "roi_p50": ("median return on cost", "median of profit / cost"),
    "p_loss": ("odds of losing money", "share of worlds with profit below 0"),
    "p_flop": ("odds of a flop", "share of worlds with ROI under the brief's threshold"),
    "p_zero": ("odds of no order at all", "share of worlds without one order"),
    "var_5": ("profit in 1 of 20 worlds at most", "5 % quantile of profit"),
    "cvar_5": ("worst case", "CVaR: mean profit of the worst 5 % of worlds"),
    "p_beats_macro": ("odds of beating the macro", "share of worlds in which profit beats the macro's"),
}


FIRST = ["p_beats_macro", "p_loss", "profit_p50", "cvar_5"]


def campaign(summary: pd.DataFrame, *, currency: str, n_worlds: int) -> pd.DataFrame:
    """Return the headline measures of each arm, named measure_arm.

    summary: arm, measure, value, se, unit, as `risk.summary`.
    """
    return _campaign(summary[summary["measure"].isin(CAMPAIGN)], currency, n_worlds)


def first_screen(summary: pd.DataFrame, *, nano: str, currency: str, n_worlds: int) -> pd.DataFrame:
    """Return the seven numbers a manager reads first: the choice, and the odds and money of both arms.

    nano: the nano arm of the brief's offer. The same numbers stand in `campaign`, under the same names.
    """
    shown = summary["measure"].isin(FIRST) & summary["arm"].isin([nano, "macro"])
    rows = summary[shown].sort_values("measure", key=lambda names: names.map(FIRST.index), kind="stable")
    return _campaign(rows, currency, n_worlds)


def _campaign(rows: pd.DataFrame, currency: str, n_worlds: int) -> pd.DataFrame:
    arms = rows["arm"].astype(str)
    named = rows.assign(
        metric=rows["measure"] + "_" + arms,
        label=[
            f"{findings.arm_name(arm)}: {CAMPAIGN[m][0]}"
            for arm, m in zip(arms, rows["measure"], strict=True)
        ],
        unit=rows["unit"].replace("money", currency),
        formula=[CAMPAIGN[measure][1] for measure in rows["measure"]],
    )
    return _simulated(named, n_worlds)


def spread(by_count: pd.DataFrame, *, n_worlds: int) -> pd.DataFrame:
    """Return how wide the outcome is for each number of creators, named cv_orders_N.

    by_count: creators, cv, cv_se, as `risk.by_count`.
    """
    number = by_count["creators"].astype(str)
    named = by_count.rename(columns={"cv": "value", "cv_se": "se"}).assign(
        metric="cv_orders_" + number,
        label="Relative spread of orders, creators: " + number,
        unit="ratio",
        formula="sd / mean of orders over worlds, creators who all post",
    )
    return _simulated(named, n_worlds)


def _simulated(named: pd.DataFrame, n_worlds: int) -> pd.DataFrame:
    half = Z95 * named["se"]
    rows = named[["metric", "label", "value", "se", "unit", "formula"]]
    return rows.assign(
        low=(rows["value"] - half).clip(lower=rows["unit"].map({"share": 0.0}).fillna(-math.inf)),
        high=(rows["value"] + half).clip(upper=rows["unit"].map({"share": 1.0}).fillna(math.inf)),
        n=n_worlds,
        basis="estimated",
    )
