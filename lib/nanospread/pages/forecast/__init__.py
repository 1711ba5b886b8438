"""Whether forecasts held what they promised, what they gain, whether creators share luck, what is to come.

"Too narrow" and "too wide" are said only where the share held misses the promised one by more than its own
95 % interval.
"""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from nanospread.campaign import risk
from nanospread.campaign.backtest import BASELINES, LEVELS, Luck, ToDate
from nanospread.core.estimates import SURE, Z95
from nanospread.core.formatting import (
    Finding,
    capital,
    count,
    counted,
    handle,
    listed,
    odds,
    percent,
    shortened,
    significant,
)
from nanospread.creators import benchmarks
from nanospread.pages import engagement
from nanospread.pages.show import Metric

HELD = "as promised"
LEAST_POSTS = 20  # under which a share says nothing
LEAST_WORLDS = 100  # that must carry an answer
MANY = 50  # creators of a campaign, to say what shared luck does
LUCK = 0.05  # of parts lie outside the band of chance by chance
UNUSUAL = 0.1  # of forecasts are missed by more, on each side


def calibration(
    coverage: pd.DataFrame, *, tier: str = "nano", level: float = 0.8, strict: bool = False
) -> Finding:
    """Return whether the tier's intervals held the share of posts that they promised.

    coverage: tier, level, n, coverage, low, high, as `backtest.coverage`. strict: said of a check that saw
    nothing later than its forecasts.
    """
    rows = coverage[coverage["tier"].astype(str) == tier]
    if rows.empty or int(rows["n"].iloc[0]) < LEAST_POSTS:
        none = f"Too few {tier} creators with a second post to check forecasts"
        n = 0 if rows.empty else int(rows["n"].iloc[0])
        return Finding(none, f"{none}: {counted(n, 'post')} could be forecast from earlier ones.")
    main = rows[rows["level"] == level].to_dict("records")[0]
    share = f"{percent(main['coverage'])} of {counted(main['n'], f'{tier} post')}"
    held = f"{percent(level)} intervals held {share}"
    others = [
        f"the {percent(row['level'])} intervals {percent(row['coverage'])} ({_judged(row)})"
        for row in rows[rows["level"] != level].to_dict("records")
    ]
    start = "With nothing later than the forecast seen, the" if strict else "The"
    interval = f"95% interval {percent(main['low'])} to {percent(main['high'])}"
    sentence = f"{start} {held} ({interval}): {_judged(main)}; {listed(others)}."
    return Finding(f"{held}: {_judged(main)}", sentence + _elsewhere(coverage, tier, level))


def _elsewhere(coverage: pd.DataFrame, tier: str, level: float) -> str:
    """Return the other tiers whose intervals did not hold."""
    rows = coverage[
        (coverage["level"] == level) & (coverage["tier"].astype(str) != tier) & (coverage["n"] >= LEAST_POSTS)
    ].to_dict("records")
    wrong = [
        f"{_judged(row)} for {row['tier']} ({percent(row['coverage'])} of {count(row['n'])})"
        for row in rows
        if _judged(row) != HELD
    ]
    return f" They were {listed(wrong)}." if wrong else ""


def _judged(row: Mapping[Hashable, float]) -> str:
    if row["high"] < row["level"]:
        return "too narrow"
    return "wider than need be" if row["low"] > row["level"] else HELD


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
        side = "low" if off > 0 else "high"
        title = f"Forecasts ran a little {side}: posts lay at {percent(mean)} of them on average, not 50%"
    elif outside <= math.ceil(LUCK * parts):
        title = f"Posts fell evenly over their forecasts: {parts - outside} of {parts} parts inside chance"
    else:
        title = f"Posts fell unevenly over their forecasts: {outside} of {parts} parts outside chance"
    return Finding(title, f"{title}, from {counted(total, 'post')}.")


