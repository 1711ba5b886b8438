"""Model + brief + roster -> whom a shortlist may choose from, and what each invitation costs and brings.

What is not known is drawn: expectations are over the joint draws of the beliefs where they are given.
An invitation costs what it costs on average: labour for certain, goods if the creator accepts, a fee if it
posts. So a list that is expected to cost the budget may ask more people than could all be paid, as `simulate`
does: it stops when the money ends. `promise` is what one costs if the creator accepts and posts.
"""

import numpy as np
import pandas as pd

from nanospread.campaign import simulation
from nanospread.campaign.brief import Brief, order_earns
from nanospread.campaign.simulation import JointDraws, by_world, creator_list, per_creator
from nanospread.campaign.simulation.creator_model import Values
from nanospread.core.estimates import Z80
from nanospread.core.types import Floats, filled_text
from nanospread.creators import engagement as engagements
from nanospread.creators import tiers
from nanospread.creators.engagement import EngagementModel

SHOWN = [
    "niche", "creator", "followers", "n_posts", "er", "er_low", "er_high", "er_raw", "offer", "cost",
    "promise", "reply_capacity", "flags",
]  # fmt: skip


def candidates(
    engagement: EngagementModel,
    brief: Brief,
    roster: pd.DataFrame,
    components: pd.DataFrame | None = None,
    beliefs: JointDraws | None = None,
) -> pd.DataFrame:
    """Return the nano creators of the brief's niches, by niche and name, without its macro.

    components: as `authenticity.components`; None where nobody looked. Returns: creator, niche, followers,
    n_posts (0: no rated post), er, er_low, er_high (posterior median and 80 % interval), er_raw (the posts'
    own), er_alike (of creators alike), reply_capacity [0-1], flags (reasons, "" for none), orders (of the
    first live post) and reach [people].
    """
    tier = tiers.of(roster["followers"], brief.platform)
    nano = roster[(tier == "nano") & roster["niche"].isin(brief.niches)]
    nano = nano[nano["creator"] != brief.macro.creator].sort_values(["niche", "creator"], ignore_index=True)
    rows = nano[["creator", "niche", "followers"]]
    rows = rows.merge(_rated(engagement, nano), on="creator", validate="one_to_one")
    others = nano.assign(creator=[f"alike to {name}" for name in nano["creator"]])
    alike = np.exp(engagements.expected(engagement, others)["log_mean"].to_numpy())
    brings = simulation.expected(engagement, brief, rows, beliefs)
    rows = rows.merge(_looked_at(components), on="creator", how="left")
    flags = filled_text(rows["flags"])
    return rows.assign(er_alike=alike, flags=flags, orders=brings["orders"], reach=brings["reach"])


def _rated(engagement: EngagementModel, nano: pd.DataFrame) -> pd.DataFrame:
    """Return n_posts and the engagement rate with its interval, of creators alike where there is no post."""
    prior = engagements.expected(engagement, nano)
    ends = {"er": 0.0, "er_low": -Z80, "er_high": Z80}
    rates = {name: np.exp(prior["log_mean"] + z * prior["log_sd"]) for name, z in ends.items()}
    alike = pd.DataFrame({"creator": prior["creator"], "n_posts": 0, **rates, "er_raw": np.nan})
    rated = engagement.creators[list(alike.columns)]
    return pd.concat([rated[rated["creator"].isin(nano["creator"])], alike]).drop_duplicates("creator")


def _looked_at(components: pd.DataFrame | None) -> pd.DataFrame:
    """Return reply_capacity and flags of each creator that was looked at."""
    if components is None:
        return pd.DataFrame({"creator": pd.Series(dtype="str"), "reply_capacity": pd.Series(dtype="float64"),
                             "flags": pd.Series(dtype="str")})  # fmt: skip
    capacity = components[components["component"] == "reply_capacity"].set_index("creator")["value"]
    reasons = components[components["flag"]].groupby("creator")["reason"].agg("; ".join)
    rows = pd.DataFrame({"reply_capacity": capacity, "flags": reasons.reindex(capacity.index)})
    return rows.assign(flags=filled_text(rows["flags"])).rename_axis("creator").reset_index()


