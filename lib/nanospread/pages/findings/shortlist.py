"""Whom to invite, what that is worth beside what plain rules choose, and what luck makes of a top rate."""

import pandas as pd

from nanospread.campaign import risk
from nanospread.campaign.shortlist import Plan
from nanospread.core.formatting import (
    SURE,
    TITLE,
    Finding,
    counted,
    handle,
    listed,
    money,
    percent,
    significant,  # fmt: skip
)
from nanospread.pages.findings.diversification import of_100

PLAIN_RULES = {"equal split": "an even split", "greedy by ER": "engagement rate alone"}
SAME = 0.02  # two rates closer than this part of the higher one are the same for a reader


def invite(plan: Plan, currency: str) -> Finding:
    """Return how many to invite, what that costs and is expected to bring, and what limits the list."""
    rows = plan.invitations
    niches, who = counted(rows["niche"].nunique(), "niche"), counted(len(rows), "creator")
    if rows.empty:
        return Finding("Nobody is worth inviting", f"Nobody is worth inviting: {_limit(plan)}.")
    cost, worth = money(plan.spent / 100, currency), _worth(plan, plan.choice.value, currency)
    title = f"Invite {who} of {niches}: {worth} expected for {cost}"
    plain = "; ".join(
        f"{_worth(plan, found.value, currency)} by {PLAIN_RULES[name]} "
        f"({counted(len(found.rows), 'creator')}, {money(found.spent / 100, currency)})"
        for name, found in plan.choice.baselines.items()
    )
    left, live = (
        money(plan.left / 100, currency),
        significant(plan.lists["shortlist"]["expected_posts"].sum()),
    )
    return Finding(
        title,
        f"Of {counted(plan.candidates, 'candidate')} invite {who} of {niches}. About {live} live posts and "
        f"{worth} are expected; {cost} is set aside and {left} of the budget is left. Under the same limits "
        f"plain rules expect {plain}. The list is {plan.choice.status}. {_limit(plan)}.",
    )


def _worth(plan: Plan, value: float, currency: str) -> str:
    return f"{money(value, currency)} profit" if plan.goal == "profit" else f"{significant(value)} orders"


def _limit(plan: Plan) -> str:
    first, *rest = plan.limited_by
    return f"What limits it: {listed([first, *rest], most=6)}"


def lists_compared(worlds: pd.DataFrame, currency: str) -> Finding:
    """Return how often the shortlist earns more than plain rules in the same worlds, and by how much.

    worlds: world, arm, profit, as `shortlist.played`.
    """
    profit = worlds.pivot(index="world", columns="arm", values="profit")
    said, better = [], []
    for name, words in PLAIN_RULES.items():
        gain = profit["shortlist"] - profit[name]
        batch = gain.index % risk.BATCHES
        mean, ahead = risk.mean(gain, batch=batch), risk.p_beats(gain, 0 * gain, batch=batch)
        sure = abs(mean.value) > SURE * mean.se
        better.append(sure and mean.value > 0)
        size = f"{money(abs(mean.value), currency)} {'more' if mean.value > 0 else 'less'}"
        mean_said = size if sure else f"{money(mean.value, currency)} ± {significant(SURE * mean.se)}"
        said.append(f"than {words} in {of_100(ahead.value)} worlds, on average {mean_said}")
    title = (
        "The shortlist earns more than plain rules"
        if all(better)
        else "The shortlist and plain rules compared"
    )
    middle = money(float(profit["shortlist"].median()), currency)
    loss = of_100(float((profit["shortlist"] < 0).mean()))
    title = f"{title}: {middle} in the middle world, a loss in {loss}"
    return Finding(
        title if len(title) <= TITLE else title.split(":")[0],
        f"Played through {counted(len(profit), 'world')} that all lists share, the shortlist earns more "
        f"{'; more '.join(said)}. It brings {middle} in the middle world and loses money in {loss}.",
    )


def winners_curse(best: pd.DataFrame) -> Finding:
    """Return where the highest rate that posts show is partly luck.

    best: niche, creator, er, raw_creator, raw_er, raw_true, as `shortlist.handful`.
    """
    rows = best.dropna(subset="raw_er")
    rows = rows.assign(lost=1 - rows["raw_true"] / rows["raw_er"])
    if rows.empty:
        return Finding("No niche has a rated creator", "No niche has a creator whose posts are rated.")
    worst = rows.sort_values("lost", ascending=False).iloc[0]
    shown, true = percent(worst["raw_er"]), percent(worst["raw_true"])
    if worst["lost"] < SAME:
        title = "The highest rates hold: luck has little to do with them"
        return Finding(title, f"{title}. In no niche is the top rate more than {percent(SAME)} too high.")
    title = f"The top rate in {worst['niche']}, {shown}, is more likely {true}"
    other = rows.loc[rows["creator"] != rows["raw_creator"], "niche"].tolist()
    else_ = (
        f" In {listed(other)} the best bet is therefore another creator than the one that leads."
        if other
        else ""
    )
    return Finding(
        title,
        f"{title}: whoever leads a list of rates was also lucky. On average the leaders' rates are "
        f"{percent(float(rows['lost'].mean()))} lower than they look.{else_}",
    )


def handful(best: pd.DataFrame) -> Finding:
    """Return the best of each niche. best: niche, creator, er, flags, as `shortlist.handful`."""
    if best.empty:
        return Finding("No niche has a candidate", "No niche has a candidate.")
    names = [f"{handle(row['creator'])} ({row['niche']}, {percent(row['er'])})" for _, row in best.iterrows()]
    title = f"A handful, one of each niche: {counted(len(best), 'creator')}, {_range(best)}"
    odd = best.loc[best["flags"] != "", "creator"].map(handle).tolist()
    flagged = f" Look at {listed(odd)} first: odd numbers." if odd else ""
    return Finding(
        title, f"The best of each niche by most likely engagement rate: {listed(names, most=9)}.{flagged}"
    )


def _range(best: pd.DataFrame) -> str:
    low, high = float(best["er"].min()), float(best["er"].max())
    return f"engaged at {percent(low)}" if low == high else f"engaged at {percent(low)} to {percent(high)}"


def flagged(people: pd.DataFrame, plan: Plan) -> str:
    """Return how many candidates have odd numbers, and how many of them are on the list.

    people: creator, flags, as `shortlist.candidates`.
    """
    odd = people[people["flags"] != ""]
    on = int(odd["creator"].isin(plan.invitations["creator"]).sum())
    if odd.empty:
        return "No candidate has odd numbers."
    who = counted(len(odd), "candidate")
    return f"{who} with odd numbers (page 03), {on} of them on the list: look before inviting."
