"""What each component is: formula, what it can tell and cannot, which end is odd; and what is assumed of all.

data/authenticity.csv holds what is taken for granted about answering, and about what a flag is worth.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from nanospread.core import errors, files, paths

FILE = paths.DATA / "authenticity.csv"
FIELDS = ("name", "low", "central", "high", "unit", "basis", "source")
NAMES = ("answered_per_post", "suspicious_nano", "suspicious_macro", "hit_rate", "false_alarm")
BASES = ("measured", "published", "assumed")


@dataclass(frozen=True)
class Component:
    """One number in [0, 1] about a creator, with all that is needed to judge it."""

    label: str
    formula: str
    interval: str
    tells: str
    cannot: str
    about: Literal["numbers", "conduct"]  # could the numbers be bought; or how the creator works
    odd: Literal["nothing", "low", "both"]  # which end is flagged
    scale: Literal["angle", "odds", "jump", "log"]  # on which creators are compared, see scales
    unit: str  # what n counts
    least: int  # n from which on a flag is possible
    reason: str = ""  # of a flag at the low end
    reason_high: str = ""


RATE = "95 %, Wilson on the effective number of comments: a creator's posts differ by more than chance"

CATALOGUE: Mapping[str, Component] = {
    "comment_share": Component(
        "Comments among engagements",
        "sum of comments / sum of (likes + comments), over the creator's posts",
        RATE,
        "how much the audience talks rather than taps; one viral post or giveaway moves it",
        "who wrote the comments; oddity is judged by likes_comments, so that it is not flagged twice",
        "conduct", "nothing", "angle", "posts", 1,
    ),
    "reply_capacity": Component(
        "Comments that one person could answer",
        "sum of min(comments by others, capacity) / sum of comments by others, over the creator's posts",
        "the capacity's low and high: an assumption, no sampling error",
        "whether the creator can still talk with the audience; 1 also where nobody comments",
        "whether the creator does; who has a team answers more",
        "conduct", "nothing", "angle", "posts", 1,
    ),
    "reply_rate": Component(
        "Comments that the creator answers",
        "comments by others, first of their thread, with an answer by the creator / all of these; where the "
        "texts are not exported: min(1, replies / (comments - replies))",
        RATE,
        "how much the creator takes part",
        "answers by voice, message or story; from totals, several replies to one person count as several",
        "conduct", "low", "angle", "comments", 10,
        "answers far fewer comments than its peers",
    ),
    "follower_jump": Component(
        "Followers explained by usual growth",
        "exp(-(largest weekly growth - the account's own median weekly growth)), growth as log change "
        "between dated counts",
        "95 %: 1.96 robust sds of the account's own weeks",
        "followers that came at once; flagged unless engagements per post rose by half as much",
        "why they came: bought, a giveaway, a news mention",
        "numbers", "low", "jump", "weekly changes", 4,
        "followers jumped and engagements per post are not seen to follow",
    ),
    "engagement_jump": Component(
        "Engagement without a shift of level",
        "exp(-|mean log engagements after - before|) at the split of the posts, three or more on each side, "
        "where the difference is clearest",
        "95 %, from the spread of posts around both levels",
        "engagement that changed level at once, up (bought likes, pods) or down",
        "which of the two levels is the honest one; a new format or season does the same",
        "numbers", "low", "jump", "posts", 6,
        "engagements per post changed level at once",
    ),
    "likes_comments": Component(
        "Usual relation of comments to likes",
        "two-sided normal tail of the distance, in robust sds of the peers, of the creator's median over "
        "posts of log((comments + .5) / (likes + .5))",
        "95 %, from the median's standard error",
        "likes without talk (bought likes look so) or talk without likes (comment pods, giveaways)",
        "a quiet or a chatty audience from a bought one; bought comments can hide bought likes",
        "numbers", "both", "log", "posts", 3,
        "far fewer comments per like than its peers",
        "far more comments per like than its peers",
    ),
    "comment_variety": Component(
        "Comments in their own words",
        "1 - share of the newest 50 comments by others whose words, whatever their order, case and spelling "
        "length, stand there more than once; comments without words (emoji only) left out",
        RATE,
        "templates that bots and paid commenters repeat",
        "bots that vary their words; fans who all write the same two words",
        "numbers", "low", "angle", "comments", 10,
        "comments repeat the same words far more than its peers'",
    ),
    "following_ratio": Component(
        "Followers against accounts followed",
        "followers / (followers + following), newest count",
        "lowest to highest of its dated counts: counted, so without sampling error",
        "follow-for-follow: followers who came to be followed back",
        "a large account that followed many early on; new accounts follow more than they are followed",
        "numbers", "low", "odds", "counts", 1,
        "follows far more accounts for its followers than its peers do",
    ),
    "disclosure": Component(
        "Posts with signs of advertising that say so",
        "posts labelled (#ad, #anzeige, #sponsored and the like as a tag of its own, or such a word in "
        "front) / posts with a caption and a sign of advertising (sponsored, gifted, discount code ...)",
        "95 %, Wilson",
        "whether posts that look commercial are labelled; gifted alone is not a label",
        "advertising without any sign in the caption; a label set in the platform instead of the caption, "
        "unless the flag is said to be that label; what the law asks of one post",
        "conduct", "low", "angle", "posts", 3,
        "labels far fewer of its posts with signs of advertising than its peers",
    ),
}  # fmt: skip


def catalogue() -> pd.DataFrame:
    """Return the components as a table, one row each: component, label, formula, interval, tells, cannot."""
    rows = pd.DataFrame({"component": name, **asdict(component)} for name, component in CATALOGUE.items())
    return rows[["component", "label", "formula", "interval", "tells", "cannot", "about", "odd", "least"]]


@dataclass(frozen=True)
class Assumed:
    """One value with how far it may be wrong, and where it comes from."""

    low: float
    central: float
    high: float
    unit: str
    basis: str
    source: str


def assumptions(path: Path = FILE) -> dict[str, Assumed]:
    """Return the assumptions by name; InputError names a row that is missing or cannot be."""
    rows = [row for _, row in files.reference_rows(path, FIELDS)]
    names = [row["name"] for row in rows]
    for name in names:
        if name not in NAMES:
            raise errors.InputError(f"{path.name}: {errors.unknown('assumption', name, NAMES)}")
    if sorted(names) != sorted(NAMES):
        raise errors.InputError(f"{path.name}: must have each of {', '.join(NAMES)} once")
    return {row["name"]: _checked(path, row) for row in rows}


def _checked(path: Path, row: dict[str, str]) -> Assumed:
    where = f"{path.name}: {row['name']}"
    if row["basis"] not in BASES or not row["source"]:
        raise errors.InputError(f"{where} needs a source, and a basis that is one of {', '.join(BASES)}")
    try:
        low, central, high = (float(row[column]) for column in ("low", "central", "high"))
    except ValueError as reason:
        raise errors.InputError(f"{where}: low, central and high must be numbers") from reason
    most = 1.0 if row["unit"] == "share" else math.inf
    if not 0 < low <= central <= high <= most or not math.isfinite(high):
        raise errors.InputError(
            f"{where} must have 0 < low <= central <= high{' <= 1' if most == 1 else ''}; "
            f"got {row['low']}, {row['central']}, {row['high']}"
        )
    return Assumed(low, central, high, row["unit"], row["basis"], row["source"])


def what_a_flag_tells() -> pd.DataFrame:
    """Return, for each base rate of bought numbers, what a flag makes of it (Bayes' theorem).

    Published base rates contradict each other, and no account here is labelled fake or real, so nothing of
    this is measured. Returns: tier, case (worst: few bought and a poor flag; central; best), base_rate,
    hit_rate, false_alarm, flagged (to expect), bought_if_flagged, bought_if_not.
    """
    known = assumptions()
    cases = {"worst": ("low", "low", "high"), "central": ("central",) * 3, "best": ("high", "high", "low")}
    rows = [
        (tier, case, *(getattr(known[name], end) for name, end in zip(names, ends, strict=True)))
        for tier in ("nano", "macro")
        for case, ends in cases.items()
        for names in [(f"suspicious_{tier}", "hit_rate", "false_alarm")]
    ]
    table = pd.DataFrame(rows, columns=["tier", "case", "base_rate", "hit_rate", "false_alarm"])
    hits = table["base_rate"] * table["hit_rate"]
    flagged = hits + (1 - table["base_rate"]) * table["false_alarm"]
    return table.assign(
        flagged=flagged,
        bought_if_flagged=hits / flagged,
        bought_if_not=(table["base_rate"] - hits) / (1 - flagged).where(flagged < 1),
    )
