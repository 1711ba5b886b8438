"""Text cells in, names out: accounts, posts, campaigns, offers and niches, as they are compared.

Spreadsheets damage names: they round long ids, take a leading minus for a formula and `mar-20` for a date.
What the cell still tells is mended; a post's id otherwise from the post's address, where the export has it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from nanospread.ingest.cells import (
    INVISIBLE,
    NOTHING,
    TEXT,
    UNKNOWN,
    Answer,
    CellError,
    Column,
    by_file,
    spelt,
)
from nanospread.ingest.dates import MONTHS

ID = r"[A-Za-z0-9_-]*"
SITE = r"(?:https?://)?(?:[a-z]{1,8}\.)?"
POST = SITE + rf"instagram\.com/(?:[^/\s]{{1,60}}/)?(?:p|reel|reels|tv)/({ID[:-1]}{{2,60}})/?(?:[?#]\S*)?"
ELSEWHERE = SITE + (
    rf"(?:tiktok\.com/(?:[^/\s]{{1,60}}/)?(?:video|photo)|youtube\.com/(?:watch\?v=|shorts)|youtu\.be)/?({ID[:-1]}{{2,60}})/?"
    r"(?:[?#&]\S*)?"
)
PROFILE = SITE + r"(?:instagram|tiktok|youtube)\.com/@?([a-z0-9._]{1,60})/?(?:[?#]\S*)?"
NO_PROFILES = {"p", "reel", "reels", "tv", "explore", "stories", "accounts"}  # pages of the site itself
ACCOUNT = r"[a-z0-9._]*"

CUT = "number cut by a spreadsheet"
FORMULA = "formula of a spreadsheet"
DATE = "a date where a name should be"
ERRORS = r"#(?:NAME\?|REF!|VALUE!|NUM!|NULL!|DIV/0!|N/A|NV|WERT!|BEZUG!|ZAHL!|NOMBRE\?|NOM\?|VALEUR!)"
SCIENTIFIC = r"[0-9](?:[.,][0-9]{1,17})?[eE]\+?[0-9]{2}"
KEPT_DIGITS = 15  # of a number, in a spreadsheet; from there on it writes zeros
ENOUGH_ZEROS = 6  # the digits of that many places are all 0 by chance once in a million columns
UNCUT = "1" * (KEPT_DIGITS + 1)  # an id that no spreadsheet cut: it tells that none of its column is cut
MONTH = "(?:" + "|".join(sorted(MONTHS, key=lambda word: (-len(word), word))) + ")"
# No account name has a hyphen, a slash or a blank in it.
DATES = "|".join(
    [
        rf"[0-9]{{1,2}}(?:-|\. ){MONTH}\.?(?:[- ][0-9]{{2,4}})?",
        rf"{MONTH}\.?[- ][0-9]{{1,4}}",
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[t ].{0,20})?",
        r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}(?: .{0,20})?",
    ]
)


def name(text: pd.Series) -> Column:
    """Return text as it stands, without the blanks around it (campaign names, periods)."""
    return spelt(
        text, r"\S*", lambda cell: (cell.strip(), "" if cell == cell.strip() else "blanks around it")
    )


@by_file
def identity(text: pd.Series) -> Column:
    """Return the platform's ids, of posts and comments; the address of a post is the id in it.

    Refused are numbers that a spreadsheet cut: `1.78E+16`, and numeric ids of which all that are longer than
    15 digits have but zeros behind those, if those are six or more zeros together, each id counted once.
    """
    return identities(text, ID)


def identities(text: pd.Series, pattern: str) -> Column:
    """Return ids, those of the pattern as they are, without the numbers that a spreadsheet cut."""
    column = spelt(text, pattern, _odd_identity)
    long = column.values[column.values.str.len() > KEPT_DIGITS]
    long = long[long.str.fullmatch(r"[1-9][0-9]{15,24}")]
    distinct = long.drop_duplicates()
    tails = distinct.str.slice(KEPT_DIGITS)
    if not tails.str.fullmatch("0+").all():
        return replace(column, telling=(UNCUT,))
    telling = tuple(distinct.iloc[:ENOUGH_ZEROS])
    if tails.str.len().sum() < ENOUGH_ZEROS:
        return replace(column, telling=telling)
    reasons = pd.Series(CUT, index=long.index, dtype="str")
    return Column(
        column.values.mask(column.values.index.isin(long.index), ""),
        column.repaired[~column.repaired.index.isin(long.index)],
        pd.concat([column.refused, reasons]),
        telling,
    )


def _odd_identity(cell: str) -> Answer:
    bare = re.sub(INVISIBLE, "", cell).strip()
    if address := re.fullmatch(POST, bare, flags=re.I) or re.fullmatch(ELSEWHERE, bare, flags=re.I):
        return address[1], "address of a post"
    if text := re.fullmatch(r"""=\s*"([^"]*)"|'(.*)""", bare):  # how a spreadsheet is told: this is text
        return (text[1] or text[2] or "").strip(), "text mark of a spreadsheet"
    if formula := re.fullmatch(r"=(-[A-Za-z0-9_-]{3,60})", bare):  # a shortcode that begins with a minus
        return formula[1], FORMULA
    if re.fullmatch(ERRORS, bare) or re.fullmatch(r"=.*", bare, flags=re.DOTALL):
        raise CellError(FORMULA)
    if decimals := re.fullmatch(r"([0-9]{1,25})[.,]0+", bare):
        if len(decimals[1]) > KEPT_DIGITS:
            raise CellError(CUT)
        return decimals[1], "written with decimals"
    if re.fullmatch(SCIENTIFIC, bare):
        raise CellError(CUT)
    return bare, "" if bare == cell else "blanks around it"


