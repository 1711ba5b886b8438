"""A file of exchange rates, as the European Central Bank publishes them -> amounts in one currency.

The file has a column Date and one for each currency, in units of it for one EUR; N/A where there was none.
An amount is converted at the rate of its day, on days without one at the last known before.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from nanospread.core.errors import InputError
from nanospread.core.types import Floats, floats
from nanospread.ingest import dates

BASE = "EUR"
LARGEST = 20_000_000  # bytes; the whole history since 1999 has about 2 million
OLDEST = pd.Timedelta(days=10)  # between a day and the last rate before it: longer than any run of holidays


@dataclass(frozen=True, eq=False)
class Rates:
    """Units of each currency for one EUR, by day, the first day first."""

    name: str
    table: pd.DataFrame  # index: days (UTC); a column for each currency, NaN where there was no rate

    def converted(self, amounts: pd.Series, days: pd.Series, currency: str, target: str) -> Floats:
        """Return amounts of one currency in another, NaN where the day is not known.

        Raises InputError: a currency that the file lacks, or a day before its first or long after its last.
        """
        dated = days.notna().to_numpy()
        factors = np.full(len(amounts), np.nan)
        if dated.any():
            rate_days = days[dated].dt.floor("D")
            factors[dated] = self._rates_on(rate_days, target) / self._rates_on(rate_days, currency)
        return np.asarray(floats(amounts) * factors)

    def _rates_on(self, days: pd.Series, currency: str) -> Floats:
        if currency == BASE:
            return np.ones(len(days))
        if currency not in self.table:
            raise InputError(f"{self.name} has no rates of {currency}: name a file that has")
        rates = self.table[currency].dropna()
        place = rates.index.searchsorted(pd.DatetimeIndex(days), side="right") - 1
        before = rates.index[np.maximum(place, 0)]
        lacks = (place < 0) | (pd.DatetimeIndex(days) - before > OLDEST)
        if lacks.any():
            day = days[lacks].min()
            raise InputError(f"{self.name} has no rate of {currency} for {day:%Y-%m-%d}: get a newer file")
        return floats(rates.to_numpy()[place])


def read(path: Path | str) -> Rates:
    """Return the rates of a CSV file.

    Raises InputError: no such file, one that is too large, or is no table of rates above 0 by day.
    """
    file = Path(path)
    try:
        if file.stat().st_size > LARGEST:
            raise InputError(
                f"rates '{path}' has {file.stat().st_size:,} bytes; at most {LARGEST:,} are read"
            )
        table = pd.read_csv(file, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"rates '{path}' cannot be read: {error.strerror}") from None
    except (ValueError, pd.errors.ParserError):
        raise InputError(f"rates '{path}' is no CSV table") from None
    table = table.rename(columns=str.strip)
    currencies = [name for name in table.columns if re.fullmatch("[A-Z]{3}", name)]
    if "Date" not in table or not currencies or not table.columns.is_unique:
        raise InputError(f"rates '{path}' must have a column Date and one for each currency, such as USD")
    return Rates(file.name, _rates(str(path), table, currencies))


def _rates(path: str, table: pd.DataFrame, currencies: list[str]) -> pd.DataFrame:
    day = pd.to_datetime(table["Date"].str.strip(), format="%Y-%m-%d", utc=True, errors="coerce")
    cells = table[currencies].apply(lambda column: column.str.strip())
    rates = cells.mask(cells.isin(["", "N/A"])).apply(pd.to_numeric, errors="coerce")
    wrong = (rates.isna() & ~cells.isin(["", "N/A"])) | (rates <= 0) | np.isinf(rates)
    bad = day.isna() | wrong.any(axis=1) | day.duplicated()
    if bad.any():
        line = int(np.flatnonzero(bad)[0]) + 2
        raise InputError(f"rates '{path}', line {line}: a day such as 2026-11-27 and rates above 0 or N/A")
    return pd.DataFrame(rates.set_index(pd.DatetimeIndex(day).astype(dates.MOMENTS)).sort_index())
