"""What texts tell: comments in the same words, answers by the creator, captions that label advertising.

Texts come from strangers: they are compared, never shown, and read no further than `READ` characters.
"""

import re
import unicodedata

import numpy as np
import pandas as pd

from nanospread.core.intervals import wilson
from nanospread.creators.authenticity import rates

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


def key(text: str) -> str:
    """Return the words of a text in alphabetical order, each once, without case and repeated letters.

    "Sooo NICE pic!!" and "nice pic, so" have the same key; a text without words has "".
    """
    plain = ADDRESSED.sub(" ", unicodedata.normalize("NFKC", text[:READ]).casefold())
    return " ".join(sorted({AGAIN.sub(r"\1", word) for word in WORD.findall(plain)}))


def variety(comments: pd.DataFrame, tiers: "pd.Series[str]") -> pd.DataFrame:
    """Return by creator value, low, high, n: 1 - share of comments whose words stand there more than once.

    comments: by others, as `by_others`. tiers: by creator.
    """
    keys = {text: key(text) for text in comments["text"].unique()}
    worded = comments.assign(key=comments["text"].map(keys).astype("str"))
    worded = worded[worded["key"] != ""]
    if worded.empty:
        return pd.DataFrame(columns=["value", "low", "high", "n"], dtype="float64")
    worded = worded.sort_values(["creator", "written_at", "comment"], na_position="first")
    newest = worded.groupby("creator").tail(NEWEST)
    own = ~newest.duplicated(["creator", "key"], keep=False)
    return _of_comments(newest.assign(events=own), tiers)


def _of_comments(comments: pd.DataFrame, tiers: "pd.Series[str]") -> pd.DataFrame:
    """Return by creator the share of comments with an event; those of one post are not independent."""
    posts = comments.groupby(["creator", "post"]).agg(events=("events", "sum"), trials=("events", "size"))
    posts = posts.astype("float64").reset_index()
    found = rates.pooled(posts.assign(tier=posts["creator"].map(tiers).astype("str")))
    return found.rename(columns={"trials": "n"})


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

    posts: creator, sponsored, caption. Posts without a caption are unknown, whatever their flag.
    flag_is_label: `sponsored` is the platform's own paid-partnership label, which readers see; else it is a
    sign only.
    """
    known = posts[posts["caption"].str.strip() != ""]
    captions = known["caption"].str.slice(0, READ).map(lambda text: unicodedata.normalize("NFKC", text))
    flag = known["sponsored"].fillna(False).astype("bool")
    label = captions.map(lambda text: LABEL.search(text) is not None).astype("bool")
    sign = captions.map(lambda text: SIGN.search(text) is not None).astype("bool") | label | flag
    labelled = (label | flag if flag_is_label else label)[sign]
    found = labelled.groupby(known.loc[sign, "creator"]).agg(["mean", "size"])
    value, n = found["mean"].to_numpy(dtype=np.float64), found["size"].to_numpy(dtype=np.float64)
    low, high = wilson(value, n)
    return pd.DataFrame({"value": value, "low": low, "high": high, "n": n}, index=found.index)
