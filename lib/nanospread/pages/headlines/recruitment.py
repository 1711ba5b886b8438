"""Rows of page 06: how many to contact, what comes of it, how long it takes, what a post costs."""

import math

import pandas as pd

from nanospread.campaign.recruitment import Content, Funnel, Needed, Offers, Range, Rate


def recruitment(
    funnel: Funnel, needed: Needed, content: Content, offers: Offers, as_is: Rate, *, currency: str
) -> pd.DataFrame:
    """Return contacts needed, posts per contact, days to a post, cost per live post, and the share as is.

    Intervals are 80 %: of the next campaign's rates. n is contacts, creators or decided trials of the log,
    missing where a number rests on several of them.
    """
    rows = [
        *_contacts(funnel, needed),
        _row(
            "days_to_post_median", "Days from contact to a live post, median of those who post",
            Range(content.median, content.median_low, content.median_high), funnel.live.dates, "days",
            funnel.live.basis, "median of a log-normal delay; dates cut off by the log's end",
        ),
        *_offers(offers, currency),
        _row(
            "as_is_rate", "Agreed briefs taken without a change of terms", Range(as_is.mean, *as_is.interval),
            _decided(as_is), "share", as_is.basis, "mean of the next campaign's rate, beta-binomial",
        ),
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _contacts(funnel: Funnel, needed: Needed) -> list[dict[str, object]]:
    stages = funnel.stages.set_index("stage")
    wish = f"{needed.posts} posts by day {needed.days:g}"
    number = int(stages["of"].iloc[0])
    ends = stages.loc["posted", ["from_contacts", "from_low", "from_high"]].astype(float)
    none = math.nan
    return [
        _row(
            "contacts_needed", f"Contacts needed for a chance of {needed.chance:.0%} of {wish}",
            Range(needed.contacts, none, none), number, "creators", needed.basis,
            "fewest n with P(posts >= N | n) >= chance, over the next campaign's rates",
        ),
        _row(
            "contacts_by_mean", f"Contacts that the mean rate asks for, {wish}",
            Range(needed.naive, none, none), number, "creators", needed.basis,
            "posts / mean rate by that day",
        ),
        _row(
            "posts_per_contact", "Posts per contact", Range(*ends), number, "share", needed.basis,
            "product of the next campaign's reply, accept and post rates",
        ),
    ]  # fmt: skip


def _offers(offers: Offers, currency: str) -> list[dict[str, object]]:
    names = {"gift": "gifted", "fee": "paid"}
    costs = [
        _row(
            f"cost_per_live_post_{row['offer']}", f"Cost per live post, {names[str(row['offer'])]}",
            Range(row["cost"], row["low"], row["high"]), math.nan, currency, str(row["basis"]),
            "(goods + shipping + labour / (reply x accept)) / post rate + fee, at the expected rates",
        )
        for row in offers.costs.to_dict("records")
    ]  # fmt: skip
    basis = "measured" if (offers.costs["basis"] == "measured").all() else "assumed"
    return [
        *costs,
        _row(
            "indifference_fee", "Fee above which a gift is cheaper", offers.indifference, math.nan, currency,
            basis, "fee at which gift and fee cost the same per live post",
        ),
        _row(
            "break_even_post_rate", "Post rate above which a gift is cheaper", offers.break_even, math.nan,
            "share", basis, "gift's cost per agreed creator / cost per live post with the fee",
        ),
    ]  # fmt: skip


def _row(
    metric: str, label: str, found: Range, n: float, unit: str, basis: str, formula: str
) -> dict[str, object]:
    return {
        "metric": metric,
        "label": label,
        "value": float(found.value),
        "low": float(found.low),
        "high": float(found.high),
        "n": n,
        "unit": unit,
        "basis": basis,
        "formula": formula,
    }


def _decided(rate: Rate) -> int:
    return round(sum(each.number for each in rate.trials))
