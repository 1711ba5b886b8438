"""Posts, comments and dated follower counts -> what each creator is measured by: rates with an interval that
knows that posts differ, and changes that came at once.

Of comments: those in words of their own, those that the creator answers. Of captions: those that label their
advertising. Texts come from strangers: they are compared, never shown, and read no further than `READ`
characters.
"""

import math
import re
import unicodedata

import numpy as np
import pandas as pd

from nanospread.core.estimates import Z95, wilson

PRIOR = 4.0  # posts' worth of the tier's spread beside a creator's own [posts]
UNKNOWN_RHO = 0.05  # correlation inside a post, where no creator has two: assumed
READ = 2_000  # characters of a text; longer than the networks allow
NEWEST = 50  # comments of a creator compared: among more, more are alike by chance
ROBUST = 1.4826  # sd of a normal spread / its median absolute deviation
SIDE = 3  # posts at least before and after a shift of engagement
AROUND = 2  # posts at least before and after a jump of followers
FOLLOWED = 0.5  # of a jump of followers that engagements must show to explain it

ADDRESSED = re.compile(r"@[\w.]+")
WORD = re.compile(r"\w+")
AGAIN = re.compile(r"([^\W\d])\1+")  # letters, not digits: 11 is not 1

TAGS = (
    "ad|ads|advert|advertisement|advertising|sponsored|sponsoredpost|sponsoredby|paidpartnership|paidad"
    "|anzeige|werbung|bezahltewerbung|publi|publicidad|publicité|publicite|pubblicità|advertorial"
    "|annonce|annons|reklam|reklame|reklama|iklan"
)
LABEL = re.compile(  # a tag of its own anywhere, or a plain word in front
    rf"(?<![\w#])[#＃](?:{TAGS})(?!\w)"
    r"|^\W*(?:anzeige|werbung|advertisement|advert|sponsored|publicidad|publicité|reklame|annonce)\b"
    r"|^\W*ad\s*[:|\-–—)\]]|\bpaid partnership with\b",
    re.IGNORECASE,
)
SIGN = re.compile(  # of a commercial relation
    r"\bgifted\b|\bpr (?:sample|package|gift)s?\b|\bdiscounts?\b|\brabatt\w*|\bgutschein\w*|\bpromo\w*\b"
    r"|\b(?:my|use|with|the|mit|dem|discount|promo|coupon|voucher) code\b|\bcode\s*[:\"'“]|\d\s?% off\b"
    r"|\bpartner(?:ship|ed) with\b|\bpaid partner|#\w*partner(?:ship)?(?!\w)|\bbrand partner"
    r"|\bambassador\b|\baffiliate\b|\bsponsor(?:ed|ing)? by\b|\bsponsored\b|\banzeige\b|\bwerbung\b",
    re.IGNORECASE,
)


def pooled(posts: pd.DataFrame) -> pd.DataFrame:
    """Return each creator's sum of events over sum of trials, with its 95 % interval.

    The comments of one post resemble each other, so m of them are worth m / (1 + (m - 1) rho) independent
    ones, with rho the correlation inside a post. A creator's own estimate of that is drawn to the tier's as
    by `PRIOR` posts, and Wilson's interval is taken at the effective number, with Student's t.

    References: Wilson 1927, J. Am. Stat. Assoc. 22:209; Rao and Scott 1992, Biometrics 48:577.
    """
    known = posts[(posts["trials"] > 0) & posts["events"].notna()]
    known = known.assign(squares=known["trials"] ** 2)
    sums = known.groupby("creator").agg(
        tier=("tier", "first"), events=("events", "sum"), trials=("trials", "sum"),
        squares=("squares", "sum"), posts=("events", "size"),
    )  # fmt: skip
    value = sums["events"] / sums["trials"]
    effective = sums["trials"] / _inflation(known, sums, value)
    low, high = wilson(
        value.to_numpy(dtype=float),
        effective.to_numpy(dtype=float),
        (sums["posts"] - 1 + PRIOR).to_numpy(dtype=float),
    )
    return sums[["trials", "posts"]].assign(value=value, low=low, high=high)


def _inflation(posts: pd.DataFrame, sums: pd.DataFrame, value: "pd.Series[float]") -> "pd.Series[float]":
    """Return how many times the variance of each creator's rate is that of independent trials."""
    residual = (posts["events"] - posts["creator"].map(value) * posts["trials"]) ** 2
    smooth = (sums["events"] + 0.5) / (sums["trials"] + 1)
    freedom = sums["posts"] - 1
    binomial = sums["trials"] * smooth * (1 - smooth)
    measured = residual.groupby(posts["creator"]).sum() / binomial * sums["posts"] / freedom.clip(lower=1) - 1
    size = sums["squares"] / sums["trials"] - 1
    tiers = pd.DataFrame({"own": freedom * measured, "size": freedom * size}).groupby(sums["tier"]).sum()
    rho = (tiers["own"] / tiers["size"].where(tiers["size"] > 0)).clip(0, 1).fillna(UNKNOWN_RHO)
    expected = size * sums["tier"].map(rho).astype("float64")
    return 1 + ((freedom * measured + PRIOR * expected) / (freedom + PRIOR)).clip(lower=0)


