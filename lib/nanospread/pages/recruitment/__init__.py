"""How many creators to contact, what to offer, how long it takes, how many write first or agree as is."""

import pandas as pd

from nanospread.campaign.recruitment import (
    Funnel,
    InboundCreators,
    Offers,
    Range,
    Rate,
    RequiredContacts,
    TimeToPost,
)
from nanospread.core.formatting import Finding, capital, count, counted, money, percent, significant
from nanospread.pages.plans import UNLESS
from nanospread.pages.show import Metric
from nanospread.study import Recruitment

SAID = {"measured": "measured from your outreach log", "assumed": "assumed, until your outreach log tells it"}
STAGES = {
    "replied": "reply",
    "agreed": "agree, of those who reply",
    "shipped": "get their parcel, of those who agree",
    "posted": "post, of those before",
    "on time": "post in time, of those who post",
}


def outreach_funnel(funnel: Funnel) -> Finding:
    """Return how many contacts come to a post, the range of the next campaign, and the narrowest step."""
    stages = funnel.stages.set_index("stage")
    until = stages.loc[:"posted"]
    expected = float(until["from_contacts"].iloc[-1])
    low, high = (percent(float(until[name].iloc[-1])) for name in ("from_low", "from_high"))
    posting = significant(100 * expected) if expected < 0.1 else count(100 * expected)
    lost = str(until["rate"].idxmin())
    narrowest = f"{percent(float(until['rate'].min()))} {STAGES[lost]}"
    title = f"Of 100 creators contacted, {posting} post"
    return Finding(
        title,
        f"{title}. It depends on the campaign: {low} to {high} in 8 of 10 cases. The narrowest step is that "
        f"only {narrowest}. {_said(until['basis'].tolist())}{_undated(funnel.undated)}",
    )


def _undated(number: int) -> str:
    if not number:
        return ""
    return f" {counted(number, 'contact')} without a date {'count' if number > 1 else 'counts'} as decided."


def _said(bases: list[str]) -> str:
    if len(set(bases)) > 1:
        return "Some of these rates are measured from your outreach log, the others assumed."
    return f"These rates are {SAID[bases[0]]}."


def contacts_needed(needed: RequiredContacts, *, chosen: bool = True) -> Finding:
    """Return how many creators to contact for the posts wanted, and why the mean asks for too few.

    chosen: whether nano is what to buy.
    """
    wish, chance = f"{counted(needed.posts, 'live post')} within {_days(needed.days)}", percent(needed.chance)
    if not needed.contacts:
        title = f"Nobody must be contacted for {counted(needed.posts, 'live post')}"
        return Finding(
            title, f"Creators who write first bring {wish} with a chance of {percent(needed.reached)}."
        )
    extra = f" Creators who write first bring {significant(needed.inbound)} of the posts."
    write = f"{'Write to' if chosen else UNLESS} {counted(needed.contacts, 'creator')}"
    return Finding(
        f"{write} for {counted(needed.posts, 'live post')}",
        f"{write} to be {chance} sure of {wish}. The average rate "
        f"alone asks for {count(needed.naive)}, but these reach it in only {percent(needed.naive_chance)} of "
        f"cases, since campaigns differ.{extra if needed.inbound > 0 else ''} The rates are "
        f"{SAID[needed.basis]}.",
    )


def _days(days: float) -> str:
    weeks = days / 7
    return counted(weeks, "week") if weeks == int(weeks) else f"{days:g} days"


def gift_or_fee(offers: Offers, currency: str) -> Finding:
    """Return which offer costs less per live post, if rates are sure enough, and what would turn it."""
    cost = offers.costs.set_index("offer")["cost"]
    gift, fee = (money(float(cost[name]), currency) for name in ("gift", "fee"))
    verdict = _cheaper(offers.saving)
    paid = money(offers.fee.value, currency)
    return Finding(
        verdict,
        f"{verdict}. A live post costs {gift} with a gift and {fee} with a fee of {paid}, for a creator of "
        f"{significant(offers.followers)} followers. {_difference(offers.saving, currency)}. "
        f"{_indifference(offers, currency)} {_break_even(offers)}",
    )


def _cheaper(saving: Range) -> str:
    if saving.low > 0:
        return "A gift is cheaper than a fee"
    return "A fee is cheaper than a gift" if saving.high < 0 else "Gift or fee: too close to call"


def _difference(saving: Range, currency: str) -> str:
    low, high = (money(each, currency) for each in saving[1:])
    if saving.low > 0:
        return f"The gift saves {money(saving.value, currency)} (80% range {low} to {high})"
    if saving.high < 0:
        less = [money(-each, currency) for each in saving]
        return f"The fee saves {less[0]} (80% range {less[2]} to {less[1]})"
    return f"What the gift saves lies between {low} and {high}"


