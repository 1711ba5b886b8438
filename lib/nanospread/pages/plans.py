"""The two plans in words: with the creators of the data, and with the whole budget; once, for every page."""

from collections.abc import Hashable, Mapping

import pandas as pd

from nanospread.core.formatting import Finding, counted, of_100, significant
from nanospread.pages.labels import label
from nanospread.pages.show import Metric
from nanospread.pages.verdict import about
from nanospread.study.planning import BUDGET, ROSTER

OPEN = ["plan", "contacts", "posts_live", "cost_mean", "conversions_mean", "p_loss"]  # of an open table
CHECKED = [
    "on_list", "creators_drawn", "contacts", "posts_live", "unique_reach_p50", "cost_mean",
    "conversions_mean", "cost_per_order", "profit_mean", "profit_p50", "p_loss", "p_beats_macro",
]  # fmt: skip


def shown(plans: pd.DataFrame) -> pd.DataFrame:
    """Return the plans with the columns of an open table. plans: as `Study.plans`, here and below."""
    return plans.reset_index()[OPEN]


WHY_OTHER = "The list holds who should sell best; the odds of the whole budget take creators as they come."
UNLESS = "Should you take nano, write to"  # where the decision is another


def with_your_creators(plans: pd.DataFrame, currency: str, *, chosen: bool = True) -> Finding:
    """Return whom to write to of the creators in the data, and what that brings.

    chosen: whether nano is what to buy.
    """
    row = plans.to_dict("index")[ROSTER]
    if not row["on_list"]:
        return Finding.of("Your data hold nobody to invite")
    title = f"{'Write to' if chosen else UNLESS} {counted(row['on_list'], 'creator')} of your data"
    order = f"{title}, in the order of the list{', until the money ends' if chosen else ''}."
    return Finding(title, f"{order} {brings(row, currency)} {WHY_OTHER}")


def with_whole_budget(plans: pd.DataFrame, currency: str) -> Finding:
    """Return how many the whole budget writes to, how many are not in the data, and what it brings."""
    writes = written_to(plans)
    return Finding(writes.title, f"{writes.text} {brings(plans.to_dict('index')[BUDGET], currency)}")


def written_to(plans: pd.DataFrame) -> Finding:
    """Return how many the whole budget writes to, and how many of them are not in the data."""
    row = plans.to_dict("index")[BUDGET]
    title = f"The whole budget pays for {counted(row['on_list'], 'contact')}"
    missing = row["creators_drawn"]
    known = "All of them can be creators of your data."
    if missing:
        known = (
            f"Your data hold {counted(row['on_list'] - missing, 'creator')} of them; the other "
            f"{significant(missing)} are taken for typical creators of their niche and size."
        )
    return Finding(title, f"{title}. {known}")


def brings(row: Mapping[Hashable, float], currency: str) -> str:
    """Return what to expect of a plan. row: of `Study.plans`."""
    posts, orders = significant(row["posts_live"]), significant(row["conversions_mean"])
    cost, loss = about(row["cost_mean"], currency), of_100(row["p_loss"])
    return (
        f"Expect {posts} live posts and {orders} orders for {cost}. It loses money in {loss} "
        "simulated campaigns."
    )


def checked_rows(plans: pd.DataFrame, *, currency: str, n_worlds: int) -> pd.DataFrame:
    """Return each plan's contacts, posts, people, cost, orders and odds."""
    rows = [
        Metric.of(
            f"{{plan}}_{name}", row[name], "estimated", n=n_worlds,
            words={"plan": plan, "name": label(plan), "currency": currency},
        )
        for plan, row in plans.to_dict("index").items()
        for name in CHECKED
    ]  # fmt: skip
    return pd.DataFrame(rows)