def options(
    engagement: EngagementModel, rows: pd.DataFrame, brief: Brief, beliefs: JointDraws | None = None
) -> pd.DataFrame:
    """Return one row for each way to invite each candidate: offer, and posts from one to `most_posts`.

    A gift is sent for each post, a fee paid for each that is made. Adds to the rows offer, posts, cost
    [cents, expected], value (expected profit [money], or orders where that is the goal), profit, gross_profit
    (before that cost), expected_posts, expected_orders, expected_reach [people] and promise [money]. Expected
    over the draws of the beliefs, products draw by draw; without beliefs at the brief's assumptions.
    """
    rows = rows[~rows["creator"].isin(left_out(rows, brief))].reset_index(drop=True)
    numbers = range(1, brief.shortlist.most_posts + 1)
    values, start, parts = by_world.drawn(brief, beliefs), 0, []
    rated = creator_list.rated(engagement, rows, drawn=False)
    for orders in per_creator.orders_by_draw(rated, brief, beliefs):
        some = rows.iloc[start : start + len(orders)]
        start += len(orders)
        parts += [
            _way(some, orders, brief, values, offer, posts) for offer in ("gift", "fee") for posts in numbers
        ]
    ways = pd.concat(parts or [_way(rows, np.empty((0, 1)), brief, values, "gift", 1)], ignore_index=True)
    return ways.sort_values(["niche", "creator", "offer", "posts"], ignore_index=True)


def left_out(rows: pd.DataFrame, brief: Brief) -> list[str]:
    """Return who must not be chosen: those under never, and the flagged where the brief leaves them out."""
    limits = brief.shortlist
    odd = rows.loc[(rows["flags"] != "") & (limits.flagged == "leave_out"), "creator"]
    return sorted({*limits.never, *odd} - {*limits.must})


def _way(
    rows: pd.DataFrame, orders: Floats, brief: Brief, values: Values, offer: str, posts: int
) -> pd.DataFrame:
    """Return the candidates to whom the brief may make this offer, for so many posts.

    orders: of the first post, candidates x draws.
    """
    if brief.shortlist.offers == "planned":
        paid = rows["followers"].to_numpy(dtype=np.float64) >= brief.nano.paid_from()
        rows, orders = rows[paid == (offer == "fee")], orders[paid == (offer == "fee")]
    ways = rows.assign(offer=offer, posts=posts)
    taking = values.reply_rate * values.accept_rate
    posting = taking * values.post_rate(offer)
    goods, on_post, _, worth = simulation.invitation_terms(ways, values)
    each = posting * worth * orders
    gross = (order_earns(values) * each).mean(axis=1)
    cost = (values.labour_per_contact + taking * goods + posting * on_post).mean(axis=1)
    return ways.assign(
        cost=np.rint(100 * cost).astype(np.int64),
        value=gross - cost if brief.shortlist.goal == "profit" else each.mean(axis=1),
        profit=gross - cost,
        gross_profit=gross,
        expected_posts=np.mean(posting) * posts,
        expected_orders=each.mean(axis=1),
        expected_reach=np.mean(posting) * ways["reach"].to_numpy(),
        promise=(goods + on_post).mean(axis=1),
    )


def gains(
    engagement: EngagementModel,
    brief: Brief,
    ways: pd.DataFrame,
    *,
    n_worlds: int,
    seed: int,
    beliefs: JointDraws | None = None,
) -> Floats:
    """Return the profit of each option in each world [money], worlds x options: what CVaR is taken over.

    Whether one creator accepts and posts is averaged out; the rates of a world, its season, feed, niches and
    each creator's own sales are not, nor what it draws of the beliefs. Their mean is the option's profit.
    """
    people = ways.drop_duplicates("creator")[["creator", "niche", "followers"]].reset_index(drop=True)
    setup = simulation.invited_setup(engagement, brief, people, seed, beliefs)
    own, chance = simulation.invited_luck(setup, n_worlds=n_worlds)
    values = by_world.values(brief, beliefs, seed, 0, n_worlds)
    place = pd.Index(people["creator"]).get_indexer(ways["creator"])
    goods, on_post, paid, worth = simulation.invitation_terms(ways, values)
    posting = chance.accepted * np.where(paid, chance.fee, chance.gift)
    earned = order_earns(values) * own.orders[place] * worth * posting
    spent = values.labour_per_contact + chance.accepted * goods + posting * on_post
    return np.asarray((earned - spent).T)


def handful(ways: pd.DataFrame) -> pd.DataFrame:
    """Return `SHOWN` of each niche's creator of the highest posterior engagement rate, the highest first.

    ways: as `options`; the first way to invite a creator is shown. The highest rate that posts show is partly
    luck: raw_creator, raw_er and raw_true (its posterior) tell of the creator with that one.
    """
    people = ways.sort_values(["creator", "posts"], kind="stable").drop_duplicates("creator")
    best = people.sort_values(["er", "creator"], ascending=[False, True]).drop_duplicates("niche")
    rated = people[people["er_raw"].notna()]
    lucky = rated.sort_values(["er_raw", "creator"], ascending=[False, True]).drop_duplicates("niche")
    lucky = lucky.rename(columns={"creator": "raw_creator", "er_raw": "raw_er", "er": "raw_true"})
    rows = best[SHOWN].merge(lucky[["niche", "raw_creator", "raw_er", "raw_true"]], on="niche", how="left")
    return rows.assign(cost=rows["cost"] / 100)
