"""How long it takes to credit 1 million orders, and how much memory with them: best of three runs.

Three in four rows are a shop's orders, each with a code or none and some with a second one of the whole shop;
the others are an affiliate tool's rows of the same orders. 2,000 creators have a code and a link each.
Seconds are of CPU, in one thread: those of the clock where nothing else runs.

    python tools/benches/orders.py [--smoke]
"""

import json
import sys
import time

import numpy as np
import pandas as pd
from sizes import peak_mb

from nanospread.ingest import credit, schemas

ROWS, SMOKE, CREATORS, ROUNDS = 1_000_000, 20_000, 2_000, 3


def orders(rows: int) -> pd.DataFrame:
    """Return rows of orders as `Tables.orders` has them."""
    random = np.random.default_rng(1)
    shop = rows * 3 // 4
    of = np.concatenate([np.arange(shop), random.integers(0, shop, rows - shop)])
    owner = of * 7919 % CREATORS
    by_shop = np.arange(rows) < shop
    codes = [f"CODE{at}" for at in range(CREATORS)]
    code = [
        "" if at % 3 == 0 else f"{codes[owner[at]]}, FREE" if at % 20 == 1 else codes[owner[at]]
        for at in range(rows)
    ]
    link = [
        f"https://shop.example/p/{at % 977}?ref=l{owner[at]}" if at % 4 == 0 else "" for at in range(rows)
    ]
    start = pd.Timestamp("2026-01-01", tz="UTC").as_unit("us")
    given = {
        "order": [f"#{number}" if shown else str(number) for number, shown in zip(of, by_shop, strict=True)],
        "ordered_at": start + pd.to_timedelta(of % 8_000_000, unit="s"),
        "orders": 1.0,
        "value": np.round(random.gamma(2, 30, rows), 2),
        "commission": np.where(by_shop, np.nan, 2.0),
        "state": np.array(["paid", "pending", "cancelled", "refunded"], dtype=object)[of % 4],
        "code": code,
        "link": link,
        "tool": np.where(by_shop, "shopify", "refersion").astype(object),
    }
    return frame("orders", given, rows)


def codes() -> pd.DataFrame:
    """Return a code and a link of each creator, and one code of the whole shop."""
    names = [f"creator{at}" for at in range(CREATORS)]
    given = {
        "kind": ["code"] * CREATORS + ["link"] * CREATORS + ["code"],
        "code": [f"CODE{at}" for at in range(CREATORS)] + [f"l{at}" for at in range(CREATORS)] + ["FREE"],
        "creator": [*names, *names, ""],
        "campaign": "autumn",
    }
    return frame("codes", given, 2 * CREATORS + 1)


def frame(table: str, given: dict[str, object], rows: int) -> pd.DataFrame:
    """Return columns with their types, blank where none is given."""
    columns = {}
    for name, kind in schemas.COLUMNS[table].items():
        blank = {"str": "", schemas.UTC: None}.get(kind.dtype, np.nan)
        values = given.pop(name, blank)
        columns[name] = pd.Series(values, index=range(rows), dtype=kind.dtype)
    return pd.DataFrame(columns)


def main() -> None:
    """Print the seconds and the peak of memory [MB] on one line of JSON."""
    smoke = "--smoke" in sys.argv
    rows, listed = orders(SMOKE if smoke else ROWS), codes()
    seconds = []
    for _ in range(1 if smoke else ROUNDS):
        start = time.process_time()
        found = credit.credited(rows, listed)
        seconds.append(time.process_time() - start)
        assert found.account["orders"].sum() == len(rows)
        del found  # two results at once are nobody's need
    print(json.dumps({"orders_1m_seconds": min(seconds), "orders_1m_peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
