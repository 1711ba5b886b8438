"""Files and posts in; when each was read, and of several readings of a post the newest, out.

A file was read when its mapping says, else on the last day that its name tells, else when the caller says. A
post's own date of reading goes before all of these.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date as Date  # noqa: N812  as `date` is a function here

import pandas as pd

from nanospread.ingest import schemas
from nanospread.ingest.cells import NO_REASON
from nanospread.ingest.dates import MOMENTS, MONTHS
from nanospread.ingest.names import MONTH
from nanospread.ingest.sheets import RawFile, by_row, numbers_by_row

DAY = pd.Timedelta(days=1)
FEW = 0.01  # of a file's posts: more that are newer than the day in its name, and it is not its export's
IN_NAMES = [
    re.compile(way, re.IGNORECASE)
    for way in (
        r"(?<!\d)(?P<year>20\d\d)(?P<mark>[-_. ]?)(?P<month>\d\d)(?P=mark)(?P<day>\d\d)(?!\d)",
        r"(?<!\d)(?P<day>\d\d)(?P<mark>[._])(?P<month>\d\d)(?P=mark)(?P<year>20\d\d)(?!\d)",
        rf"(?<![^\W_])(?P<month>{MONTH})[-_. ]?(?P<day>\d{{1,2}})[-_., ]{{1,2}}(?P<year>20\d\d)(?!\d)",
        rf"(?<!\d)(?P<day>\d{{1,2}})[-_. ]?(?P<month>{MONTH})[-_. ]?(?P<year>20\d\d)(?!\d)",
    )
]


def date(file: RawFile, as_of: pd.Timestamp | None) -> pd.Timestamp | None:
    """Return when a file was exported; None: not known. as_of: what the caller says (UTC)."""
    if "as_of" in file.settings:
        return pd.Timestamp(file.settings["as_of"])
    name_day = in_name(file)
    return name_day if name_day is not None and (as_of is None or name_day <= as_of + DAY) else as_of


def in_name(file: RawFile) -> pd.Timestamp | None:
    """Return the last day that a file's name tells; of a record's own file that of its folder.

    The name of such a file is its post's date.
    """
    name = file.file.rpartition("/")[0] if file.names else file.file
    return max(_days(name), default=None)


def _days(name: str) -> Iterator[pd.Timestamp]:
    for way in IN_NAMES:
        for match in way.finditer(name):
            month = MONTHS.get(match["month"].lower(), match["month"])
            try:
                yield pd.Timestamp(Date(int(match["year"]), int(month), int(match["day"])), tz="UTC")
            except ValueError:
                continue  # some other number


def dates(files: Sequence[RawFile], as_of: pd.Timestamp | None) -> pd.Series:
    """Return for each row when its file was exported, NaT where that is not known."""
    return by_row(files, [date(file, as_of) for file in files], MOMENTS)


def of_posts(posts: pd.DataFrame, files: Sequence[RawFile], as_of: pd.Timestamp | None) -> pd.Series:
    """Return when each post was read: as its row says, else its file; NaT where neither is known.

    A day in a file's name that many of its posts are newer than is not its export's, and a row's own date
    before the post's is none of its reading.
    """
    row_dates = posts["read_at"].mask(posts["read_at"] < posts["posted_at"] - DAY)
    moments, start = [], 0
    for file in files:
        posted = posts["posted_at"].iloc[start : start + len(file.rows)]
        start += len(file.rows)
        wrong = (
            file.elsewhere.misnamed if file.elsewhere else misnamed(newer(file, as_of, posted), len(posted))
        )
        moments.append(as_of if wrong else date(file, as_of))
    return row_dates.fillna(by_row(files, moments, MOMENTS))


def newer(file: RawFile, as_of: pd.Timestamp | None, posted: pd.Series) -> int:
    """Return how many posts are newer than the day of their file; none where its mapping says that day."""
    moment = date(file, as_of)
    return 0 if moment is None or "as_of" in file.settings else int((posted > moment + DAY).sum())


def misnamed(n_newer: int, n_posts: int) -> bool:
    """Return if too many of a file's posts are newer than the day in its name for this to be its export's."""
    return n_newer > 0 and n_newer / n_posts > FEW


def newest(posts: pd.DataFrame, files: Sequence[RawFile]) -> tuple[pd.DataFrame, schemas.Reasons]:
    """Return posts and reasons as `schemas.split`, of several readings of one post the newest.

    Of readings of one date that of the last file counts, of one file the first. What a newer reading does not
    tell (`schemas.KEPT_OF_OLDER`) is what the one before it told.
    """
    key = schemas.KEYS["posts"]
    if not (posts.duplicated(key[:1]).any() and posts.duplicated(key).any()):  # ids alone are quick
        return schemas.split(posts, "posts")
    marks = posts[["read_at"]].assign(file=numbers_by_row(files).reindex(posts.index))
    order = marks.sort_values(["read_at", "file"], ascending=False, na_position="last", kind="stable").index
    rows, reasons = schemas.split(posts.loc[order], "posts")
    why = reasons.get("post", NO_REASON)
    repeats = why.index[why == schemas.REPEATS["posts"]]
    every = posts.loc[order].loc[lambda each: each.index.isin(rows.index.union(repeats))]
    keys = [every[name] for name in key]
    key_marks = marks.loc[every.index]
    first = key_marks.groupby(keys).transform("first")
    dated = every.index[(key_marks["read_at"] != first["read_at"]) & first["read_at"].notna()]
    undated = every.index[key_marks["file"] != first["file"]].difference(dated)
    for index, reason in ((dated, schemas.NEWER), (undated, schemas.UNDATED)):
        why = why.mask(why.index.isin(repeats.intersection(index)), reason)
    reasons["post"] = why
    readings = every[~every.index.isin(repeats) | every.index.isin(dated.union(undated))]
    return _completed(rows.sort_index(), readings[readings.duplicated(key, keep=False)]), reasons


def _completed(rows: pd.DataFrame, readings: pd.DataFrame) -> pd.DataFrame:
    """Return posts with what older readings of them tell besides. readings: newest first."""
    keys = [readings[name] for name in schemas.KEYS["posts"]]
    for column in schemas.KEPT_OF_OLDER if len(readings) else ():
        values = readings[column].mask(readings[column] == "") if column == "caption" else readings[column]
        older = values.groupby(keys).transform("first").dropna()
        lacking = rows[column] == "" if column == "caption" else rows[column].isna()
        index = older.index[older.index.isin(rows.index[lacking])]
        rows.loc[index, column] = older[index]
    return rows
