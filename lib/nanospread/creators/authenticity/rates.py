"""Events and trials per post -> one rate per creator, with an interval that knows that posts differ.

Of comments: those in words of their own, those that the creator answers. Of captions: those that label their
advertising. Texts come from strangers: they are compared, never shown, and read no further than `READ`
characters.
"""

import re
import unicodedata

import numpy as np
import pandas as pd

from nanospread.core.estimates import wilson

PRIOR = 4.0  # posts' worth of the tier's spread beside a creator's own [posts]
UNKNOWN_RHO = 0.05  # correlation inside a post, where no creator has two: assumed
READ = 2_000  # characters of a text; longer than the networks allow
NEWEST = 50  # comments of a creator compared: among more, more are alike by chance

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
    free = sums["posts"] - 1
    binomial = sums["trials"] * smooth * (1 - smooth)
    measured = residual.groupby(posts["creator"]).sum() / binomial * sums["posts"] / free.clip(lower=1) - 1
    size = sums["squares"] / sums["trials"] - 1
    tiers = pd.DataFrame({"own": free * measured, "size": free * size}).groupby(sums["tier"]).sum()
    rho = (tiers["own"] / tiers["size"].where(tiers["size"] > 0)).clip(0, 1).fillna(UNKNOWN_RHO)
    expected = size * sums["tier"].map(rho).astype("float64")
    return 1 + ((free * measured + PRIOR * expected) / (free + PRIOR)).clip(lower=0)


def moderated_sd(
    squares: "pd.Series[float]", freedom: "pd.Series[float]", tier: "pd.Series[str]"
) -> "pd.Series[float]":
    """Return each creator's sd from its sum of squares, drawn to the tier's as by `PRIOR` posts.

    Missing where nobody of the tier has two posts.
    """
    sums = pd.DataFrame({"squares": squares, "freedom": freedom}).groupby(tier).sum()
    usual = tier.map(sums["squares"] / sums["freedom"].where(sums["freedom"] > 0)).astype("float64")
    return ((squares + PRIOR * usual) / (freedom + PRIOR)) ** 0.5


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
    first = by_others(comments)
    first = first[first["answers"] == ""]
    if answers.empty or first.empty:
        return pd.DataFrame(columns=["value", "low", "high", "n"], dtype="float64")
    return _of_comments(first.assign(events=first["comment"].isin(answers["answers"])), tiers)


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
