"""What one budget buys: profit and orders by option, whether a mix of them helps, and the checked numbers."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from nanospread.core.estimates import SURE, Estimate
from nanospread.core.formatting import (
    Finding,
    capital,
    count,
    counted,
    hundredths,
    listed,
    money,
    of_100,
    percent,
    significant,
)
from nanospread.core.types import Floats
from nanospread.pages import _style as style
from nanospread.pages.labels import label, labels, writer
from nanospread.pages.show import MISSING, Metric, metric_words
from nanospread.pages.verdict import about
from nanospread.study import Run

MEASURES = {"profit_mean": "on average", "cvar_5": "in bad cases"}
BUYS = [  # of a table that a reader compares the options in
    "contacts", "expected_posts", "unique_reach_p50", "conversions_mean", "cost_per_order", "profit_p50",
    "p_loss", "p_beats_macro",
]  # fmt: skip
FIRST = ["p_beats_macro", "p_loss", "profit_p50", "cvar_5"]
BINS = 80
ORDER = ("past_nano", "past_macro", "plan_nano", "plan_macro")  # of the costs of an order
COSTS = ["cost_per_order", "low", "high"]
HILL = 0.62  # the height of a hill; the words of its row stand above it
GROUND = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}  # of those words: no line runs through them
SHOWN = (0.005, 0.95)  # the quantiles of profit between which the axis runs: the best worlds reach far out
NEAR = 0.15  # two mixes closer than this have no room for the words of both [share of the budget]
FROM_NANO = LinearSegmentedColormap.from_list("from nano", [style.NANO, style.LIGHT, style.MACRO])


def compared(run: Run, options: Sequence[str], measures: Sequence[str] = BUYS) -> pd.DataFrame:
    """Return what options buy in words, one row for each measure, one column for each option in reach."""
    odds = run.by_arm.set_index("arm").join(run.plan.set_index("arm"))
    odds = odds.assign(cost_per_order=run.odds()["cost_per_order"])
    columns = {name: odds.loc[name] for name in options if name in odds.index}
    measures = [name for name in measures if name in odds]
    cells = {
        name: [
            MISSING if math.isnan(value) else (writer(measure) or significant)(value)
            for measure, value in zip(measures, row[measures].to_numpy(dtype=float), strict=True)
        ]
        for name, row in columns.items()
    }
    units = {"money": f", {run.study.brief.currency}", "of 100": ", of 100"}
    names = [label(name) + units.get(labels()[name].unit, "") for name in measures]
    return pd.DataFrame({"of each option": names, **cells})


def cost_per_order(costs: pd.DataFrame, earned: float, currency: str) -> Finding:
    """Return what an order costs in the plan, what it earns, and what it cost before.

    costs: as `Run.costs`. earned: what a nano order earns before any cost [money].
    """
    rows = costs.to_dict("index")
    nano = rows["plan_nano"]
    if not math.isfinite(nano["cost_per_order"] + earned):
        return Finding.of("No nano order is expected")
    cost, worth = money(nano["cost_per_order"], currency), money(earned, currency)
    pays = nano["cost_per_order"] < earned
    ends = [money(nano[end], currency) for end in ("low", "high")]
    title = f"A nano order costs {cost} and earns {'' if pays else 'only '}{worth}"
    if nano["low"] < earned < nano["high"]:  # the middle alone would say that it pays, or that it does not
        title = f"A nano order costs {ends[0]} to {ends[1]} and earns {worth}"
    macro = rows.get("plan_macro", {}).get("cost_per_order", math.nan)
    if macro < nano["low"]:
        title = f"A macro order costs {money(macro, currency)}, a nano order {cost}"
    parts = [f"A nano order should cost {cost} (80% range {ends[0]} to {ends[1]}) and earn {worth}."]
    if math.isfinite(macro):
        parts.append(f"A macro order should cost {money(macro, currency)}.")
    if "past_nano" in rows:
        before = rows["past_nano"]
        since = "campaign" if before["campaigns"] == 1 else f"{count(before['campaigns'])} campaigns"
        other = (
            f", a macro order {money(rows['past_macro']['cost_per_order'], currency)}"
            if "past_macro" in rows
            else ""
        )
        parts.append(
            f"In your last {since} a nano order cost {money(before['cost_per_order'], currency)}{other}, "
            "without your own work."
        )
        if before["left_out"]:
            parts.append(f"Not in it: {counted(before['left_out'], 'nano result')} without a cost or orders.")
    return Finding(title, " ".join(parts))


def losing(run: Run, options: Sequence[str]) -> Finding:
    """Return how many of 100 simulated campaigns lose money under each option."""
    known = [name for name in dict.fromkeys(options) if name in set(run.by_arm["arm"])]
    first, *others = (
        f"{hundredths(run.estimate(name, 'p_loss').value)}{{}} by {label(name)}" for name in known
    )
    return Finding.of(
        f"Money is lost in {listed([first.format(' of 100'), *(o.format('') for o in others)])}"
    )


def mix_name(macro_share: float) -> str:
    """Return a mix in words by the macro's share of the budget [0-1]: all nano, 25% macro, all macro."""
    return {0.0: "all nano", 1.0: "all macro"}.get(macro_share, f"{percent(macro_share)} macro")


