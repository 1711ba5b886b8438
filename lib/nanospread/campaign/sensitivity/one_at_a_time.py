"""One assumption after the other at both ends of its range -> which of them moves the gain most."""

from collections.abc import Sequence

import pandas as pd

from nanospread.campaign import risk
from nanospread.campaign.brief import Brief
from nanospread.campaign.risk import Estimate
from nanospread.campaign.sensitivity import pairs, ranges
from nanospread.creators.engagement import EngagementModel


def tornado(
    engagement: EngagementModel,
    brief: Brief,
    *,
    n_worlds: int,
    seed: int,
    names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return what each assumption does to the odds at its low and at its high, all others as in the brief.

    names: of assumptions; None for those in force. What changes nothing stays in, with swing 0.

    Returns: one row per assumption, largest swing first: name, unit, basis, low, central (the value in
    force), high, clipped (whether low or high was drawn back to what is possible), swing (|gain at high -
    gain at low| [money]), and gain, profit [money], beats and loss [probabilities] of the brief itself (the
    same in all rows), at low (<measure>_low) and at high (<measure>_high); each with its <column>_se.

    Raises: InputError for a name that is no assumption, n_worlds or seed out of range.
    """
    wanted = ranges.chosen(brief, names)
    own = pairs.columns(pairs.measured(pairs.pair(engagement, brief, {}, n_worlds=n_worlds, seed=seed)))
    rows = [_row(engagement, brief, name, n_worlds, seed) | own for name in wanted]
    return pd.DataFrame(rows).sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def _row(engagement: EngagementModel, brief: Brief, name: str, n_worlds: int, seed: int) -> dict[str, object]:
    row, ends = brief.assumptions[name], ranges.reachable(engagement, brief, name)
    low, high = (
        pairs.pair(engagement, brief, {name: value}, n_worlds=n_worlds, seed=seed)
        for value in (ends.low, ends.high)
    )
    moved = risk.mean(high.gain - low.gain, batch=low.batch)  # paired: what all worlds share cancels out
    return {
        "name": name,
        "unit": row.unit,
        "basis": row.basis,
        "low": ends.low,
        "central": brief.value(name),
        "high": ends.high,
        "clipped": ends.clipped,
        **pairs.columns({"swing": Estimate(abs(moved.value), moved.se)}),
        **pairs.columns(pairs.measured(low), "_low"),
        **pairs.columns(pairs.measured(high), "_high"),
    }