def mended(ids: Column, addresses: pd.Series) -> Column:
    """Return ids of posts in which each that is damaged or missing is the shortcode of the post's address."""
    damaged = ids.values.index[(ids.values == "") | ids.values.index.isin(ids.refused.index)]
    codes = addresses.loc[damaged].str.strip().str.extract(f"^{POST}$", flags=re.IGNORECASE)[0].dropna()
    if codes.empty:
        return ids
    shortcodes = codes.astype(TEXT)
    return Column(
        ids.values.mask(ids.values.index.isin(shortcodes.index), shortcodes.reindex(ids.values.index)),
        pd.concat([
            ids.repaired[~ids.repaired.index.isin(shortcodes.index)],
            pd.Series("from the post's address", index=shortcodes.index, dtype="str"),
        ]),
        ids.refused[~ids.refused.index.isin(shortcodes.index)],
        ids.telling,
    )  # fmt: skip


def handle(text: pd.Series) -> Column:
    """Return account names in lower case, without a leading @: how Instagram compares them.

    The address of a profile is its account. Refused are what a spreadsheet made of a name: dates, formula
    errors, rounded numbers; and the address of a post.
    """
    return spelt(text, ACCOUNT, _odd_handle)


def _odd_handle(cell: str) -> Answer:
    bare = unicodedata.normalize("NFC", re.sub(INVISIBLE + "|[\u00a0\u202f]", "", cell)).strip()
    if re.fullmatch(ERRORS, bare):
        raise CellError(FORMULA)
    if text := re.fullmatch(r"""=\s*"([^"]*)"|'([A-Za-z0-9._@]+)""", bare):
        bare = (text[1] or text[2] or "").strip()
    account = bare.lower().removeprefix("@")
    if re.fullmatch(DATES, account):
        raise CellError(DATE)
    if re.fullmatch(SCIENTIFIC, account) and "+" in account:
        raise CellError(CUT)
    if address := re.fullmatch(PROFILE, account):
        account = address[1]
        if account in NO_PROFILES:
            raise CellError("no account's address")
    elif re.fullmatch(POST, account):
        raise CellError("the address of a post where a name should be")
    return account, "" if account == cell else "spelling of the account name"


def word(text: pd.Series) -> Column:
    """Return words of a short list (offers) in lower case."""
    return spelt(text, r"[a-z]*", _odd_word)


def _odd_word(cell: str) -> Answer:
    plain = re.sub(INVISIBLE, "", cell).strip().lower()
    return plain, "" if plain == cell else "spelling"


