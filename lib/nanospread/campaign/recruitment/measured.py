"""Outreach log -> the rows of the brief that it can tell, to calibrate the campaign with."""

import pandas as pd

from nanospread.campaign.brief import Brief
from nanospread.campaign.recruitment import contacts
from nanospread.campaign.recruitment.contacts import days_between, told
from nanospread.campaign.recruitment.funnel import post_rate
from nanospread.campaign.recruitment.priors import LOG
from nanospread.campaign.recruitment.rates import Rate


def measured(
    outreach: pd.DataFrame, brief: Brief, *, as_of: pd.Timestamp
) -> dict[str, dict[str, float | str]]:
    """Return low, central, high, basis and source of the rates of the brief that the log can tell.

    reply_rate and accept_rate of the brief's offer, post_rate_gift and post_rate_fee of who agreed; each from
    `ENOUGH` resolved trials on. central is the mean of the next campaign's rate, low and high its 80 %
    interval. Rows that the brief's owner set are not among them.
    """
    return {
        name: _row(rate, as_of)
        for name, rate in _rates(outreach, brief, as_of).items()
        if rate.basis == "measured"
    }


def _rates(outreach: pd.DataFrame, brief: Brief, as_of: pd.Timestamp) -> dict[str, Rate]:
    known = brief.assumptions
    asked = contacts.outbound(outreach, brief.nano.offer)
    settled = contacts.reply_delay(asked, brief, as_of).views(days_between(asked["contacted_at"], as_of))
    found = {
        "reply_rate": contacts.rate(brief, known.reply_rate, asked, "replied", settled),
        "accept_rate": contacts.rate(brief, known.accept_rate, asked[told(asked["replied"])], "accepted"),
    }
    for offer in ("gift", "fee"):
        rows = contacts.outbound(outreach, offer)
        live = contacts.post_delay(rows, brief, as_of)
        agreed = rows[told(rows["accepted"])]
        found[f"post_rate_{offer}"] = post_rate(agreed, brief, as_of, offer, live)
    return found


def _row(rate: Rate, as_of: pd.Timestamp) -> dict[str, float | str]:
    low, high = rate.interval
    came, of = sum(each.successes for each in rate.trials), sum(each.number for each in rate.trials)
    return {
        "low": min(low, rate.mean),
        "central": rate.mean,
        "high": max(high, rate.mean),
        "basis": "measured",
        "source": f"{LOG}: {came:,} of {of:,.0f} decided, {as_of:%Y-%m-%d}; the next campaign's rate",
    }
