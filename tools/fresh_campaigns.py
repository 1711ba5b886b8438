"""Staged plans in campaigns that nobody tuned them on: are error rates as promised, and does looking earn?

rules: error rates of two to five looks, as promised and in 1,000 fresh campaigns. staged: what the plan earns
beside all now, nothing, the macro and a fixed pilot in 1,000 fresh truths, from the prior and from generators
that are not the model; used by tools/calibration.py.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

import nanospread as ns
from nanospread.campaign import simulation, staged
from nanospread.campaign.staged import paths as on_paths
from nanospread.campaign.staged import worth
from nanospread.campaign.staged.search import Campaigns
from nanospread.core import paths
from nanospread.study import planning

CASES = {  # changes of the sample's brief, without results (the prior alone) and with them
    "prior": (False, {}),
    "prior, orders at 35": (False, {"order_value": 35}),
    "prior, paid posts": (False, {"offer": "fee"}),
    "sample": (True, {}),
    "sample, orders at 25": (True, {"order_value": 25}),
}
MISFITS = ("", "gamma creators", "one creator in 50", "a failed campaign", "half of the orders seen")
CHOOSE = 8_192
ERRORS = ("p_stop_paying", "p_go_on_losing")


@contextmanager
def study_of(case: str) -> Iterator[ns.Study]:
    """Yield the study of a case."""
    results, changes = CASES[case]
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "sample"
        shutil.copytree(paths.SAMPLE, bare, ignore=shutil.ignore_patterns("results.csv"))
        yield ns.open(*([] if results else [bare]), **changes)


def campaigns(
    study: ns.Study, n: int, seed: int, misfit: str = "", *, heavy_tailed: bool = False
) -> Campaigns:
    """Return simulated campaigns of a study's list. heavy_tailed: in which plans are chosen."""
    listed = study.shortlist().invitations
    steps = on_paths.steps(study.engagement, study.brief, listed, seed=1, beliefs=study.beliefs)
    with mock.patch.object(on_paths.simulation, "responses", _changed(misfit, seed)):
        return staged.campaigns(
            study.engagement, study.brief, listed, steps, planning.timing(study),
            n_worlds=n, seed=seed, beliefs=study.beliefs, heavy_tailed=heavy_tailed,
        )  # fmt: skip


def _changed(misfit: str, seed: int):
    """Return `simulation.responses` with orders from another generator, of the same mean but for failures."""
    plain = simulation.responses

    def answered(*given, **named):
        luck, asked = plain(*given, **named)
        rng, shape = np.random.default_rng([seed, named.get("start", 0)]), luck.orders.shape
        if misfit == "gamma creators":  # heavier tails than a log-normal leaves beside the posterior
            luck = luck._replace(orders=luck.orders * rng.gamma(0.6, 1 / 0.6, shape))
        if misfit == "one creator in 50":
            luck = luck._replace(orders=luck.orders * np.where(rng.random(shape) < 0.02, 25.5, 0.5))
        if misfit == "a failed campaign":
            luck = luck._replace(orders=luck.orders * np.where(rng.random(shape[1]) < 0.25, 0.1, 1.3))
        return luck, asked

    return answered


def rules(sets_and_seed: tuple[int, int], name: str) -> pd.DataFrame:
    """Return promised and fresh error rates of a case, by number of looks and error [points of 100]."""
    (sets, seed), rows = sets_and_seed, []
    with study_of(name) as study:
        choosing = campaigns(study, CHOOSE, seed + staged.CHOOSING, heavy_tailed=True)
        judging = campaigns(study, CHOOSE, seed)
        fresh = campaigns(study, sets, seed + 7_000)
        last = choosing.paths.last
        for looks in (1, 2, 3, 4, 5):
            steps = tuple(np.unique(np.linspace(1, last - 1, looks + 1).astype(int)[:looks]))
            plan, clicks = choosing.best(steps)[0], choosing.best(steps, clicks=True)[0]
            chosen = worth.Plans(plan, clicks, None)
            promised, came = (worth.error_rates(one, chosen) for one in (judging, fresh))
            rows += [
                {
                    "case": name, "looks": len(steps), "measure": measure, "error": error,
                    "promised": 100 * promised.loc[measure, error], "fresh": 100 * came.loc[measure, error],
                    "fresh_se": 100 * came.loc[measure, f"{error}_se"],
                }
                for measure in promised.index
                for error in ERRORS
            ]  # fmt: skip
    table = pd.DataFrame(rows)
    return table.assign(away=table["fresh"] - table["promised"])


def values(sets_and_seed: tuple[int, int], name: str) -> pd.DataFrame:
    """Return what the plan of a case gains over each option in fresh truths, by generator [money]."""
    (sets, seed), rows = sets_and_seed, []
    with study_of(name) as study:
        choosing = campaigns(study, CHOOSE, seed + staged.CHOOSING, heavy_tailed=True)
        plans = worth.chosen(choosing, most=study.brief.batches.most, capacity=None)
        for misfit in MISFITS:
            at = seed + 9_000
            judging = campaigns(study, sets, at, misfit)
            if misfit == "half of the orders seen":
                judged = judging.paths
                thinned = np.random.default_rng(at).binomial(judged.credited_orders.astype(int), 0.5)
                judging = judging._replace(paths=judged._replace(credited_orders=thinned.astype(float)))
            earned = worth.values(judging, plans, study.brief, study.beliefs, at)
            perfect, captured = worth.perfect(judging, earned, study.brief, study.beliefs, at)
            for option, row in earned.table.drop(index="staged").iterrows():
                rows.append(
                    {
                        "case": name, "generator": misfit or "model", "option": option,
                        "batches": 1 + len(plans.looks.steps),
                        "profit": earned.table.loc["staged", "profit_mean"],
                        "gain": row["gain"], "low": row["gain"] - 1.96 * row["gain_se"],
                        "high": row["gain"] + 1.96 * row["gain_se"],
                        "perfect": perfect.value, "captured": captured,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)