def frontier(mixes: pd.DataFrame, currency: str) -> Finding:
    """Return whether a mix of macro and nano is better than an end, on average and in bad cases.

    A mix within two standard errors of the best counts as level with it, as does one of unknown error; the
    errors of two mixes are taken as independent, which is too wide in the same worlds.
    """
    rows = mixes.sort_values("macro_share").set_index("macro_share")
    if len(rows) < 2:
        return Finding("Too few mixes were simulated", "A comparison needs two mixes of macro and nano.")
    level = {measure: _level(rows, measure) for measure in MEASURES}
    both = [share for share in level["profit_mean"] if share in level["cvar_5"]]
    ends = [share for share in both if share in (0.0, 1.0)]
    if not both:
        return _trade(rows, level["profit_mean"][0], level["cvar_5"][0], currency)
    if len(ends) > 1:
        return Finding(
            "Too close to call between all nano and all macro",
            "No split of the budget is clearly better or worse than another.",
        )
    return _corner(rows, ends[0], level, currency) if ends else _inside(rows, both[0], currency)


def _level(rows: pd.DataFrame, measure: str) -> list[float]:
    """Return the shares that are best or level with the best, best first."""
    ranked = rows.sort_values(measure, ascending=False, kind="stable")
    value = ranked[measure].to_numpy(dtype=float)
    se = np.nan_to_num(ranked[f"{measure}_se"].to_numpy(dtype=float), nan=np.inf)
    level = value[0] - value <= SURE * np.hypot(se, se[0])
    level[0] = True
    return [float(share) for share in ranked.index[level]]


def _corner(rows: pd.DataFrame, end: float, level: Mapping[str, Sequence[float]], currency: str) -> Finding:
    """Return that an end is best, or that no mix is clearly better than it, and what half a mix costs."""
    other = min(rows.index[rows.index != end], key=lambda share: abs(abs(share - end) - 0.5))
    title = f"{capital(mix_name(end))} is best, on average and in bad cases"
    if any(shares[0] != end or other in shares for shares in level.values()):
        title = f"No mix is clearly better than {mix_name(end)}"
    return Finding(title, f"{title}. {_against(rows, other, end, currency)}")


def _against(rows: pd.DataFrame, other: float, best: float, currency: str) -> str:
    """Return by how much a mix earns less than the best one, on average and in bad cases."""
    clauses = []
    for measure, condition in MEASURES.items():
        gap = _at(rows, best, measure) - _at(rows, other, measure)
        compared = f"{about(abs(gap), currency)} {'less' if gap > 0 else 'more'} {condition}"
        clear = _apart(rows, best, other, measure)
        clauses.append(compared if clear else f"about as much {condition}")
    return f"{capital(mix_name(other))} earns {listed(clauses)}."


def _apart(rows: pd.DataFrame, one: float, other: float, measure: str) -> bool:
    """Return whether two mixes differ by more than two standard errors; not where an error is unknown."""
    gap = _at(rows, one, measure) - _at(rows, other, measure)
    return abs(gap) > SURE * math.hypot(*(_at(rows, mix, f"{measure}_se") for mix in (one, other)))


def _inside(rows: pd.DataFrame, best: float, currency: str) -> Finding:
    """Return that a mix beats both ends, or that no end is as good both on average and in bad cases."""
    ends = [end for end in (0.0, 1.0) if end in rows.index]
    title = f"{capital(mix_name(best))} is best, on average and in bad cases"
    if not all(_apart(rows, best, end, measure) for end in ends for measure in MEASURES):
        title = f"A mix may help, since {mix_name(best)} is at least as good as any other"
    comparison = " ".join(_against(rows, end, best, currency) for end in ends)
    return Finding(title, f"{title}. {comparison}".strip())


