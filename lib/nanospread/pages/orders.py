"""What became of the orders of shops and affiliate tools: how many are credited, and why others are not."""

import pandas as pd

from nanospread.core.formatting import count, counted, listed
from nanospread.ingest import credit
from nanospread.ingest.order_results import OrderResults


def credited(found: OrderResults) -> tuple[str, ...]:
    """Return how many orders are credited, uncredited and refused, and what is to be told beside."""
    account, orders = found.credit.account, found.credit.orders
    if account.empty:
        return found.notes
    mine = orders[orders["outcome"] == credit.CREDITED]
    whom = f" to {counted(mine['creator'].nunique(), 'creator')}, {_ways(mine)}" if len(mine) else ""
    parts = [f"{count(credit.total(account, credit.CREDITED))} are credited{whom}"]
    for outcome, words in ((credit.UNCREDITED, "to nobody"), (credit.REFUSED, "refused")):
        rows = account[(account["outcome"] == outcome) & (account["orders"] > 0)]
        if len(rows):
            parts.append(f"{count(rows['orders'].sum())} {words} ({_reasons(rows)})")
    return (f"Of {counted(account['orders'].sum(), 'order')} that came in, {'; '.join(parts)}.", *found.notes)


def _ways(orders: pd.DataFrame) -> str:
    """Return by what orders are credited, with how many by each: their code, their link or their tool."""
    number = orders.groupby("by")["orders"].sum().sort_values(ascending=False, kind="stable")
    return listed([f"{count(many)} by {way}" for way, many in number.items()])


def _reasons(rows: pd.DataFrame) -> str:
    most = rows.sort_values("orders", ascending=False, kind="stable")
    if len(most) == 1:
        return str(most["reason"].iloc[0])
    return "; ".join(
        f"{reason}: {count(many)}" for reason, many in zip(most["reason"], most["orders"], strict=True)
    )
