"""Values from the prior -> a history of campaigns, and where the last one lies in its forecast."""

import numpy as np
import pandas as pd

from nanospread.campaign import backtest
from nanospread.campaign.beliefs import posterior
from nanospread.campaign.brief import Brief
from nanospread.creators.engagement import EngagementModel
from oracles import results as generator


def truth(rng: np.random.Generator, brief: Brief) -> dict[str, float]:
    """Return one draw of every belief and noise from the prior."""
    rows = posterior.Prior((*posterior.free_beliefs(brief).rows, *posterior.readings(brief).rows))
    values = rows.values(rng.standard_normal((1, len(rows.rows))))[0]
    fixed = {name: brief.value(name) for name in brief.assumptions}
    return fixed | dict(zip(rows.names, values.tolist(), strict=True))


def place(seed: int, brief: Brief, model: EngagementModel, *, campaigns: int = 4) -> float:
    """Return where the orders of the last of so many campaigns lie in the forecast of the others [0-1].

    Posts reach as unevenly as those of the model, and no count is of something else, which nothing forecasts;
    everything else is drawn.
    """
    rng = np.random.default_rng(seed)
    known = {"reach_noise": float(model.creators["sd_post"].median()), "one_off_share": 0.0}
    rows, roster = generator.drawn(rng, truth(rng, brief) | known, campaigns=campaigns)
    niches = pd.Series(sorted(model.creators["niche"].unique()))
    roster["niche"] = niches[np.arange(len(roster)) % len(niches)].to_numpy()
    undated = pd.Series(pd.NaT, rows.index, dtype="datetime64[us, UTC]")
    past = backtest.Results(
        rows.assign(posted_at=undated, as_of=undated), pd.DataFrame({"campaign": []}), roster
    )
    name = f"c{campaigns - 1}"
    last, believed = past.of(name), past.taught(brief, name)
    forecast = backtest.forecast(model, brief, last, believed, n_worlds=2_000, seed=seed)["orders"]
    return backtest.below(forecast, float(last["orders"].sum()))
