"""Numbers in, checked rows out: what each notebook ends on, nbval compares and metrics.json carries.

One row is one number with all that is needed to trust it: metric (unique name), label (in words), value,
low and high (its interval, where there is one), se (Monte Carlo error, where it was simulated), n (sample
size), unit, basis (measured, estimated or assumed) and formula. A simulated number's interval is the
simulation's own error; the doubt about the assumptions is shown by the sweeps, not here.
"""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from nanospread import findings
from nanospread.backtest import BASELINES, LEVELS, Luck
from nanospread.engagement import EngagementModel

Z95 = 1.959963984540054
ROWS = {
    "rows_in": "records in the files = kept + repaired + refused",
    "kept": "rows used as they came",
    "repaired": "rows used after a repair that the ledger names",
    "refused": "rows left out; file, line and reason are in the ledger",
}
RATES = {
    "median": ("Median ER of {} posts", "median over posts of (likes + comments) / followers"),
    "mean": ("Mean ER of {} posts", "mean over posts of (likes + comments) / followers"),
    "pooled": ("ER of all {} posts together", "sum of (likes + comments) / sum of followers, over posts"),
}
SPREADS = {
    "sd_between": (
        "Spread between creators",
        "ln",
        "REML: sd of creators' log ER around their niche and followers",
    ),
    "sd_within": (
        "Spread between one creator's posts",
        "ln",
        "REML: sd of posts around their creator's log ER",
    ),
    "icc": ("Part of the spread that is the creator's", "share", "sd_between² / (sd_between² + sd_within²)"),
}
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
GAINS = {
    "own": ("the creator's own mean", "N(mean of the creator's past, pooled sd within creators)"),
    "tier": ("the tier", "N(tier mean, tier sd)"),
    "constant": ("the published constant", "N(log of the published value, root mean square around it)"),
}
FIRST = ["p_beats_macro", "p_loss", "profit_p50", "cvar_5"]