def _trade(rows: pd.DataFrame, mean: float, tail: float, currency: str) -> Finding:
    mean_lost = _at(rows, mean, "profit_mean") - _at(rows, tail, "profit_mean")
    gained = _at(rows, tail, "cvar_5") - _at(rows, mean, "cvar_5")
    return Finding(
        f"{capital(mix_name(mean))} earns most, {mix_name(tail)} has the mildest bad case",
        f"{capital(mix_name(mean))} earns most on average, {mix_name(tail)} has the mildest bad case. Moving "
        f"from the first to the second gives up {about(mean_lost, currency)} of average profit and saves "
        f"{about(gained, currency)} in the worst 5%.",
    )


def _at(rows: pd.DataFrame, share: float, measure: str) -> float:
    return float(rows[measure].to_dict()[share])


def checked_rows(summary: pd.DataFrame, *, currency: str, n_worlds: int, suffix: str = "") -> pd.DataFrame:
    """Return the measures of each arm of `risk.summary` that data/metrics.csv has in words: measure_arm.

    suffix: what stands in their names behind the measure.
    """
    rows = []
    for arm, measure, value, se in summary[["arm", "measure", "value", "se"]].itertuples(index=False):
        if (name := f"{measure}{suffix}_{{arm}}") in metric_words():
            words = {"arm": arm, "name": label(str(arm)), "currency": currency}
            rows.append(Metric.played(name, Estimate(value, se), n_worlds, words))
    return pd.DataFrame(rows)


def first_screen(summary: pd.DataFrame, *, nano: str, currency: str, n_worlds: int) -> pd.DataFrame:
    """Return the seven of `checked_rows` read first: the choice, and the odds and money of both arms."""
    shown = summary["measure"].isin(FIRST) & summary["arm"].isin([nano, "macro"])
    rows = summary[shown].sort_values("measure", key=lambda names: names.map(FIRST.index), kind="stable")
    return checked_rows(rows, currency=currency, n_worlds=n_worlds)


def luck_only(summary: pd.DataFrame, *, nano: str, currency: str, n_worlds: int) -> pd.DataFrame:
    """Return the odds of both arms by luck alone, named so; summary: of `Run.central`."""
    rows = summary[
        summary["measure"].isin(["p_beats_macro", "p_loss"]) & summary["arm"].isin([nano, "macro"])
    ]
    return checked_rows(rows, currency=currency, n_worlds=n_worlds, suffix="_luck_only")


