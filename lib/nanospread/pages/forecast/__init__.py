"""Whether forecasts of campaigns and posts held, what campaigns taught, and what is still to come.

"Too narrow" and "wider than needed" are said only where the share held misses the promised one by more than
its own 95 % interval.
"""

import math
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import pandas as pd

from nanospread.campaign import risk
from nanospread.campaign.backtest import BASELINES, LEVELS, PostCorrelation, ResultsToDate
from nanospread.core.estimates import SURE, Z95
from nanospread.core.formatting import (
    Finding,
    count,
    counted,
    handle,
    listed,
    money,
    percent,
    shortened,
    significant,
)
from nanospread.creators import benchmarks
from nanospread.pages import engagement
from nanospread.pages.show import MISSING, Metric

LEAST_POSTS = 20  # under which a share says nothing
LEAST_WORLDS = 100  # that must carry an answer
MANY = 50  # creators of a campaign, to say what shared luck does
LUCK = 0.05  # of parts lie outside the band of chance by chance
UNUSUAL = 0.1  # of forecasts are missed by more, on each side
RANGE = 0.8  # the range that most sentences speak of


def campaigns(table: pd.DataFrame, *, currency: str) -> Finding:
    """Return how many campaigns sold within the range forecast without them, and which did not.

    table: as `backtest.campaigns`. currency: of the profits.
    """
    rows = table.to_dict("records")
    if not rows:
        none = "No orders of campaigns yet: none can be checked"
        return Finding(none, f"{none}. Add orders of past campaigns to see whether forecasts held.")
    missed = [row for row in rows if abs(2 * row["cdf"] - 1) >= RANGE]
    inside = len(rows) - len(missed)
    earned = [row for row in rows if row["profit_p10"] <= row["profit"] <= row["profit_p90"]]
    paid = table[table["profit"].notna()]
    of = counted(len(rows), "campaign")
    title = f"{count(inside)} of {of} sold within our {percent(RANGE)} range"
    held = "Mostly" if 2 * inside > len(rows) else "Partly"
    answer = "Yes" if not missed else "No" if inside < max(RANGE * len(rows) - 1, 1) else held
    outside = [
        f"{handle(row['campaign'])} brought {'more' if row['cdf'] > 0.5 else 'fewer'} orders than forecast "
        f"({count(row['orders'])}, against {count(row['orders_p10'])} to {count(row['orders_p90'])})"
        for row in missed
    ]
    earned_total, expected_total = (money(paid[name].sum(), currency) for name in ("profit", "profit_p50"))
    within = f"{count(len(earned))}{'' if len(paid) == len(rows) else f' of {count(len(paid))}'}"
    sentence = (
        f"{answer}. {title}, and {within} earned within it, each forecast without its own "
        f"results. Together they earned {earned_total}; the middle of the forecasts was {expected_total}."
    )
    if paid.empty:
        sentence = f"{answer}. {title}, each forecast without its own results."
    return Finding(title, " ".join([sentence, *_unpaid(table), *(f"{each}." for each in outside)]))


def _unpaid(table: pd.DataFrame) -> list[str]:
    """Return that creators are not in the profits, where a cost or revenue is unknown."""
    n = int(table["unpaid"].sum())
    return [f"Profits leave out {counted(n, 'creator')} whose cost or revenue is unknown."] if n else []


def campaign_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the campaigns as they are read: orders and profit that came, each beside its forecast."""
    return pd.DataFrame(
        {
            "campaign": [handle(name) for name in table["campaign"]],
            "creators": table["creators"],
            "orders": table["orders"],
            "orders forecast": _range(table, "orders", count),
            "profit": table["profit"],
            "profit forecast": _range(table, "profit", significant),
        }
    )


def _range(table: pd.DataFrame, figure: str, write: Callable[[float], str]) -> list[str]:
    ends = zip(*(table[f"{figure}_{end}"] for end in ("p10", "p50", "p90")), strict=True)
    return [
        MISSING if math.isnan(middle) else f"{write(middle)} ({write(low)} to {write(high)})"
        for low, middle, high in ends
    ]


def taught(table: pd.DataFrame) -> Finding:
    """Return which campaign moved the orders per 100 clicks most, and how; table: as `backtest.campaigns`."""
    moves = [
        (abs(math.log(row[f"{side}_after"] / row[f"{side}_before"])), side, row)
        for row in table.to_dict("records")
        for side in ("nano", "macro")
        if row[f"{side}_before"] > 0 and row[f"{side}_after"] > 0
    ]
    if not moves:
        return Finding.of("No campaign has taught anything yet")
    _, side, row = max(moves, key=lambda move: move[0])
    before, after = row[f"{side}_before"], row[f"{side}_after"]
    title = f"{handle(row['campaign'])} taught most"
    change = f"from {significant(before)} to {significant(after)} orders per 100 {side} clicks"
    return Finding(f"{title}: {change}", f"{title}: it moved what we believe {change}.")


def taught_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the orders per 100 clicks believed without each campaign, and with all of them."""
    sides = {f"{side} {words}": f"{side}_{when}" for side in ("nano", "macro")
             for words, when in (("without it", "before"), ("with all", "after"))}  # fmt: skip
    columns = {
        words: [MISSING if math.isnan(number) else significant(number) for number in table[name]]
        for words, name in sides.items()
    }
    return pd.DataFrame({"campaign": [handle(name) for name in table["campaign"]], **columns})