def coverage_by_past(by_past: pd.DataFrame, *, level: float = 0.8) -> Finding:
    """Return for how many past posts the intervals do not hold; groups of fewer than 20 posts aside."""
    rows = by_past[(by_past["level"] == level) & (by_past["n"] >= LEAST_POSTS)]
    if rows.empty:
        return Finding.of("Too few forecasts to tell creators with many posts from those with few")
    shares = [
        f"{percent(row['coverage'])} after {row['n_past']} ({count(row['n'])} posts)"
        for row in rows.to_dict("records")
    ]
    wrong = [row for row in rows.to_dict("records") if _judged(row) != HELD]
    first, last = (str(rows["n_past"].iloc[at]) for at in (0, -1))
    verdict = f"hold after {_past(first)}"
    if wrong:
        verdict = "are " + listed([f"{_judged(row)} after {_past(str(row['n_past']))}" for row in wrong])
    elif len(rows) > 1:
        verdict += f" as after {last}"
    title = f"{percent(level)} intervals {verdict}"
    return Finding(title, f"{title}: they held {listed(shares)}.")


def _past(number: str) -> str:
    return f"{number} past {'post' if number == '1' else 'posts'}"


def gains_over_baselines(gains: pd.DataFrame, *, tier: str = "nano") -> Finding:
    """Return how much better the forecasts score than each plain one, and where that may be chance."""
    rows = gains[(gains["tier"].astype(str) == tier) & gains["gain"].notna()]
    if rows.empty or int(rows["n"].iloc[0]) < LEAST_POSTS:
        return Finding.of(f"Too few {tier} forecasts to compare with plain ones")
    scores = sorted(rows.to_dict("records"), key=lambda row: BASELINES.index(row["baseline"]))
    clear = [row for row in scores if abs(row["gain"]) >= SURE * row["gain_se"]]
    ahead = [f"{_plain(row['baseline'])} by {percent(row['gain'])}" for row in clear if row["gain"] > 0]
    behind = [f"{_plain(row['baseline'])} by {percent(-row['gain'])}" for row in clear if row["gain"] < 0]
    unclear = [_plain(row["baseline"]) for row in scores if row not in clear]
    parts = [f"Forecasts beat {listed(ahead)}"] if ahead else []
    parts += [f"{'they' if ahead else 'forecasts'} lose to {listed(behind)}"] if behind else []
    parts += [f"no clear difference from {listed(unclear)}"] if unclear else []
    verdict = capital("; ".join(parts))
    scored = "Scored by the CRPS of log ER, the mean distance of what was forecast from what came"
    number = counted(rows["n"].iloc[0], f"{tier} post")
    return Finding(shortened(verdict), f"{verdict}. {scored}, over {number}.")


def _plain(baseline: str) -> str:
    value = percent(float(benchmarks.reference()["value"]))
    return {"own": "the own mean", "tier": "the tier", "constant": f"a constant {value}"}[baseline]


def shared_luck(luck: Luck) -> Finding:
    """Return whether posts of one period share luck, and how many creators a campaign is then worth."""
    number = f"{counted(luck.n, 'post')} in {counted(luck.n_periods, luck.period)} with more than one"
    if math.isnan(luck.rho + luck.low + luck.high):
        none = "Too few posts to tell whether creators share their luck"
        return Finding(none, f"{none}: {number}.")
    seen = f"correlation {luck.rho:.3f}, 95% interval {luck.low:.3f} to {luck.high:.3f}, from {number}"
    if luck.low > 0:
        worth = significant(risk.effective_n(MANY, luck.used))
        title = f"Creators of one {luck.period} share luck: {MANY} count as {worth}"
        return Finding(title.replace("-", "−"), f"{title} independent ones ({seen}).".replace(" -", " −"))
    least = significant(risk.effective_n(MANY, min(max(luck.high, 0.0), 1.0)))
    title = f"No shared luck seen within one {luck.period}: {MANY} creators count as {least} or more"
    return Finding(title, f"{title} ({seen}). That is engagement; orders may share more.".replace(" -", " −"))


def campaign_totals(coverage: pd.DataFrame, *, size: int, level: float = 0.8) -> Finding:
    """Return whether totals of so many creators fell into their intervals, by time and by lot."""
    rows = coverage[(coverage["size"] == size) & (coverage["level"] == level)].to_dict("records")
    by_kind = {(row["grouping"], row["luck"]): row for row in rows}
    if not by_kind:
        return Finding.of("Too few forecasts to add up to a campaign")
    kinds = (("time", "independent"), ("lot", "independent"), ("time", "shared"))
    main, lot, shared = (by_kind[kind] for kind in kinds)
    held = f"{percent(main['coverage'])} of {counted(main['n'], 'total')} of {size} creators"
    title = f"The {percent(level)} range held {held}: {_judged(main)}"
    interval = f"95% interval {percent(main['low'])} to {percent(main['high'])}"
    return Finding(
        title,
        f"{title} ({interval}), creators of the same time together. Put together by lot it held "
        f"{percent(lot['coverage'])}, and by time with the shared luck put in {percent(shared['coverage'])}.",
    )


