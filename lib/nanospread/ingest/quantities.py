"""Text cells in, quantities out: counts of people and clicks, amounts of money, shares of 1.

A count has no decimals, so `5.000` is five thousand, unless the column writes decimals all the same. Which
mark is the decimal one in amounts, and whether rates are percent, the cells of a column tell together.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from nanospread.ingest.cells import (
    LONGEST,
    NO_HINTS,
    NOTHING,
    Answer,
    CellError,
    CellHints,
    Column,
    Reader,
    by_file,
    listed,
    listening,
    parsed,
    stripped,
    visible,
)

WHOLES = pd.Int64Dtype()
WHOLE = r"[0-9]{1,18}"
HEAD = r"[1-9][0-9]{0,2}"  # what stands before the first group of three
GROUP = r"[,'’ \u00a0\u2009\u202f][0-9]{3}"
INDIAN = r"[1-9][0-9]?(?:,[0-9]{2}){1,5},[0-9]{3}"  # 12,34,567: lakhs and crores
DOTS = "thousands marked with dots"
MIL = "mil"  # a thousand in Spanish and Portuguese, slang for a million in English
ZEROS = {
    MIL: 3,
    **dict.fromkeys(
        ("k", "tsd", "tsd.", "thousand", "тыс", "тыс.", "tys.", "tis.", "bin", "rb", "千", "천"), 3
    ),
    **dict.fromkeys(("w", "万", "萬", "만"), 4),
    **dict.fromkeys(("lakh", "lac", "लाख"), 5),
    **dict.fromkeys(("m", "mn", "mln", "mio", "mio.", "mi", "million", "millions", "млн", "млн.", "jt"), 6),
    **dict.fromkeys(("cr", "crore", "करोड़"), 7),
    **dict.fromkeys(("亿", "億", "억"), 8),
    **dict.fromkeys(("b", "bn", "mrd", "mrd.", "mld", "billion", "млрд", "млрд."), 9),
}
SHORT = rf"([0-9]{{1,9}})(?:([.,])([0-9]{{1,9}}))? ?({'|'.join(map(re.escape, ZEROS))})"
COUNTED = (
    "followers? fans? subscribers? likes? comments? views? abonnenten abonnés seguidores "
    "подписчиков 粉丝 팔로워"
)
AROUND = rf"(?P<number>.*?)(?P<more> ?\+)?(?: (?:{'|'.join(COUNTED.split())}))?"
NOISE = r"([0-9]{1,15})[.,](0{6,}[0-9]{1,3}|9{6,}[0-9]{0,3})"  # 12 as a machine adds it up: 12.0000000001

# By mark, what it is in a column: "thousands", "decimals", or "" where that is in doubt.
Marks = Mapping[str, str]


def _counter(*, hidden: str | None = None, blank: str | None = None, doubtful: bool = False) -> Reader:
    """Return a reader of whole numbers. hidden, blank: why -1 and no text are NA; None: they are not read.

    doubtful: what cannot be read is NA, no reason to lose a row.
    """

    def odd(cell: str, marks: Marks) -> Answer:
        if hidden is not None and cell in MINUS_ONE:
            return pd.NA, hidden
        if blank is not None and cell.lower() in NOTHING:
            return pd.NA, blank
        try:
            return _odd_count(cell, marks)
        except CellError as reason:
            if doubtful:
                return pd.NA, f"{reason}: unknown"
            raise

    def read(text: pd.Series) -> Column:
        bare, fits = stripped(text, WHOLE)
        # Digits alone tell nothing of marks.
        odd_cells = (
            [] if fits.all() else [visible(cell) for cell in bare[~fits].unique() if len(cell) <= LONGEST]
        )
        ways = {mark: _ways(mark, odd_cells) for mark in ".,"}
        marks = {mark: _meaning(cells) for mark, cells in ways.items()}
        mil = next((cell for cell in odd_cells if re.fullmatch(rf"[0-9]+,[0-9]+ ?{MIL}", cell.lower())), "")
        marks[MIL] = "thousands" if mil else ""
        column = parsed(bare, fits, lambda cell: odd(cell, marks), WHOLES)
        telling = dict.fromkeys(
            [cell for cells in ways.values() for cell in cells.values()] + [mil] * bool(mil)
        )
        return replace(column, telling=tuple(telling))

    return by_file(read)


MINUS_ONE = ("-1", "-1.0")
HIDDEN = "hidden by the creator: unknown"
count = _counter()  # a blank cell cannot be read
hidden_count = _counter(hidden=HIDDEN, blank=HIDDEN)  # likes
comment_count = _counter(blank="no count given: unknown")  # switched off
extra_count = _counter(hidden="hidden: unknown", blank="", doubtful=True)


def _ways(mark: str, cells: Sequence[str]) -> dict[str, str]:
    """Return the ways in which cells use a mark, each with the first cell that does.

    `0.000` and `1234.000` say that cells have three decimals, `12.0` only that some have any, `12.400` that
    thousands are marked.
    """
    escaped, other_mark = re.escape(mark), {".": ",", ",": r"\."}[mark]
    long = rf"(?:0[0-9]*|[0-9]{{4,18}}|{HEAD}(?:[{other_mark}'’ \u00a0\u2009\u202f][0-9]{{3}})+)"
    ways = {
        "decimals": rf"{long}{escaped}[0-9]{{3}}",
        "others": rf"(?:{long}|{HEAD}){escaped}(?:[0-9]{{1,2}}|[0-9]{{4,}})",
        "thousands": rf"{HEAD}(?:{escaped}(?!000)[0-9]{{3}}|(?:{escaped}[0-9]{{3}}){{2,5}}|"
        rf"(?:{escaped}[0-9]{{3}})+{other_mark}[0-9]+)",
    }
    first = {
        way: next((cell for cell in cells if re.fullmatch(pattern, cell)), None)
        for way, pattern in ways.items()
    }
    return {way: cell for way, cell in first.items() if cell is not None}


def _meaning(ways: Collection[str]) -> str:
    """Return what a mark is in a column: thousands if a cell says so or nothing else, or decimals."""
    if "thousands" in ways:
        return "" if "decimals" in ways else "thousands"
    return "decimals" if "decimals" in ways else "" if ways else "thousands"


def _odd_count(cell: str, marks: Marks) -> Answer:
    bare = visible(cell)
    if bare.lower() in NOTHING:
        raise CellError("empty")
    if re.match("[~≈] ?[0-9]", bare):
        return _odd_count(bare[1:], marks)[0], "about so many"
    if re.fullmatch(WHOLE, bare):
        return int(bare), "" if bare == cell else "digits of another script, or invisible marks"
    if re.fullmatch(r"-" + WHOLE, bare):
        return int(bare), ""  # for the schema to refuse
    if re.fullmatch(r"-?[0-9]{19,}", bare):
        raise CellError("number too large")
    if re.fullmatch(rf"{HEAD}[.,][0-9]{{3}}", bare) and marks[bare[-4]] != "thousands":
        return _in_decimals(bare, marks[bare[-4]])
    if re.fullmatch(rf"{HEAD}(?:{GROUP}){{1,5}}|{INDIAN}", bare):
        return int(re.sub(r"[^0-9]", "", bare)), "thousands separators"
    if re.fullmatch(rf"{HEAD}(?:\.[0-9]{{3}}){{1,5}}", bare):
        return int(bare.replace(".", "")), DOTS
    if re.fullmatch(WHOLE + r"[.,]0+", bare):
        return int(re.split("[.,]", bare)[0]), "written with decimals"
    if noisy := re.fullmatch(NOISE, bare):
        return int(noisy[1]) + (noisy[2][0] == "9"), "a whole number but for a machine's rounding"
    if short := re.fullmatch(SHORT, bare.lower()):
        return _shorthand(short, marks)
    around = re.fullmatch(AROUND, bare.lower())
    if around and around["number"] != bare.lower():
        value, why = _odd_count(around["number"], marks)
        qualifier = "at least" if around["more"] else "what is counted said with it"
        return value, f"{qualifier}; {why}" if why else qualifier
    raise CellError("no whole number")


def _in_decimals(bare: str, meaning: str) -> Answer:
    """Return what `5.000` says where its mark is the decimal one, or in doubt."""
    if not meaning:
        raise CellError(UNCLEAR)
    return int(bare[:-4]), "written with decimals"


UNCLEAR = "thousands or decimals?"


def _shorthand(parts: re.Match[str], marks: Marks) -> Answer:
    """Return 22.3k as 22300, in whole numbers: 1.2m as a float is not 1200000 on every machine.

    1,234k is 1234 thousand to some.
    """
    whole, mark, decimals = parts[1], parts[2], parts[3] or ""
    if parts[4] == MIL and not marks[MIL]:
        raise CellError("thousand or million (mil)?")
    zeros = ZEROS[parts[4]]
    if mark == "," and re.fullmatch(HEAD, whole) and len(decimals) == 3 and marks[mark] != "decimals":
        raise CellError(UNCLEAR)
    if len(decimals) > zeros:
        raise CellError("no whole number")
    return int(whole + decimals) * 10 ** (zeros - len(decimals)), "shorthand, rounded by the tool"


EITHER = rf"-?{HEAD}[.,][0-9]{{3}}"  # thousands or decimals: the cell alone does not tell
FRACTION = r"[0-9]{1,15}{mark}(?:[0-9]{1,2}|[0-9]{4,40})|(?:0[0-9]{0,14}|[0-9]{4,15}){mark}[0-9]{3}"
POINT, COMMA = FRACTION.replace("{mark}", r"\."), FRACTION.replace("{mark}", ",")
AMOUNT = rf"-?(?:[0-9]{{1,15}}|{POINT})"
GROUPED = rf"-?{HEAD}(?:{GROUP}){{1,4}}(?:\.[0-9]{{1,40}})?"
DOTTED = rf"-?{HEAD}(?:\.[0-9]{{3}}){{2,4}}"
COMMA_DECIMALS = rf"-?(?:{HEAD}(?:[.'’ \u00a0\u2009\u202f][0-9]{{3}}){{1,4}},[0-9]{{1,40}}|{COMMA})"
# What a column with a decimal point, and one with a decimal comma, has among its cells.
TELLS = {
    ".": rf"-?(?:{POINT}|{HEAD}(?:{GROUP}){{1,4}}\.[0-9]{{1,40}}|{HEAD}(?:,[0-9]{{3}}){{2,4}})",
    ",": f"{COMMA_DECIMALS}|{DOTTED}",
}
CURRENCY = r"^[€$£]\s*|\s*(?:[€$£]|EUR|USD|GBP|CHF)$|^(?:EUR|USD|GBP|CHF)\s*"
SIGNS = {"€": "EUR", "$": "USD", "£": "GBP"}
FLOATS = np.dtype("float64")


@by_file
def amount(text: pd.Series) -> Column:
    """Return money and other non-negative quantities as float64, NaN where blank.

    `1.250` and `1,250` are read as the other cells of the column tell, and not at all where none does.
    Nothing is converted: an amount in another currency than most of the column is not read.
    """
    bare = text.str.strip().str.replace(CURRENCY, "", regex=True)
    marks = [mark for mark, pattern in TELLS.items() if bare.str.fullmatch(pattern).any()]
    mark = marks[0] if len(marks) == 1 else ""
    currency = _commonest(text)
    return _floats(text, AMOUNT, lambda cell: _odd_amount(cell, mark, currency=currency))


def _floats(text: pd.Series, pattern: str, odd: Callable[[str], Answer]) -> Column:
    """Return numbers: cells of the pattern all at once, each other spelling once, on its own."""
    return parsed(*stripped(text, pattern), odd, FLOATS)


def _commonest(text: pd.Series) -> str:
    """Return the currency that most cells with one are in, "" where two are as common or none has one."""
    cells = text[text.str.contains(CURRENCY_SIGN, regex=True)]
    currencies = Counter(filter(None, (_currency(visible(cell)) for cell in cells))).most_common(2)
    return (
        currencies[0][0]
        if len(currencies) == 1 or (currencies and currencies[0][1] > currencies[1][1])
        else ""
    )


def _currency(text: str) -> str:
    """Return the currency of an amount, "" where it says none."""
    signs = re.findall(CURRENCY_SIGN, text) if re.match(NUMERIC, re.sub(CURRENCY, "", text)) else []
    return "/".join(sorted({SIGNS.get(sign, sign) for sign in signs}))


CURRENCY_SIGN = "[€$£]|EUR|USD|GBP|CHF"
NUMERIC = "-?[0-9]"


def _odd_amount(cell: str, mark: str, *, currency: str) -> Answer:
    text = visible(cell)
    if text.lower() in NOTHING:
        return float("nan"), ""
    if _currency(text) not in ("", currency):
        raise CellError("another currency")
    bare = re.sub(CURRENCY, "", text)
    if re.fullmatch(EITHER, bare):
        value, why = _thousands_or_decimals(bare, mark)
        return value, why or ("currency sign" if bare != text else "")
    if re.fullmatch(AMOUNT, bare):
        return float(bare), "currency sign" if bare != text else "digits of another script"
    if re.fullmatch(COMMA_DECIMALS, bare):
        return float(re.sub(r"[^0-9,-]", "", bare).replace(",", ".")), "decimal comma"
    if re.fullmatch(GROUPED, bare):
        return float(re.sub(r"[^0-9.-]", "", bare)), "thousands separators"
    if re.fullmatch(DOTTED, bare):
        return float(bare.replace(".", "")), DOTS
    raise CellError("no amount")


def _thousands_or_decimals(bare: str, mark: str) -> tuple[float, str]:
    """Return what `1.250` or `1,250` says where `mark` is the decimal one ("": unknown)."""
    if not mark:
        raise CellError("thousands or decimals?")
    if mark in bare:
        return float(bare.replace(",", ".")), "decimal comma" if mark == "," else ""
    return float(re.sub(r"[.,]", "", bare)), DOTS if "." in bare else "thousands separators"


NUMBER = r"[0-9]{1,9}(?:[.,][0-9]{1,40})?(?:e-[0-9]{1,2})?"  # 3.1e-05: how programs write small shares
ONE = 1 + 1e-9  # what a machine may make of 1
PERCENT = rf"({NUMBER}) ?%"


@by_file
def share(text: pd.Series) -> Column:
    """Return shares [0-1] as float64, NaN where blank: 0.12 or 12%; a bare 12 may be either: neither.

    Beside a bare 12 the column may hold percent, in which 0.9 is 0.009: then no bare number but 0 is read.
    """
    cells = [visible(cell) for cell in text.unique() if len(cell) <= LONGEST]
    if any(_number(cell) > ONE for cell in cells if re.fullmatch(NUMBER, cell)):
        return _floats(text, r"0|0?\.0{1,40}", _odd_doubtful_share)
    return _floats(text, r"0|1|0?\.[0-9]{1,40}|1\.0{1,40}", _odd_share)


def _odd_doubtful_share(cell: str) -> Answer:
    bare = visible(cell[:LONGEST])
    if re.fullmatch(rf"{NUMBER}|\.[0-9]{{1,40}}", bare) and _number(bare):
        raise CellError(SHARE_OR_PERCENT)
    return _odd_share(cell)


SHARE_OR_PERCENT = "share or percent? write 0.12 or 12%"


def _odd_share(cell: str) -> Answer:
    bare = visible(cell[:LONGEST])
    if bare.lower() in NOTHING:
        return float("nan"), ""
    if percent := re.fullmatch(PERCENT, bare):
        return _number(percent[1]) / 100, "percent"
    if re.fullmatch(r"0,[0-9]{1,40}", bare):
        return _number(bare), "decimal comma"
    if "e-" in bare and re.fullmatch(NUMBER, bare):
        return _number(bare), ""
    if re.fullmatch(NUMBER, bare) and 1 < _number(bare) <= ONE:
        return 1.0, "1 but for a machine's rounding"
    if re.fullmatch("-?" + NUMBER, bare):
        raise CellError(SHARE_OR_PERCENT)
    raise CellError("no share")


def _number(text: str) -> float:
    return float(text.replace(",", "."))


# Half of the accounts of any tier engage 0.5 to 8 % of their followers (model.md D1), so that the median of a
# column is far below 0.1 where it holds fractions and above 0.5 where it holds percent.
FRACTIONS, PERCENTS = 0.1, 0.5
ALREADY = rf"(?:(?:eng|er|engagement(?: rate)?)\.?:? ?)?{PERCENT}"


@listening
def reported_er(text: pd.Series, hints: CellHints = NO_HINTS) -> Column:
    """Return the engagement rates that a tool reports as shares [0-1], NaN where unknown: no row is lost.

    A percent sign tells for its cell. Bare numbers are what `hints.reported_er` says; else percent where the
    median of those above 0 in the column is 0.5 or more, fractions where it is 0.1 or less; in between,
    percent if any is above 1, and otherwise unknown.
    """
    bare = text.str.strip()
    plain = bare[bare.str.fullmatch("-?" + NUMBER)]
    scale = hints.reported_er or _scale(plain.str.replace(",", ".").astype("float64"))
    why = "as the mapping says" if hints.reported_er else "as the column tells"
    return listed(text, lambda cell: _odd_rate(cell, scale, why), FLOATS)


def _scale(numbers: "pd.Series[float]") -> str:
    """Return whether bare engagement rates are percent or fraction, "" where they do not tell."""
    positive = numbers[numbers > 0]
    if positive.empty:
        return "fraction"  # 0 is 0 in both
    middle = float(positive.median())
    if middle <= FRACTIONS:
        return "fraction"
    return "percent" if middle >= PERCENTS or (positive > 1).any() else ""


def _odd_rate(cell: str, scale: str, why: str) -> Answer:
    bare = visible(cell[:LONGEST]).lower()
    if bare in NOTHING:
        return float("nan"), ""
    if percent := re.fullmatch(ALREADY, bare):
        return _number(percent[1]) / 100, "percent"
    if not re.fullmatch(NUMBER, bare):
        return float("nan"), "no engagement rate: unknown"
    if not scale:
        return float("nan"), "percent or fraction? unknown until mapping.yaml says (reported_er: percent)"
    if scale == "percent":
        return _number(bare) / 100, f"percent, {why}"
    return _number(bare), "decimal comma" if "," in bare else ""