def calibration(coverage: pd.DataFrame, *, strict: bool = False) -> Finding:
    """Return whether the intervals of nano posts held the share that they promised.

    coverage: tier, level, n, coverage, low, high, as `backtest.coverage`. strict: said of a check that saw
    nothing later than its forecasts.
    """
    rows = coverage[coverage["tier"].astype(str) == "nano"]
    if rows.empty or int(rows["n"].iloc[0]) < LEAST_POSTS:
        none = "Too few nano creators with a second post"
        n = 0 if rows.empty else int(rows["n"].iloc[0])
        return Finding(none, f"{none} to check forecasts: {counted(n, 'post')} could be forecast.")
    main = rows[rows["level"] == RANGE].to_dict("records")[0]
    title = f"{percent(main['coverage'])} of posts fell inside our {percent(RANGE)} ranges"
    others = rows[rows["level"] != RANGE].to_dict("records")
    shares = [f"{percent(row['coverage'])} inside our {percent(row['level'])} ranges" for row in others]
    posts = counted(main["n"], "nano post")
    start = (
        f"Using only earlier posts: of {posts},"
        if strict
        else f"{'No' if main['high'] < main['level'] else 'Yes'}. Of {posts} we had not seen,"
    )
    shares_inside = [f"{percent(main['coverage'])} fell inside our {percent(RANGE)} ranges", *shares]
    wrong = [
        f"Our {percent(row['level'])} ranges were {_judged(row)}." for row in (main, *others) if _judged(row)
    ]
    return Finding(title, " ".join([f"{start} {listed(shares_inside)}.", *wrong, *_elsewhere(coverage)]))


def _elsewhere(coverage: pd.DataFrame) -> list[str]:
    """Return the other tiers whose intervals did not hold."""
    rows = coverage[
        (coverage["level"] == RANGE)
        & (coverage["tier"].astype(str) != "nano")
        & (coverage["n"] >= LEAST_POSTS)
    ].to_dict("records")
    wrong = [
        f"{_judged(row)} for {row['tier']} ({percent(row['coverage'])} of {count(row['n'])})"
        for row in rows
        if _judged(row)
    ]
    return [f"They were {listed(wrong)}."] if wrong else []


def _judged(row: Mapping[Hashable, float]) -> str:
    """Return what is wrong with a range beyond chance; nothing where it held what it promised."""
    if row["high"] < row["level"]:
        return "too narrow"
    return "wider than needed" if row["low"] > row["level"] else ""


def evenness(counts: pd.DataFrame) -> Finding:
    """Return whether posts fell evenly over their forecasts (`pit_counts`), or to which side they lean."""
    total, parts = int(counts["posts"].sum()), len(counts)
    if total < LEAST_POSTS:
        return Finding.of("Too few forecasts to tell whether they lean")
    outside = int(((counts["posts"] < counts["low"]) | (counts["posts"] > counts["high"])).sum())
    place = (counts["start"] + counts["end"]) / 2
    mean = float((place * counts["posts"]).sum() / total)
    off = (mean - 0.5) / math.sqrt(1 / (12 * total))
    if abs(off) >= SURE:
        title = f"Forecasts were slightly too {'low' if off > 0 else 'high'}"
        where = f"on average posts lay at {percent(mean)} of their forecast, not at 50%"
        return Finding(title, f"{title}: {where}, over {counted(total, 'post')}.")
    if outside <= math.ceil(LUCK * parts):
        return Finding.of(f"Forecasts lean to no side: {parts - outside} of {parts} parts as expected")
    return Finding.of(f"Posts fell unevenly: {outside} of {parts} parts are beyond chance")