OFFERS = {
    **dict.fromkeys(("gift", "gifted", "gifting", "product", "barter", "seeding"), "gift"),
    **dict.fromkeys(("fee", "paid", "flat fee"), "fee"),
}


def offer(text: pd.Series) -> Column:
    """Return gift or fee, blank where the text says neither: no reason to lose a whole row."""
    return spelt(text, "gift|fee|", _odd_offer)


def _odd_offer(cell: str) -> Answer:
    plain = str(_odd_word(cell)[0])
    if plain in NOTHING:
        return "", ""
    return OFFERS.get(plain, ""), "spelling" if plain in OFFERS else "neither gift nor fee: unknown"


def niche(text: pd.Series) -> Column:
    """Return niches in lower case, without a stray number behind (`fashion 0.5`); blank is `unknown`."""
    return spelt(text, r"[a-z]+", _odd_niche)


def _odd_niche(cell: str) -> Answer:
    clean = re.sub(r"\s+", " ", re.sub(INVISIBLE, "", cell).strip().lower())
    if not clean:
        return UNKNOWN, ""
    clean = re.sub(r" [0-9]+(?:\.[0-9]+)?$", "", clean)
    return clean, "" if clean == cell else "spelling of the niche"


FEW = 5  # creators: a niche of more is one of its own
TIMES = 10  # as many creators must have the niche that it stands for
SHORTEST = {"letter missing or too many": 5, "letters turned round": 6, "other letter": 8}
MISTYPED = "niche mistyped: read as the common one next to it"


def settled_niches(creators: pd.DataFrame) -> tuple[pd.DataFrame, "pd.Series[str]"]:
    """Return creators with rare niches one edit away from a common one renamed to it, and the reasons.

    Rare: at most 5 creators, and a tenth of those of the common one. The edit is a letter missing or too many
    (niches of 5 letters and more), two neighbours turned round (6) or another letter (8): `biking` is no
    mistyped `baking`. Of several common ones it is the most common, then the first by the alphabet. A common
    niche has 10 creators or more, so none is ever renamed.
    """
    sizes = creators[creators["niche"] != UNKNOWN].groupby("niche")["creator"].nunique()
    corrections = _corrections({str(name): int(size) for name, size in sizes.items()})
    wrong = creators["niche"].isin(list(corrections))
    if not wrong.any():
        return creators, pd.Series(dtype="str")
    niche = creators["niche"].mask(wrong, creators["niche"].map(corrections)).astype("str")
    return creators.assign(niche=niche), pd.Series(MISTYPED, index=creators.index[wrong], dtype="str")


def _corrections(sizes: Mapping[str, int]) -> dict[str, str]:
    """Return mistyped niche -> the common one."""
    by_spelling: dict[str, list[str]] = {}
    for name, size in sizes.items():
        if size >= TIMES:
            for form in {name, *_shorter(name)}:
                by_spelling.setdefault(form, []).append(name)
    corrections = {}
    for name, size in sizes.items():
        if size <= FEW:
            candidates = {other for form in {name, *_shorter(name)} for other in by_spelling.get(form, ())}
            fitting = [o for o in candidates if sizes[o] >= TIMES * size and _mistyped(name, o)]
            if fitting:
                corrections[name] = min(fitting, key=lambda other: (-sizes[other], other))
    return corrections


def _shorter(name: str) -> Iterator[str]:
    """Yield the word without each of its letters: words one edit apart share one of these."""
    if len(name) <= 60:
        yield from (name[:at] + name[at + 1 :] for at in range(len(name)))


def _mistyped(one: str, two: str) -> bool:
    """Return whether one word is the other with a single slip that words of their length can bear."""
    short, long = sorted((one, two), key=len)
    if len(long) == len(short) + 1:
        return len(short) >= SHORTEST["letter missing or too many"] and short in _shorter(long)
    differing = [at for at in range(len(long)) if one[at : at + 1] != two[at : at + 1]]
    if len(long) != len(short) or not differing:
        return False
    if len(differing) == 1:
        return len(long) >= SHORTEST["other letter"]
    first, last = differing[0], differing[-1]
    turned = len(differing) == 2 and last == first + 1 and (one[first], one[last]) == (two[last], two[first])
    return turned and len(long) >= SHORTEST["letters turned round"]