def moderated_sd(
    squares: "pd.Series[float]", freedom: "pd.Series[float]", tier: "pd.Series[str]"
) -> "pd.Series[float]":
    """Return each creator's sd from its sum of squares, drawn to the tier's as by `PRIOR` posts.

    Missing where nobody of the tier has two posts.
    """
    sums = pd.DataFrame({"squares": squares, "freedom": freedom}).groupby(tier).sum()
    tier_variance = tier.map(sums["squares"] / sums["freedom"].where(sums["freedom"] > 0)).astype("float64")
    return ((squares + PRIOR * tier_variance) / (freedom + PRIOR)) ** 0.5


def key(text: str) -> str:
    """Return the words of a text in alphabetical order, each once, without case and repeated letters.

    "Sooo NICE pic!!" and "nice pic, so" have the same key; a text without words has "".
    """
    plain = ADDRESSED.sub(" ", unicodedata.normalize("NFKC", text[:READ]).casefold())
    return " ".join(sorted({AGAIN.sub(r"\1", word) for word in WORD.findall(plain)}))


def variety(comments: pd.DataFrame, tiers: "pd.Series[str]") -> pd.DataFrame:
    """Return by creator value, low, high, n: 1 - share of comments whose words stand there more than once."""
    keys = {text: key(text) for text in comments["text"].unique()}
    worded = comments.assign(key=comments["text"].map(keys).astype("str"))
    worded = worded[worded["key"] != ""]
    if worded.empty:
        return pd.DataFrame(columns=["value", "low", "high", "n"], dtype="float64")
    worded = worded.sort_values(["creator", "written_at", "comment"], na_position="first")
    newest = worded.groupby("creator").tail(NEWEST)
    unique = ~newest.duplicated(["creator", "key"], keep=False)
    return _of_comments(newest.assign(events=unique), tiers)


def _of_comments(comments: pd.DataFrame, tiers: "pd.Series[str]") -> pd.DataFrame:
    """Return by creator the share of comments with an event; those of one post are not independent."""
    posts = comments.groupby(["creator", "post"]).agg(events=("events", "sum"), trials=("events", "size"))
    posts = posts.astype("float64").reset_index()
    rows = pooled(posts.assign(tier=posts["creator"].map(tiers).astype("str")))
    return rows.rename(columns={"trials": "n"})


def by_others(comments: pd.DataFrame) -> pd.DataFrame:
    """Return the comments that others wrote under a creator's posts."""
    return comments[comments["author"] != comments["creator"]]


def replies(comments: pd.DataFrame, tiers: "pd.Series[str]") -> pd.DataFrame:
    """Return by creator value, low, high, n: share of others' first comments that the creator answered.

    Empty where nobody's answers are exported: no answer can then be told from none.
    """
    answers = comments[(comments["author"] == comments["creator"]) & (comments["answers"] != "")]
    first_comments = by_others(comments)
    first_comments = first_comments[first_comments["answers"] == ""]
    if answers.empty or first_comments.empty:
        return pd.DataFrame(columns=["value", "low", "high", "n"], dtype="float64")
    return _of_comments(
        first_comments.assign(events=first_comments["comment"].isin(answers["answers"])), tiers
    )


def disclosure(posts: pd.DataFrame, *, flag_is_label: bool) -> pd.DataFrame:
    """Return by creator value, low, high, n: share of the posts with signs of advertising that are labelled.

    Posts without a caption are unknown, whatever their flag. flag_is_label: `sponsored` is the platform's own
    label, which readers see; else it is a sign only.
    """
    known = posts[posts["caption"].str.strip() != ""]
    captions = known["caption"].str.slice(0, READ).map(lambda text: unicodedata.normalize("NFKC", text))
    flag = known["sponsored"].fillna(False).astype("bool")
    label = captions.map(lambda text: LABEL.search(text) is not None).astype("bool")
    sign = captions.map(lambda text: SIGN.search(text) is not None).astype("bool") | label | flag
    labelled = (label | flag if flag_is_label else label)[sign]
    by = labelled.groupby(known.loc[sign, "creator"]).agg(["mean", "size"])
    value, n = by["mean"].to_numpy(dtype=np.float64), by["size"].to_numpy(dtype=np.float64)
    low, high = wilson(value, n)
    return pd.DataFrame({"value": value, "low": low, "high": high, "n": n}, index=by.index)


def follower_jump(history: pd.DataFrame, posts: pd.DataFrame) -> pd.DataFrame:
    """Return by creator value, low, high, n, note and explained: the largest weekly growth beyond the usual.

    Creators with two or more weekly changes. explained: engagements per post rose by at least half as much.
    """
    changes = weekly_changes(history)
    by = changes.groupby("creator")["change"]
    median = by.transform("median")
    sd = ROBUST * (changes["change"] - median).abs().groupby(changes["creator"]).median()
    largest = changes.loc[by.idxmax()].set_index("creator")
    n = by.size()
    excess = (largest["change"] - by.median()).clip(lower=0)
    rows = pd.DataFrame(
        {
            "value": np.exp(-excess),
            "low": np.exp(-(excess + Z95 * sd)),
            "high": np.exp(-(excess - Z95 * sd).clip(lower=0)),
            "n": n,
        }
    )
    response = _response(largest, posts).reindex(rows.index)
    rows["explained"] = response >= FOLLOWED * excess
    rows["note"] = _note(largest, excess, response)
    return rows[n >= 2]