def coverage_by_past(by_past: pd.DataFrame) -> Finding:
    """Return for how many past posts the intervals do not hold; groups of fewer than 20 posts aside."""
    rows = by_past[(by_past["level"] == RANGE) & (by_past["n"] >= LEAST_POSTS)]
    if rows.empty:
        return Finding.of("Too few forecasts to compare creators by their posts")
    records = rows.to_dict("records")
    shares = [
        f"{percent(row['coverage'])} after {row['n_past']} ({counted(row['n'], 'post')})" for row in records
    ]
    first, last = (str(rows["n_past"].iloc[at]) for at in (0, -1))
    title = f"Forecasts are reliable after {_past(first)}"
    if len(rows) > 1:
        title = f"Forecasts are as reliable after {_past(first)} as after {last}"
    if wrong := [row for row in records if _judged(row)]:
        title = "Ranges are " + listed([f"{_judged(row)} after {_past(str(row['n_past']))}" for row in wrong])
    return Finding(title, f"{title}. Our {percent(RANGE)} ranges held {listed(shares)}.")


def _past(number: str) -> str:
    return f"{number} {'post' if number == '1' else 'posts'}"


def gains_over_baselines(gains: pd.DataFrame) -> Finding:
    """Return how much better the forecasts score than each plain one, and where that may be chance."""
    rows = gains[(gains["tier"].astype(str) == "nano") & gains["gain"].notna()]
    if rows.empty or int(rows["n"].iloc[0]) < LEAST_POSTS:
        return Finding.of("Too few nano forecasts to compare with plain ones")
    known = set(rows["baseline"])
    scores = sorted(rows.to_dict("records"), key=lambda row: -row["gain"])
    clear = [row for row in scores if abs(row["gain"]) >= SURE * row["gain_se"]]
    ahead = [
        f"{percent(row['gain'])} better than {_plain(row['baseline'])}" for row in clear if row["gain"] > 0
    ]
    behind = [
        f"{percent(-row['gain'])} worse than {_plain(row['baseline'])}" for row in clear if row["gain"] < 0
    ]
    unclear = [_plain(row["baseline"]) for row in scores if row not in clear]
    parts = [f"Our forecasts are {listed([*ahead, *behind])}."] if clear else []
    parts += [f"They are not clearly different from {listed(unclear)}."] if unclear else []
    parts += [] if "constant" in known else ["No published rate to compare with is known."]
    if len(ahead) == len(scores):
        title = f"Our forecasts beat all {len(scores)} plain rules"
    else:
        title = f"Our forecasts beat {len(ahead)} of {len(scores)} plain rules"
    return Finding(title, " ".join(parts))


def _plain(baseline: str) -> str:
    value = percent(float(benchmarks.reference()["value"]))
    return {
        "own": "the creator's own average",
        "tier": "the average for the size",
        "constant": f"assuming {value} for everyone",
    }[baseline]


def shared_luck(luck: PostCorrelation) -> Finding:
    """Return whether posts of one period share luck, and how many creators a campaign is then worth."""
    number = f"{counted(luck.n, 'post')} in {counted(luck.n_periods, luck.period)} with more than one"
    if math.isnan(luck.rho + luck.low + luck.high):
        none = "Too few posts to tell whether creators share luck"
        return Finding(none, f"{none}: {number}.")
    estimate = f"correlation {luck.rho:.2f}, range {luck.low:.2f} to {luck.high:.2f}, {number}".replace(
        " -", " −"
    )
    if luck.low > 0:
        worth = significant(risk.effective_n(MANY, luck.used))
        title = f"Creators of one {luck.period} share luck: {MANY} count as {worth}"
        return Finding(
            title,
            f"Yes, within one {luck.period}: {MANY} creators are as safe as {worth} unrelated ones "
            f"({estimate}).",
        )
    title = f"No shared luck seen within one {luck.period}"
    return Finding(title, f"We see no sign of it in engagement ({estimate}). Orders may differ.")


def campaign_totals(coverage: pd.DataFrame, *, size: int) -> Finding:
    """Return whether totals of so many creators fell into their intervals, by time and by lot."""
    rows = coverage[(coverage["size"] == size) & (coverage["level"] == RANGE)].to_dict("records")
    by_kind = {(row["grouping"], row["luck"]): row for row in rows}
    if not by_kind:
        return Finding.of("Too few forecasts to add up to a campaign")
    kinds = (("time", "independent"), ("lot", "independent"), ("time", "shared"))
    main, lot, shared = (by_kind[kind] for kind in kinds)
    title = f"{percent(main['coverage'])} of totals fell inside our {percent(RANGE)} ranges"
    verdict = (
        f"The ranges of totals were {_judged(main)}" if _judged(main) else "Totals were forecast well too"
    )
    return Finding(
        title,
        f"{verdict}: of {counted(main['n'], 'total')} of {size} creators, {percent(main['coverage'])} fell "
        f"inside our {percent(RANGE)} ranges. Grouped at random it was {percent(lot['coverage'])}; with "
        f"shared luck in the forecast {percent(shared['coverage'])}.",
    )