def _indifference(offers: Offers, currency: str) -> str:
    if offers.indifference.value <= 0:
        return "At these rates a gift is cheaper than any fee."
    level, low, high = (money(each, currency) for each in offers.indifference)
    ends = f"{low} to {high}"
    return f"Both cost the same at a fee of {level} (80% range {ends}); a gift pays where fees are higher."


def _break_even(offers: Offers) -> str:
    now = percent(offers.gift_rate.value)
    if offers.break_even.value > 1:
        return f"Even if all gifted creators posted (now {now}), the fee would be cheaper."
    level = percent(offers.break_even.value)
    return f"The gift is level where {level} of gifted creators post; {now} are expected to."


def time_to_content(content: TimeToPost, days: float) -> Finding:
    """Return when half of the posts are live, and the share of those who agreed that is live by a day."""
    share, low, high = (percent(each) for each in content.by(days))
    half = f"{significant(content.median)} days"
    measured = content.basis == "measured"
    behind = f"{counted(content.agreed, 'creator')} agreed, {count(content.live)} are live so far"
    basis = f"{behind}; those still to post count as pending, not lost" if measured else SAID["assumed"]
    title = f"Half of all posts are live {half} after contact"
    return Finding(
        title,
        f"{title} (80% range {significant(content.median_low)} to {significant(content.median_high)}). "
        f"Within {_days(days)}, {share} of those who agreed are live ({low} to {high}). {capital(basis)}.",
    )


def briefs_as_is(rate: Rate) -> Finding:
    """Return the share of agreed briefs that are taken without a change of terms."""
    share, low, high = (percent(each) for each in (rate.mean, *rate.interval))
    title = f"{share} of creators who agree take your terms unchanged"
    return Finding(title, f"{title} (80% range {low} to {high}). This is {SAID[rate.basis]}.")


def inbound_creators(inbound: InboundCreators | None, days: float) -> Finding:
    """Return how many creators write first, and the posts to expect from them by a day."""
    if inbound is None:
        none = "No creator wrote first, or the log does not tell"
        return Finding(none, f"{none}; all posts must come from contacts.")
    weekly = significant(float(inbound.weekly.mean()))
    posts = significant(float(inbound.posts_by(days).mean()))
    title = f"Creators who write first bring {posts} posts in {_days(days)}"
    return Finding(
        title,
        f"{counted(inbound.number, 'creator')} wrote first in {significant(inbound.weeks)} weeks, {weekly} a "
        f"week. Expect them to add {posts} posts in {_days(days)}, at no cost of contact.",
    )


def checked_rows(recruiting: Recruitment, *, currency: str) -> pd.DataFrame:
    """Return contacts needed, posts per contact, days to a post, cost per live post, and the share as is.

    Intervals are 80 %: of the next campaign's rates. n is contacts, creators or decided trials of the log,
    missing where a number rests on several of them.
    """
    content, live, as_is = recruiting.content, recruiting.funnel.live, recruiting.as_is
    decided = round(sum(each.number for each in as_is.trials))
    days = content.median, live.basis, content.median_low, content.median_high
    rows = [
        *_contacts(recruiting.funnel, recruiting.needed),
        Metric.of("days_to_post_median", *days, n=live.dates),
        *_offers(recruiting.offers, currency),
        Metric.of("as_is_rate", as_is.mean, as_is.basis, *as_is.interval, n=decided),
    ]
    return pd.DataFrame(rows)


def _contacts(funnel: Funnel, needed: RequiredContacts) -> list[Metric]:
    stages = funnel.stages.set_index("stage")
    wish, basis = {"posts": needed.posts, "days": needed.days, "chance": needed.chance}, needed.basis
    number = int(stages["of"].iloc[0])
    share, low, high = (float(stages[name]["posted"]) for name in ("from_contacts", "from_low", "from_high"))
    return [
        Metric.of("contacts_needed", needed.contacts, basis, n=number, words=wish),
        Metric.of("contacts_by_mean", needed.naive, basis, n=number, words=wish),
        Metric.of("posts_per_contact", share, basis, low, high, n=number),
    ]


def _offers(offers: Offers, currency: str) -> list[Metric]:
    rows, money = offers.costs[["offer", "cost", "basis", "low", "high"]], {"currency": currency}
    costs = [
        Metric.of(f"cost_per_live_post_{offer}", cost, basis, low, high, words=money)
        for offer, cost, basis, low, high in rows.itertuples(index=False, name=None)
    ]
    basis = "measured" if (offers.costs["basis"] == "measured").all() else "assumed"
    fee, even = offers.indifference, offers.break_even
    return [
        *costs,
        Metric.of("indifference_fee", fee.value, basis, fee.low, fee.high, words=money),
        Metric.of("break_even_post_rate", even.value, basis, even.low, even.high),
    ]
