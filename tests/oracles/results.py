"""Values of the beliefs -> results of campaigns: drawn from the model itself, or from others it must bear.

The generator of model.md C14, creator by creator, without any of the likelihood's code.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import special

MISFITS = ("gamma creators", "overdispersed clicks", "one creator", "a failed campaign", "half of the clicks")


def followers(rng: np.random.Generator, n: int, side: str) -> np.ndarray:
    """Return follower counts of one side, log-uniform."""
    low, high = {"nano": (1_000, 10_000), "macro": (100_000, 400_000)}[side]
    return np.round(np.exp(rng.uniform(np.log(low), np.log(high), n)))


def drawn(
    rng: np.random.Generator,
    values: Mapping[str, float],
    *,
    campaigns: int = 3,
    sides: Mapping[str, int] | None = None,
    misfit: str = "",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return results and roster. values: of every belief and noise. misfit: one of `MISFITS`, or none."""
    parts, rho = [], values["rho_campaign"]
    for campaign in range(campaigns):
        shock = np.sqrt(rho) * rng.standard_normal()
        feed = values["platform_sd"] * rng.standard_normal()
        for side, n in (sides or {"nano": 16, "macro": 2}).items():
            part = _creators(rng, values, side, n, shock, feed, misfit)
            if misfit == "a failed campaign" and campaign == 0:
                part["orders"] = rng.binomial(part["orders"].astype(int), 0.1)
            parts.append(
                part.assign(campaign=f"c{campaign}", creator=[f"{campaign}{side}{i}" for i in range(n)])
            )
    rows = pd.concat(parts, ignore_index=True)
    if misfit == "one creator":
        rows.loc[rows[rows["side"] == "nano"].index[0], "orders"] += rows["orders"].sum()
    shape = rows["orders"].to_numpy(dtype=float) / values["order_value_cv"] ** 2
    scale = values["order_value"] * values["order_value_cv"] ** 2
    rows["revenue"] = np.where(shape > 0, rng.gamma(np.maximum(shape, 1e-9)) * scale, 0.0)
    if misfit == "half of the clicks":
        rows.loc[rng.random(len(rows)) < 0.5, "clicks"] = np.nan
    return rows.drop(columns=["followers", "side"]), rows[["creator", "followers"]]


def _creators(
    rng: np.random.Generator,
    values: Mapping[str, float],
    side: str,
    n: int,
    shock: float,
    feed: float,
    misfit: str,
) -> pd.DataFrame:
    people, noise, rho = followers(rng, n, side), values["reach_noise"], values["rho_campaign"]
    lift = noise * rng.standard_normal(n) - noise**2 / 2 + feed - values["platform_sd"] ** 2 / 2
    reach = people * values[f"reach_rate_{side}"] * np.exp(lift)
    story = values[f"story_rate_{side}"] / values[f"reach_rate_{side}"]
    rate = reach * (values["ctr_feed"] + story * values["ctr_story"])
    if misfit == "overdispersed clicks":
        clicks = rng.poisson(rate * rng.gamma(2.0, 0.5, n))
    else:
        sd = values["click_noise"]
        clicks = rng.poisson(rate * np.exp(sd * rng.standard_normal(n) - sd**2 / 2))
    luck, own = values["conversion_sd"], np.sqrt(1 - rho)
    level = np.exp(luck * (shock + own * rng.standard_normal(n)) - luck**2 / 2)
    if misfit == "gamma creators":
        level = np.exp(luck * shock - luck**2 * rho / 2) * rng.gamma(0.6, 1 / 0.6, n)
    away = (special.ndtri(values["flop_rate"]) - shock) / own
    flop = np.where(rng.random(n) < special.ndtr(away), values["flop_multiplier"], 1.0)
    per_click = values["kappa"] * values[f"cvr_{side}"] * (values["advocacy"] if side == "nano" else 1.0)
    fee = values[f"fee_per_follower_{side}"] * people * np.exp(values["fee_noise"] * rng.standard_normal(n))
    paid = (rng.random(n) < 0.3) | (side == "macro")
    orders = rng.poisson(clicks * per_click * level * flop)
    one_off = rng.random(n) < (0 if misfit else values["one_off_share"])
    other = np.floor(np.exp(rng.random(n) * np.log(1e6)))  # about 1 / (orders + 1)
    return pd.DataFrame(
        {
            "offer": np.where(paid, "fee", "gift"),
            "cost": 28.0 + np.where(paid, fee, 0.0),
            "reach": reach,
            "clicks": clicks.astype(float),
            "orders": np.where(one_off, other, orders).astype(float),
            "followers": people,
            "side": side,
        }
    )