def results_to_date(state: ResultsToDate | None) -> Finding:
    """Return where a campaign stands against its forecast, and the odds of still reaching its target."""
    if state is None:
        return Finding.of("No campaign results yet: nothing to compare with a forecast")
    name = handle(state.campaign)
    if not state.posted:
        none = f"{name}: nobody with known orders has a follower count"
        return Finding(shortened(none), f"{none}, so nothing is forecast.{_doubt(state)}")
    so_far = state.forecast[state.forecast["stage"] == "so far"].to_dict("records")[0]
    side = "within"
    if not UNUSUAL <= state.percentile <= 1 - UNUSUAL:
        side = "above" if state.percentile > 0.5 else "below"
    if state.orders + state.other_orders >= state.target:
        aim = f"the target of {count(state.target)} is reached"
    else:
        aim = f"the target of {count(state.target)} has a {percent(state.p_target)} chance"
    pending = counted(state.pending, "creator") if state.pending else "nobody"
    so_far_words = f"{counted(state.orders, 'order')} so far from {counted(state.posted, 'creator')}"
    middle = f"{side} the forecast of {count(so_far['p10'])} to {count(so_far['p90'])}"
    return Finding(
        shortened(f"{name}: {counted(state.orders, 'order')}, {aim}"),
        f"{name}: {so_far_words}, {middle}. With {pending} still to post, {aim}.{_doubt(state)}",
    )


def _doubt(state: ResultsToDate) -> str:
    out = state.left_out
    besides = f" with {counted(state.other_orders, 'order')}, which count towards the target"
    left = f" Not forecast, for want of a follower count or orders: {counted(out, 'creator')}" if out else ""
    left += f"{besides if state.other_orders else ''}." if out else ""
    if state.effective >= LEAST_WORLDS:
        return left
    few = f"{count(round(state.effective))} of {count(state.n_worlds)} simulated campaigns fit these orders"
    return f"{left} Only {few}: take the odds as rough."


def checked_rows(
    campaigns: pd.DataFrame,
    coverage: pd.DataFrame,
    gains: pd.DataFrame,
    by_tier: pd.DataFrame,
    luck: PostCorrelation,
) -> pd.DataFrame:
    """Return how good forecasts of campaigns and posts were, and the spreads and shared luck behind them.

    campaigns: as `backtest.campaigns`. coverage, gains: as `backtest.coverage` and `backtest.gains` of the
    held-out posts, by tier. by_tier: as `engagement.by_tier` of all posts. A number that the posts cannot
    tell is missing.
    """
    coverage_rows, gain_rows, spread_rows = (
        frame[frame["tier"].astype(str) == "nano"].to_dict("records") for frame in (coverage, gains, by_tier)
    )
    levels, baselines = (
        {row["level"]: row for row in coverage_rows},
        {row["baseline"]: row for row in gain_rows},
    )
    sold = (2 * campaigns["cdf"].astype("float64") - 1).abs() < RANGE
    share = float(sold.mean()) if len(sold) else math.nan
    rows = [Metric.of("coverage_80_campaigns", share, "measured", n=len(sold))]
    rows += [_coverage_metric(levels.get(level, {}), level) for level in LEVELS]
    rows += [_gain_metric(baselines.get(name, {}), name) for name in BASELINES]
    rows += [_spread(spread_rows[0] if spread_rows else {}, name) for name in ("sd_between", "sd_within")]
    ends, words = (luck.low, luck.high), {"tier": "nano", "period": luck.period or "month"}
    shared = Metric.of("rho_{tier}", luck.rho, "estimated", *ends, n=luck.n, words=words)
    return pd.DataFrame([*rows, shared])


def _coverage_metric(row: Mapping[Hashable, float], level: float) -> Metric:
    value, low, high = (row.get(each, math.nan) for each in ("coverage", "low", "high"))
    words = {"level": f"{100 * level:.0f}", "tier": "nano", "name": "Nano"}
    return Metric.of("coverage_{level}_{tier}", value, "measured", low, high, n=row.get("n", 0), words=words)


def _gain_metric(row: Mapping[Hashable, float], rival: str) -> Metric:
    gain, se = row.get("gain", math.nan), row.get("gain_se", math.nan)
    numbers = gain, "measured", gain - Z95 * se, gain + Z95 * se, se, row.get("n", 0)
    return Metric.of(f"crps_gain_vs_{rival}", *numbers, words={"name": "Nano"})


def _spread(row: Mapping[Hashable, Any], name: str) -> Metric:
    measured = row.get(f"{name}_basis") == "measured"
    value, se = row.get(name, math.nan), row.get(f"{name}_se", math.nan)
    basis, ends = "estimated" if measured else "assumed", (value - Z95 * se, value + Z95 * se)
    spread = Metric.of(f"{name}_{{tier}}", value, basis, *ends, se, row.get("n_posts", 0), {"tier": "nano"})
    return spread if measured else spread._replace(formula=engagement.PUBLISHED)