def results_to_date(state: ToDate | None) -> Finding:
    """Return where a campaign stands against its forecast, and the odds of still reaching its target."""
    if state is None:
        none = "No campaign results yet"
        return Finding(none, f"{none}: nothing to set beside a forecast.")
    who = handle(state.campaign)
    if not state.posted:
        none = f"{who}: no creator with results has a follower count"
        return Finding(shortened(none), f"{none}, so nothing is forecast.{_doubt(state)}")
    so_far = state.forecast[state.forecast["stage"] == "so far"].to_dict("records")[0]
    where = "as forecast"
    if not UNUSUAL <= state.percentile <= 1 - UNUSUAL:
        where = f"{'above' if state.percentile > 0.5 else 'below'} the forecast"
    if state.orders + state.other_orders >= state.target:
        aim = f"the target of {count(state.target)} is reached"
    else:
        aim = f"{odds(state.p_target)} to reach {count(state.target)}"
    seen = f"{counted(state.posted, 'creator')} brought {counted(state.orders, 'order')}, {where}"
    middle = f"the middle 80% of the forecast was {count(so_far['p10'])} to {count(so_far['p90'])}"
    implied = (
        f"That implies a kappa of {significant(state.kappa)} (80% interval {significant(state.kappa_low)} to "
        f"{significant(state.kappa_high)})"
    )
    return Finding(
        shortened(f"{who}: {counted(state.orders, 'order')} so far, {aim}"),
        f"{who}: {seen} ({middle}). {implied}. {_pending(state)}: {aim}.{_doubt(state)}",
    )


def _pending(state: ToDate) -> str:
    if not state.pending:
        return "Nobody who accepted is still to post"
    verb = "has" if state.pending == 1 else "have"
    return f"{counted(state.pending, 'creator')} accepted and {verb} not posted"


def _doubt(state: ToDate) -> str:
    out = state.left_out
    besides = f" with {counted(state.other_orders, 'order')}, which count towards the target"
    left = f" Not forecast, for want of a follower count: {counted(out, 'creator')}" if out else ""
    left += f"{besides if state.other_orders else ''}." if out else ""
    if state.effective >= LEAST_WORLDS:
        return left
    few = f"Only {counted(round(state.effective), 'world')} of {count(state.n_worlds)} fit these orders"
    return f"{left} {few}: take the odds as rough."


def checked_rows(
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
    ends, words = (luck.low, luck.high), {"tier": tier, "period": luck.period or "month"}
    shared = Metric.of("rho_{tier}", luck.rho, "estimated", *ends, n=luck.n, words=words)
    return pd.DataFrame([*rows, shared])


def _held(row: Mapping[Hashable, float], level: float, tier: str) -> Metric:
    value, low, high = (row.get(each, math.nan) for each in ("coverage", "low", "high"))
    words = {"level": f"{100 * level:.0f}", "tier": tier, "name": capital(tier)}
    return Metric.of("coverage_{level}_{tier}", value, "measured", low, high, n=row.get("n", 0), words=words)


def _gained(row: Mapping[Hashable, float], rival: str, tier: str) -> Metric:
    gain, se = row.get("gain", math.nan), row.get("gain_se", math.nan)
    numbers = gain, "measured", gain - Z95 * se, gain + Z95 * se, se, row.get("n", 0)
    return Metric.of(f"crps_gain_vs_{rival}", *numbers, words={"name": capital(tier)})


def _spread(row: Mapping[Hashable, Any], name: str, tier: str) -> Metric:
    measured = row.get(f"{name}_basis") == "measured"
    value, se = row.get(name, math.nan), row.get(f"{name}_se", math.nan)
    basis, ends = "estimated" if measured else "assumed", (value - Z95 * se, value + Z95 * se)
    spread = Metric.of(f"{name}_{{tier}}", value, basis, *ends, se, row.get("n_posts", 0), {"tier": tier})
    return spread if measured else spread._replace(formula=engagement.PUBLISHED)