def quality(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in, kept, repaired and refused of each table.

    counts: table, file, rows_in, kept, repaired, refused, as `tables.Tables.counts`.
    """
    totals = counts.groupby("table", sort=False)[list(ROWS)].sum()
    rows = totals.reset_index().melt("table", var_name="status", ignore_index=False).sort_index(kind="stable")
    return pd.DataFrame(
        {
            "metric": rows["table"] + "_" + rows["status"].astype(str),
            "label": rows["table"] + ": rows " + rows["status"].replace("rows_in", "in").astype(str),
            "value": rows["value"],
            "n": rows["table"].map(totals["rows_in"]),
            "unit": "rows",
            "basis": "measured",
            "formula": rows["status"].map(ROWS),
        }
    )


def engagement(by_tier: pd.DataFrame, model: EngagementModel) -> pd.DataFrame:
    """Return median, mean and pooled ER of each tier, and the model's spreads.

    by_tier: one row per tier, as `metrics.summary(posts, "tier")`.
    """
    rates = [_rates(by_tier, statistic) for statistic in RATES]
    spreads = pd.DataFrame(
        {
            "metric": list(SPREADS),
            "label": [label for label, _, _ in SPREADS.values()],
            "value": [getattr(model, name) for name in SPREADS],
            "low": [_low(model, name) for name in SPREADS],
            "high": [-_low(model, name, -1.0) for name in SPREADS],
            "n": model.n_posts,
            "unit": [unit for _, unit, _ in SPREADS.values()],
            "basis": ["estimated" if measured else "assumed" for measured in _measured(model)],
            "formula": [
                formula if measured else "published for real posts: these are too few to tell"
                for measured, (_, _, formula) in zip(_measured(model), SPREADS.values(), strict=True)
            ],
        }
    )
    return pd.concat([*rates, spreads], ignore_index=True)


def _measured(model: EngagementModel) -> tuple[bool, bool, bool]:
    """Return whether the posts themselves told sd_between, sd_within, and with both of them the ICC."""
    between, within = (basis == "measured" for basis in (model.sd_between_basis, model.sd_within_basis))
    return between, within, between and within


def _rates(by_tier: pd.DataFrame, statistic: str) -> pd.DataFrame:
    names = by_tier["tier"].astype(str).str.replace(" ", "_")
    return pd.DataFrame(
        {
            "metric": f"er_{statistic}_" + names,
            "label": [RATES[statistic][0].format(tier) for tier in by_tier["tier"]],
            "value": by_tier[statistic],
            "low": by_tier.get(f"{statistic}_low", float("nan")),
            "high": by_tier.get(f"{statistic}_high", float("nan")),
            "n": by_tier["posts"],
            "unit": "share",
            "basis": "measured",
            "formula": RATES[statistic][1],
        }
    )


def _low(model: EngagementModel, name: str, sign: float = 1.0) -> float:
    """Return the lower end of a spread's 95 % interval; with sign -1 the negative of its upper end."""
    return sign * float(getattr(model, name)) - Z95 * float(getattr(model, f"{name}_se", float("nan")))


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


def forecast(
    coverage: pd.DataFrame, gains: pd.DataFrame, by_tier: pd.DataFrame, luck: Luck, *, tier: str = "nano"
) -> pd.DataFrame:
    """Return how good the tier's forecasts were, and the spreads and shared luck behind them.

    coverage, gains: as `backtest.coverage` and `backtest.gains` of the held-out posts, by tier. by_tier: as
    `engagement.by_tier` of all posts. A number that the posts cannot tell is missing.
    """
    held, gained, spread = (
        frame[frame["tier"].astype(str) == tier].to_dict("records") for frame in (coverage, gains, by_tier)
    )
    levels, baselines = {row["level"]: row for row in held}, {row["baseline"]: row for row in gained}
    rows = [_held(levels.get(level, {}), level, tier) for level in LEVELS]
    rows += [_gained(baselines.get(name, {}), name, tier) for name in BASELINES]
    rows += [_spread(spread[0] if spread else {}, name, tier) for name in ("sd_between", "sd_within")]
    rows.append(
        {
            "metric": f"rho_{tier}",
            "label": f"Correlation of {tier} posts of one {luck.period or 'month'}",
            "value": luck.rho,
            "low": luck.low,
            "high": luck.high,
            "n": luck.n,
            "unit": "ratio",
            "basis": "estimated",
            "formula": "intraclass correlation of the normal scores of the PIT; 95 % interval by jackknife",
        }
    )
    return pd.DataFrame(rows)


def _held(row: Mapping[Hashable, float], level: float, tier: str) -> dict[str, object]:
    name = f"{100 * level:.0f}"
    return {
        "metric": f"coverage_{name}_{tier}",
        "label": f"{tier.capitalize()} posts inside their {name} % interval",
        "value": row.get("coverage", math.nan),
        "low": row.get("low", math.nan),
        "high": row.get("high", math.nan),
        "n": row.get("n", 0),
        "unit": "share",
        "basis": "measured",
        "formula": "share of held-out posts inside the central interval of their forecast; Wilson interval",
    }


def _gained(row: Mapping[Hashable, float], name: str, tier: str) -> dict[str, object]:
    gain, se = row.get("gain", math.nan), row.get("gain_se", math.nan)
    return {
        "metric": f"crps_gain_vs_{name}",
        "label": f"{tier.capitalize()} forecasts: CRPS gain over {GAINS[name][0]}",
        "value": gain,
        "low": gain - Z95 * se,
        "high": gain + Z95 * se,
        "se": se,
        "n": row.get("n", 0),
        "unit": "share",
        "basis": "measured",
        "formula": f"1 - mean CRPS / mean CRPS of {GAINS[name][1]}; log ER of held-out posts",
    }


def _spread(row: Mapping[Hashable, Any], name: str, tier: str) -> dict[str, object]:
    measured = row.get(f"{name}_basis") == "measured"
    value, se = row.get(name, math.nan), row.get(f"{name}_se", math.nan)
    label, unit, formula = SPREADS[name]
    return {
        "metric": f"{name}_{tier}",
        "label": f"{label}, {tier} only",
        "value": value,
        "low": value - Z95 * se,
        "high": value + Z95 * se,
        "se": se,
        "n": row.get("n_posts", 0),
        "unit": unit,
        "basis": "estimated" if measured else "assumed",
        "formula": formula if measured else "published for real posts: these are too few to tell",
    }


def _simulated(named: pd.DataFrame, n_worlds: int) -> pd.DataFrame:
    half = Z95 * named["se"]
    rows = named[["metric", "label", "value", "se", "unit", "formula"]]
    return rows.assign(
        low=(rows["value"] - half).clip(lower=rows["unit"].map({"share": 0.0}).fillna(-math.inf)),
        high=(rows["value"] + half).clip(upper=rows["unit"].map({"share": 1.0}).fillna(math.inf)),
        n=n_worlds,
        basis="estimated",
    )