def weekly_changes(history: pd.DataFrame) -> pd.DataFrame:
    """Return creator, since, until and change [log per week] from one week's last count to the next one's."""
    dated = history.dropna(subset="as_of").sort_values(["creator", "as_of"])
    week = (dated["as_of"] - dated["as_of"].min()).dt.days // 7
    last_counts = dated[["creator", "as_of", "followers"]].assign(week=week)
    last_counts = last_counts.drop_duplicates(["creator", "week"], keep="last").reset_index(drop=True)
    log = pd.Series(np.log(last_counts["followers"].astype("float64")), index=last_counts.index)
    before = last_counts["creator"].eq(last_counts["creator"].shift())
    since = last_counts["as_of"].shift()
    weeks = ((last_counts["as_of"] - since).dt.total_seconds() / (7 * 86_400)).clip(lower=1)
    changes = last_counts.assign(since=since, until=last_counts["as_of"], change=(log - log.shift()) / weeks)
    return changes.loc[before, ["creator", "since", "until", "change"]].reset_index(drop=True)


def _response(largest: pd.DataFrame, posts: pd.DataFrame) -> "pd.Series[float]":
    """Return the change of log engagements per post from before the jump to after it, by creator."""
    known = posts.loc[posts["engagements"].notna(), ["creator", "posted_at", "engagements"]]
    known = known.merge(largest[["since", "until"]], left_on="creator", right_index=True)
    log = pd.Series(np.log(known["engagements"] + 0.5), index=known.index)
    sides = {"before": known["posted_at"] < known["since"], "after": known["posted_at"] >= known["until"]}
    means: dict[str, pd.Series[float]] = {}
    for side, mask in sides.items():
        groups = log[mask].groupby(known.loc[mask, "creator"])
        means[side] = groups.mean()[groups.size() >= AROUND]
    return means["after"] - means["before"]


def _note(
    largest: pd.DataFrame, excess: "pd.Series[float]", response: "pd.Series[float]"
) -> "pd.Series[str]":
    growth = _percent(largest["change"])
    until = largest["until"].dt.strftime("%Y-%m-%d")
    reply = _percent(response) + " engagements per post"
    reply = reply.where(response.notna(), "too few posts on both sides to compare")
    note: pd.Series[str] = growth + " a week up to " + until + ", " + reply
    return note.where(excess > 0, "")


def _percent(log_change: "pd.Series[float]") -> "pd.Series[str]":
    return log_change.map(lambda change: f"{100 * math.expm1(change):+,.0f} %").astype("str")


def engagement_jump(posts: pd.DataFrame) -> pd.DataFrame:
    """Return by creator value, low, high, n and note: the clearest shift of the level of engagement."""
    known = posts[posts["engagements"].notna()].sort_values(["creator", "posted_at", "post"])
    known = known.assign(log=np.log(known["engagements"] + 0.5))
    by = known.groupby("creator")["log"]
    n, total = by.transform("size"), by.transform("sum")
    before = known.groupby("creator").cumcount() + 1
    after = n - before
    is_candidate = (before >= SIDE) & (after >= SIDE)
    running_total = by.cumsum()[is_candidate]
    before, after, log = before[is_candidate], after[is_candidate], total[is_candidate]
    shift = (log - running_total) / after - running_total / before
    weight = before * after / (before + after)
    clearness = shift.abs() * np.sqrt(weight)
    split_rows = clearness.groupby(known.loc[is_candidate, "creator"]).idxmax()
    return _shifted(known, split_rows, shift, weight)


def _shifted(
    posts: pd.DataFrame, split_rows: "pd.Series[int]", shift: "pd.Series[float]", weight: "pd.Series[float]"
) -> pd.DataFrame:
    """Return the components at the rows `split_rows` of each creator, the last post before its shift."""
    rows = posts.loc[split_rows].set_index("creator")
    size = shift.loc[split_rows].set_axis(rows.index)
    weights = weight.loc[split_rows].set_axis(rows.index)
    by = posts.groupby("creator")["log"]
    n = by.size().reindex(rows.index)
    residual_squares = (by.var(ddof=0).reindex(rows.index) * n - size**2 * weights).clip(lower=0)
    sd = moderated_sd(residual_squares, (n - 2).astype("float64"), rows["tier"].astype("str"))
    half, distance = Z95 * sd / weights**0.5, size.abs()
    change = _percent(size) + " per post after "
    return pd.DataFrame(
        {
            "value": np.exp(-distance),
            "low": np.exp(-(distance + half)),
            "high": np.exp(-(distance - half).clip(lower=0)),
            "n": n,
            "note": change + rows["posted_at"].dt.strftime("%Y-%m-%d"),
        }
    )
