"""Rows of page 02: rates of each tier, premiums, and the model's spreads."""

import pandas as pd

from nanospread.core.intervals import Z95
from nanospread.creators.engagement import EngagementModel

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


def engagement(
    by_tier: pd.DataFrame,
    model: EngagementModel,
    *,
    premium: pd.DataFrame | None = None,
    by_size: pd.DataFrame | None = None,
    sponsored: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return median, mean and pooled ER of each tier, the model's spreads, and the ratios that are known.

    by_tier: one row per tier, as `metrics.summary(posts, "tier")`. premium, by_size and sponsored: ratio,
    low, high and counts, as `contrasts.premium(posts, by=None)`, `premium_by_size` and `sponsored_effect`; a
    ratio that the posts cannot tell has no row.
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
    ratios = _premiums(premium, by_size) + _sponsored(sponsored)
    return pd.concat([*rates, spreads, *([pd.DataFrame(ratios)] if ratios else [])], ignore_index=True)


def _premiums(premium: pd.DataFrame | None, by_size: pd.DataFrame | None) -> list[dict[str, object]]:
    """Return the nano premium over micro: of all posts, then of each size of nano. n is creators."""
    whole = [] if premium is None else premium.to_dict("records")
    sizes = [] if by_size is None else by_size.to_dict("records")
    named = [("nano_premium", "Nano premium over micro", row) for row in whole]
    for row in sizes:
        name = str(row["group"]).replace("-", "_")
        named.append((f"nano_premium_{name}", f"Nano premium over micro, {row['group']} followers", row))
    formula = "ratio of geometric means over creators of their mean log ER; Welch interval"
    return [
        {"metric": metric, "label": label, "value": row["ratio"], "low": row["low"], "high": row["high"]}
        | {"n": row["creators_tier"] + row["creators_versus"], "unit": "ratio"}
        | {"basis": "estimated", "formula": formula}
        for metric, label, row in named
    ]


def _sponsored(effect: pd.DataFrame | None) -> list[dict[str, object]]:
    return [
        {
            "metric": "sponsored_effect",
            "label": "ER of sponsored posts over that of organic ones, same creator",
            "value": row["ratio"],
            "low": row["low"],
            "high": row["high"],
            "n": row["posts_sponsored"] + row["posts_organic"],
            "unit": "ratio",
            "basis": "estimated",
            "formula": "exp of the mean difference of log ER within creators; interval clustered by creator",
        }
        for row in ([] if effect is None else effect.to_dict("records"))
    ]


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
            "formula": [_formula(statistic, known) for known in by_tier["comments_known"]],
        }
    )


def _formula(statistic: str, comments_known: int) -> str:
    """Return the formula of a tier's rate; where no comments are known, it is one of likes alone."""
    formula = RATES[statistic][1]
    return formula if comments_known else formula.replace("(likes + comments)", "likes (no comments known)")


def _low(model: EngagementModel, name: str, sign: float = 1.0) -> float:
    """Return the lower end of a spread's 95 % interval; with sign -1 the negative of its upper end."""
    return sign * float(getattr(model, name)) - Z95 * float(getattr(model, f"{name}_se", float("nan")))
