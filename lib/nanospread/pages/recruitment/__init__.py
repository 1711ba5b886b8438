"""How many creators to contact, what to offer, how long it takes, how many write first or agree as is."""

import pandas as pd

from nanospread.campaign.recruitment import Content, Funnel, Inbound, Needed, Offers, Range, Rate
from nanospread.core.formatting import TITLE, Finding, capital, count, counted, money, percent, significant
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
    expected, *ends = (float(until[name].iloc[-1]) for name in ("from_contacts", "from_low", "from_high"))
    share, low, high = (percent(each) for each in (expected, *ends))
    posting = significant(100 * expected) if expected < 0.1 else count(100 * expected)
    lost = str(until["rate"].idxmin())
    narrowest = f"{percent(float(until['rate'].min()))} {STAGES[lost]}"
    return Finding(
        f"Of 100 contacts {posting} post; a campaign may see {low} to {high}",
        f"{share} of contacts are expected to end in a post; the next campaign's share is within {low} and "
        f"{high} in 8 of 10 cases. The narrowest step: {narrowest}. {_said(until['basis'].tolist())}",
    )


def _said(bases: list[str]) -> str:
    if len(set(bases)) > 1:
        return "Some of these rates are measured from your outreach log, the others assumed."
    return f"These rates are {SAID[bases[0]]}."


def contacts_needed(needed: Needed) -> Finding:
    """Return how many creators to contact for the posts wanted, and why the mean asks for too few."""
    wish = f"{counted(needed.posts, 'post')} by day {needed.days:g}"
    chance, naive = percent(needed.chance), percent(needed.naive_chance)
    chance = f"{'an' if chance.startswith('8') else 'a'} {chance}"
    if not needed.contacts:
        text = f"Creators who write first bring at least {wish} with a chance of {percent(needed.reached)}."
        return Finding(f"Nobody must be contacted for {chance} chance of {wish}", text)
    title = f"Contact {counted(needed.contacts, 'creator')} for {chance} chance of {wish}"
    mean = f"; the mean says {count(needed.naive)}"
    extra = f" {significant(needed.inbound)} of the posts are expected from creators who write first."
    return Finding(
        title + (mean if len(title + mean) <= TITLE else ""),
        f"{counted(needed.contacts, 'contact')} reach at least {wish} with a chance of "
        f"{percent(needed.reached)}. The mean rate asks for {count(needed.naive)}, but these reach it only "
        f"with {naive}: rates differ from campaign to campaign, and a bad one must still do."
        f"{extra if needed.inbound > 0 else ''} The rates are {SAID[needed.basis]}.",
    )


def gift_or_fee(offers: Offers, currency: str) -> Finding:
    """Return which offer costs less per live post, if rates are sure enough, and what would turn it."""
    cost = offers.costs.set_index("offer")["cost"]
    gift, fee = (money(float(cost[name]), currency) for name in ("gift", "fee"))
    verdict = _cheaper(offers.saving)
    paid = money(offers.fee.value, currency)
    return Finding(
        f"{verdict}: a live post costs {gift} gifted, {fee} paid",
        f"A live post costs {gift} as a gift and {fee} with a fee of {paid} (for a creator of "
        f"{significant(offers.followers)} followers): {_difference(offers.saving, currency)}. "
        f"{_indifference(offers, currency)} {_break_even(offers)}",
    )


def _cheaper(saving: Range) -> str:
    if saving.low > 0:
        return "A gift is cheaper"
    return "A fee is cheaper" if saving.high < 0 else "Too close to call"


def _difference(saving: Range, currency: str) -> str:
    low, high = (money(each, currency) for each in saving[1:])
    if saving.low > 0:
        return f"the gift saves {money(saving.value, currency)} (80% interval {low} to {high})"
    if saving.high < 0:
        less = [money(-each, currency) for each in saving]
        return f"the fee saves {less[0]} (80% interval {less[2]} to {less[1]})"
    return f"what the gift saves lies between {low} and {high}, so it is too close to call"


def _indifference(offers: Offers, currency: str) -> str:
    if offers.indifference.value <= 0:
        return "At these rates a gift is cheaper than any fee."
    level, low, high = (money(each, currency) for each in offers.indifference)
    ends = f"{low} to {high}"
    return f"Both cost the same at a fee of {level} (80% interval {ends}); a gift pays where fees are higher."


def _break_even(offers: Offers) -> str:
    now = percent(offers.gift_rate.value)
    if offers.break_even.value > 1:
        return f"Even if all gifted creators posted (now {now}), the fee would be cheaper."
    level = percent(offers.break_even.value)
    return f"The gift is level where {level} of gifted creators post; {now} are expected to."


def time_to_content(content: Content, days: float) -> Finding:
    """Return when half of the posts are live, and the share of those who agreed that is live by a day."""
    share, low, high = (percent(each) for each in content.by(days))
    half = f"{significant(content.median)} days"
    measured = content.basis == "measured"
    behind = f"{counted(content.agreed, 'creator')} agreed, {count(content.live)} are live so far"
    basis = f"{behind}; those still to post are not counted as lost" if measured else SAID["assumed"]
    return Finding(
        f"Half of the posts are live {half} after contact; {share} of the agreed by day {days:g}",
        f"Of creators who post, half are live {half} after contact (80% interval "
        f"{significant(content.median_low)} to {significant(content.median_high)}). By day {days:g}, {share} "
        f"of those who agreed are live (80% interval {low} to {high}). {capital(basis)}.",
    )


def briefs_as_is(rate: Rate) -> Finding:
    """Return the share of agreed briefs that are taken without a change of terms."""
    share, low, high = (percent(each) for each in (rate.mean, *rate.interval))
    return Finding(
        f"{share} of agreed briefs are taken as they are; the next campaign {low} to {high}",
        f"{share} of the creators who agree are expected to take the brief as it is, without a change of "
        f"terms; in the next campaign {low} to {high} (80% interval). This is {SAID[rate.basis]}.",
    )


def inbound_creators(inbound: Inbound | None, days: float) -> Finding:
    """Return how many creators write first, and the posts to expect from them by a day."""
    if inbound is None:
        none = "No creator wrote first, or the log does not tell"
        return Finding(none, f"{none}; all posts must come from contacts.")
    weekly = significant(float(inbound.weekly.mean()))
    posts = significant(float(inbound.posts_by(days).mean()))
    return Finding(
        f"Creators who write first, {weekly} a week, bring {posts} posts by day {days:g}",
        f"{counted(inbound.number, 'creator')} wrote first in {significant(inbound.weeks)} weeks, "
        f"{weekly} a week. {percent(inbound.accept.mean)} of them are expected to agree and "
        f"{percent(inbound.post.mean)} of these to post: {posts} posts by day {days:g} "
        "that cost no contact.",
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


def _contacts(funnel: Funnel, needed: Needed) -> list[Metric]:
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