def profit_by_arm(
    worlds: pd.DataFrame, arms: Sequence[str], currency: str, *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw how often each option earns what over the simulated campaigns: full colour where money is lost.

    worlds: world, arm, profit [currency], as `simulate.Outcomes.worlds`. The axis runs from the 0.5 %
    quantile of the worst arm to the 95 % quantile of the best; what is outside the axis label says.
    """
    profits = {arm: worlds.loc[worlds["arm"] == arm, "profit"].to_numpy(dtype=float) for arm in arms}
    profits = {arm: profit for arm, profit in profits.items() if profit.size}
    ax = style.axes(ax, 1.3 + 0.95 * max(len(profits), 2))
    if not profits:
        return style.empty(ax, title, "no campaign was simulated")
    low, high = (
        float(pick([np.quantile(p, at) for p in profits.values()]))
        for pick, at in zip((min, max), SHOWN, strict=True)
    )
    low, high = min(low, 0.0), max(high, 0.0)
    room = 0.04 * (high - low or 1.0)
    for place, (arm, profit) in enumerate(profits.items()):
        typical = about(float(np.median(profit)), currency)
        words = f"typically {typical}, loses money in {of_100(float((profit < 0).mean()))}"
        hill(ax, profit, -float(place), (low, high), style.ARMS.get(arm, style.MIDDLE), words)
    style.ticks_at(ax.yaxis, [0.3 - i for i in range(len(profits))], [label(arm) for arm in profits])
    ax.set(xlim=(low - room, high + room), ylim=(-len(profits) + 0.9, 0.95))
    ax.axvline(0, color=style.DARK, linewidth=1.2, zorder=3)
    style.amounts(ax.xaxis)
    ax.spines["left"].set_visible(False)
    out = f"up to {percent(1 - SHOWN[1])} earn more than is shown"
    numbers = style.quantiles(
        {label(arm): profit for arm, profit in profits.items()}, "estimated",
        "Option", f"Profit [{currency}]", count,
    )  # fmt: skip
    return style.finished(
        ax, title,
        f"One curve per option: how often it earns what, in full colour below 0; {out}.",
        numbers,
        x=f"Profit, {currency} (full colour: a loss; {out})",
    )  # fmt: skip


def order_costs(
    costs: pd.DataFrame, earned: float, currency: str, *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw what an order costs, past and planned, against what it earns; a plan with its range.

    costs: as `Run.costs`. earned: what an order earns before any cost [money].
    """
    rows = costs.dropna(subset="cost_per_order")
    rows = rows.loc[[name for name in ORDER if name in rows.index]]
    ax = style.axes(ax, 1.5 + 0.42 * max(len(rows), 2))
    if rows.empty or not np.isfinite(earned):
        return style.empty(ax, title, "no order is expected")
    each, low, high = style.columns(rows.reindex(columns=COSTS), *COSTS)
    right_end = 1.25 * max(float(each.max()), min(float(np.nanmax([*high, 0.0])), 2.5 * earned), earned)
    for place, (name, value) in enumerate(zip(rows.index, each, strict=True)):
        colour = style.NANO if name.endswith("nano") else style.MACRO
        if np.isfinite(low[place]):
            ax.plot([low[place], high[place]], [-place] * 2, color=colour, alpha=0.35, linewidth=7,
                    solid_capstyle="butt")  # fmt: skip
        if high[place] > right_end:  # the bar goes on
            ax.plot([right_end], [-place], ">", color=colour, markersize=9, clip_on=False, zorder=4)
        ax.plot([value], [-place], "o", color=colour, markersize=8, zorder=4)
    style.ticks_at(ax.yaxis, [-place for place in range(len(rows))], [label(name) for name in rows.index])
    ax.set(xlim=(min(0.0, 1.25 * earned), right_end), ylim=(-len(rows) + 0.4, 1.0))
    style.rule(ax, earned, f"an order earns {money(earned, currency)}")
    style.by_row(ax, style.numbers)
    style.beside(ax, [-place for place in range(len(rows))], [money(value, currency) for value in each])
    kinds = {"past": "measured", "plan": "estimated"}
    basis = {when: kind for when, kind in kinds.items() if any(name.startswith(when) for name in rows.index)}
    numbers = style.table(rows.reset_index(names="name"), basis, {
        "Campaigns": ("name", label), f"Cost per order [{currency}]": ("cost_per_order", significant),
        "8 in 10 cases from": ("low", significant), "to": ("high", significant),
    })  # fmt: skip
    return style.finished(
        ax, title, "A dot for the cost of an order in past campaigns and in this plan, a bar where 8 in 10 "
        "cases of what is not known lie, and a line at what an order earns.", numbers,
        x=f"Cost per order, {currency} (bar: 8 in 10 cases of what is not known)",
    )  # fmt: skip


def of_hundred(
    worlds: pd.DataFrame, options: Sequence[str], *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw 100 dots an option: in full colour those of the simulated campaigns that lose money."""
    losing = {
        name: float((worlds.loc[worlds["arm"] == name, "profit"] < 0).mean())
        for name in options if (worlds["arm"] == name).any()
    }  # fmt: skip
    ax = style.axes(ax, 3.4)
    if not losing:
        return style.empty(ax, title, "no campaign was simulated")
    column, row = np.meshgrid(np.arange(10), np.arange(10))
    for place, (name, share) in enumerate(losing.items()):
        lost = np.arange(100) < round(100 * share)
        x, colour = column.ravel() + 13.0 * place, style.ARMS.get(name, style.MIDDLE)
        ax.scatter(x, -row.ravel(), 46, [colour if each else style.LIGHT for each in lost], linewidths=0)
        words = f"{label(name)}\n{hundredths(share)} of 100"
        style.note(ax, words, (13.0 * place + 4.5, -10.2), (0, 0), ha="center", va="top", size=style.TEXT)
    ax.set(xlim=(-1, 13 * max(len(losing), 3) - 3), ylim=(-13.2, 0.8), xticks=[], yticks=[])
    ax.set_axis_off()
    numbers = (style.Numbers(
        ("Option", "Loses money, of 100"),
        tuple((label(name), hundredths(share)) for name, share in losing.items()), (("estimated", ""),), 0,
    ),)  # fmt: skip
    return style.finished(
        ax, title, "100 dots for each option, one for each simulated campaign of 100. Those in full colour "
        "lose money.", numbers,
    )  # fmt: skip


def edges_from_zero(span: tuple[float, float]) -> Floats:
    """Return the edges of bins over a span that meet at 0."""
    width = (span[1] - span[0] or 1.0) / BINS
    first = np.floor(span[0] / width)
    return np.arange(first, max(np.ceil(span[1] / width), first + 1) + 1) * width


def hill(ax: Axes, profit: Floats, base: float, span: tuple[float, float], colour: str, words: str) -> None:
    """Draw a histogram as a hill `HILL` high that stands on `base`, under its words."""
    edges = edges_from_zero(span)
    number, _ = np.histogram(profit, edges)
    height = base + HILL * np.append(number, number[-1]) / max(int(number.max()), 1)
    for part, alpha in ((edges <= 0, 1.0), (edges >= 0, 0.4)):
        if part.sum() > 1:
            top = height[part]
            ax.fill_between(edges[part], base, top, step="post", color=colour, alpha=alpha, linewidth=0)
    ax.plot([edges[0], edges[-1]], [base, base], color=style.LIGHT, linewidth=1, zorder=1)
    median = float(np.median(profit))
    ax.plot([median, median], [base, base + HILL], color="white", linewidth=3.4, zorder=3.5)
    ax.plot([median, median], [base, base + HILL], color=style.MACRO, linewidth=1.6, zorder=4)
    ax.annotate(
        words, (1, HILL + 0.03 + base), xycoords=("axes fraction", "data"), ha="right", va="bottom",
        size=style.SMALL + 0.5, color=style.MACRO, zorder=5, bbox=GROUND,
    )  # fmt: skip


def profit_by_mix(mixes: pd.DataFrame, currency: str, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the path from all nano to all macro: mean profit against the mean of the worst 5 % of worlds.

    mixes: macro_share [0-1], profit_mean, profit_mean_se, cvar_5, cvar_5_se [currency], one row per share.
    Words stand at the ends, at the quarters, and at the best of either measure, which a ring marks.
    """
    rows = mixes.sort_values("macro_share", ignore_index=True)
    ax = style.axes(ax, 4.4)
    if rows.empty:
        return style.empty(ax, title, "no mix was simulated")
    bad, mean, bad_se, mean_se = style.columns(rows, "cvar_5", "profit_mean", "cvar_5_se", "profit_mean_se")
    ax.errorbar(
        bad, mean, 2 * np.nan_to_num(mean_se), 2 * np.nan_to_num(bad_se),
        color=style.LIGHT, linewidth=2, elinewidth=1, zorder=1,
    )  # fmt: skip
    words = _mix_words(rows)
    inks = [FROM_NANO(float(share)) for share in rows["macro_share"]]
    ax.scatter(bad, mean, [70 if i in words else 22 for i in range(len(rows))], inks, zorder=3)
    rings = sorted({int(np.argmax(mean)), int(np.argmax(bad))})
    ax.scatter(bad[rings], mean[rings], 230, "none", edgecolor=style.MACRO, linewidth=1.6, zorder=4)
    ax.margins(0.1)
    for axis in (ax.xaxis, ax.yaxis):
        style.amounts(axis)
    ax.locator_params(axis="x", nbins=6)
    ax.grid(color=style.FAINT)
    numbers = style.table(rows, "estimated", {
        "Mix": ("macro_share", mix_name),
        f"Average profit [{currency}]": ("profit_mean", count),
        "standard error": ("profit_mean_se", significant),
        "Average of the worst 5%": ("cvar_5", count),
        "its standard error": ("cvar_5_se", significant),
    })  # fmt: skip
    return style.finished(
        ax, title, "One dot per mix of macro and nano, joined from all nano to all macro: mean profit "
        "against that of the worst 5%; a ring around the best of either.", numbers,
        x=f"Average of the worst 5%, {currency} (right is safer)", y=f"Average profit, {currency}",
        ends=[style.EndLabel(bad[i], mean[i], said, style.DARK) for i, said in words.items()], gap=16,
    )  # fmt: skip


def _mix_words(rows: pd.DataFrame) -> dict[int, str]:
    """Return what to write at which row: at the best of either measure, and at quarters not close to it."""
    shares = rows["macro_share"].to_numpy(dtype=float)
    best = {"mean": int(rows["profit_mean"].argmax()), "bad case": int(rows["cvar_5"].argmax())}
    here = set(best.values())
    for i, share in enumerate(shares):
        near = min(abs(share - shares[at]) for at in best.values()) < NEAR
        if share in (0, 1) or (float(4 * share).is_integer() and not near):
            here.add(i)
    words = {i: f"  {mix_name(float(shares[i]))}" for i in sorted(here)}
    for i in set(best.values()):
        of = [measure for measure, at in best.items() if at == i]
        words[i] += f": best {of[0] if len(of) == 1 else 'of both'}"
    return words
