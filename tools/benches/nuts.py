"""How far beliefs after the sample's results are from those that NumPyro's NUTS finds (peers/nuts_peer.py).

nuts_mean_gap: the largest difference of means, in sds of the posterior. nuts_sd_gap: the largest difference
of sds, as a share. Both of every belief that was learned, on the scale of its range (model.md C13), and of
the logs of orders per 100 clicks and of nano to macro. Chains have an error of their own: nuts_effective is
the least number of independent draws, nuts_r_hat how far chains agree. Left out where .venv-bench is not
there.

    python tools/benches/nuts.py [--smoke]
"""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import sizes
from scipy import special

import nanospread as ns
from nanospread.campaign.beliefs import Beliefs, evidence, posterior
from nanospread.campaign.beliefs.evidence import Evidence
from nanospread.campaign.brief.assumptions import RANGES
from nanospread.core import paths
from nanospread.core.types import Floats

PEER = paths.ROOT / "tools" / "peers" / "nuts_peer.py"
BENCH = paths.ROOT / ".venv-bench"
SEED = 20261122
STRAIGHT: dict[str, Callable[[Floats], Floats]] = {
    "log": np.log,
    "logit": special.logit,
    "linear": np.asarray,
}


def case(study: ns.Study) -> dict[str, Any]:
    """Return the study's beliefs and what its results say, as the peer reads them."""
    brief, data = study.brief, study.data
    of = evidence.gathered(data.results, data.tables.lift_tests, data.roster, brief.goods, brief.platform)
    rows = (*posterior.free_beliefs(brief).rows, *posterior.readings(brief).rows)
    free = {row.name for row in rows}
    fields = {"name", "low", "central", "high", "moves_with"}
    return {
        "rows": [
            row.model_dump(include=fields)
            | {"scale": row.normal_scale, "least": RANGES[row.unit][0], "most": RANGES[row.unit][1]}
            for row in rows
        ],
        "fixed": {name: brief.value(name) for name in brief.assumptions if name not in free},
        "evidence": by_kind(of),
    }


def by_kind(of: Evidence) -> dict[str, dict[str, list[float]]]:
    """Return the evidence by kind, a creator a row."""
    each = of.orders.times.astype(np.int64)
    campaign = np.repeat(np.arange(len(of.orders.starts) - 1), np.diff(of.orders.starts))
    columns = {**of.orders._asdict(), "campaign": campaign}
    del columns["times"], columns["starts"]
    kinds = {
        "reach": of.reach._asdict(),
        "clicks": of.clicks._asdict(),
        "orders": {name: np.repeat(column, each) for name, column in columns.items()},
        "paid": of.revenues._asdict(),
        "fees": of.fees._asdict(),
        "lifts": of.lifts._asdict(),
    }
    return {
        kind: {name: np.asarray(column).tolist() for name, column in rows.items()}
        for kind, rows in kinds.items()
        if len(next(iter(rows.values())))
    }


def gaps(ours: Beliefs, theirs: Beliefs, scales: dict[str, str]) -> pd.DataFrame:
    """Return by name the difference of means in sds of the posterior, and of sds as a share."""
    pairs = {
        name: [STRAIGHT[scales[name]](each.column(name)) for each in (ours, theirs)]
        for name in ours.learned_from
    }
    nano, macro = (
        [np.log(each.orders_per_100_clicks(side)) for each in (ours, theirs)] for side in ("nano", "macro")
    )
    pairs |= {"orders_per_100_clicks_nano": nano, "orders_per_100_clicks_macro": macro}
    pairs["nano_to_macro"] = [one - other for one, other in zip(nano, macro, strict=True)]
    rows = {}
    for name, (own, other) in pairs.items():
        sd = np.std(other)
        rows[name] = {"mean_gap": (np.mean(own) - np.mean(other)) / sd, "sd_gap": np.std(own) / sd - 1}
    return pd.DataFrame(rows).T


def measured(n_draws: int) -> dict[str, float]:
    """Return the largest differences; every one is printed before."""
    study = ns.open()
    asked = case(study)
    command = [str(BENCH / "bin" / "python"), str(PEER), str(n_draws), str(SEED)]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout)
    names, draws = zip(*theirs["draws"].items(), strict=True)
    peer = replace(study.beliefs, names=names, draws=np.column_stack(draws))
    table = gaps(study.beliefs, peer, {row["name"]: row["scale"] for row in asked["rows"]})
    print(table.to_string(float_format="{:+.3f}".format), f"{theirs['divergent']} divergent", sep="\n")
    return {
        "nuts_mean_gap": float(table["mean_gap"].abs().max()),
        "nuts_sd_gap": float(table["sd_gap"].abs().max()),
        "nuts_effective": theirs["n_eff"],
        "nuts_r_hat": theirs["r_hat"],
    }


if __name__ == "__main__":
    installed = (BENCH / ".ready").exists()
    if not installed:
        print("NumPyro is left out: there is no .venv-bench, which tools/peers/setup.sh makes")
    print(json.dumps(measured(sizes.asked().nuts_draws) if installed else {}))
