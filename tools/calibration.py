"""Are beliefs calibrated? Simulation-based calibration and robustness of what results teach.

sbc: true values from the prior, results from the model, ranks of the truth among the draws: uniform where the
computation is right (Talts et al. 2018, arXiv:1804.06788), inside simultaneous bands of the ECDF (Saeilynoja,
Buerkner and Vehtari 2022, Stat. Comput. 32:32). robust: results from generators that are not the model; how
often 80 % intervals of orders per click hold the truth. held: histories of campaigns from the model, one
campaign of each forecast from the others; how often intervals hold its orders. rules, staged: plans in
batches, in fresh campaigns (fresh_campaigns.py). lift: holdout tests planned on orders without a campaign,
and read with none and with the smallest effect that was promised to be seen.

With --cluster workers of a Dask cluster take sets, or cases; each set's numbers are those of its own seed.

    python tools/calibration.py sbc --sets 1000 [--seed 1] [--out build/sbc.csv] [--cluster local:2]
    python tools/calibration.py robust --sets 100
    python tools/calibration.py held --sets 200
    python tools/calibration.py rules --sets 1000
    python tools/calibration.py staged --sets 1000
    python tools/calibration.py lift --sets 1000
"""

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import fresh_campaigns

import nanospread as ns
from nanospread.campaign import beliefs, brief, lift_tests
from nanospread.campaign.simulation import run
from nanospread.core import cluster, weeks
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel
from oracles import histories, weekly_orders
from oracles import results as generator
from oracles.histories import place, truth

SAMPLE = brief.read("sample")
PER_CLICK = {f"orders_per_100_clicks_{side}": side for side in ("nano", "macro")}
ALPHA = 0.05


def per_100_clicks(values: dict[str, float], side: str) -> float:
    """Return what 100 clicks bring on average, flops included."""
    flops = 1 - values["flop_rate"] * (1 - values["flop_multiplier"])
    return (
        100 * values["kappa"] * values[f"cvr_{side}"] * flops * (values["advocacy"] if side == "nano" else 1)
    )


def ranked(misfit: str, seed: int) -> dict[str, float]:
    """Return the share of draws under the truth, by belief that was learned; ties are split at random."""
    rng = np.random.default_rng(seed)
    values = truth(rng, SAMPLE) if not misfit else central()
    rows, roster = generator.drawn(rng, values, misfit=misfit)
    believed = beliefs.learned(SAMPLE, rows, roster)
    shares = {}
    for name in [*believed.learned_from, *PER_CLICK]:
        if name in PER_CLICK:
            side = PER_CLICK[name]
            drawn, true = believed.orders_per_100_clicks(side), per_100_clicks(values, side)
        else:
            drawn, true = believed.column(name), values[name]
        shares[name] = ((drawn < true).mean() + rng.random() * (drawn == true).mean()).item()
    return shares | {f"fit {at}": float(fit.method == "importance") for at, fit in enumerate(believed.fits)}


def placed(model: EngagementModel, seed: int) -> dict[str, float]:
    """Return where the orders of a campaign lie in the forecast from the others, of one history."""
    return {"orders": place(seed, SAMPLE, model)}


def central() -> dict[str, float]:
    """Return the central values."""
    return {name: SAMPLE.value(name) for name in SAMPLE.assumptions}


def bands(n: int, seed: int = 0, times: int = 4_000) -> float:
    """Return within how many binomial sds the ECDF of n uniforms stays in 95 of 100 cases, everywhere."""
    at = np.linspace(0, 1, 101)[1:-1]
    uniforms = np.random.default_rng(seed).random((times, n))
    ecdf = np.stack([np.searchsorted(np.sort(row), at, side="right") / n for row in uniforms])
    away = np.abs(ecdf - at) / np.sqrt(at * (1 - at) / n)
    return float(np.quantile(away.max(axis=1), 1 - ALPHA))


def summary(ranks: pd.DataFrame) -> pd.DataFrame:
    """Return by belief: sets, coverage of 80 % intervals, largest deviation of the ECDF [binomial sds]."""
    at, rows = np.linspace(0, 1, 101)[1:-1], {}
    for name, column in ranks.items():
        values: Floats = column.dropna().to_numpy(dtype=np.float64)
        ecdf = np.searchsorted(np.sort(values), at, side="right") / len(values)
        away = np.abs(ecdf - at) / np.sqrt(at * (1 - at) / len(values))
        inside = ((values > 0.1) & (values < 0.9)).mean()
        rows[name] = {"sets": len(values), "coverage": inside, "deviation": away.max()}
    table = pd.DataFrame(rows).T
    return table.assign(uniform=table["deviation"] <= bands(int(table["sets"].max())))


DESIGNS = {"8 regions": (8, 4), "16 regions": (16, 4), "30 regions": (30, 8), "on and off": (1, 28)}
YEARS = 104  # weeks of history


def holdouts(design: str, sets: int, seed: int, executor: Executor | None = None) -> pd.DataFrame:
    """Return how often tests find an effect where there is none, and the one that they promise; by kind."""
    kinds = [list(weekly_orders.KINDS)[at % len(weekly_orders.KINDS)] for at in range(sets)]
    tasks = [(kind, seed * 100_000 + at) for at, kind in enumerate(kinds)]
    rows = list(run.mapped(holdout, DESIGNS[design], tasks, executor))
    table = pd.DataFrame(rows).assign(kind=kinds)
    return pd.concat([table.groupby("kind").mean(), table.assign(kind="all").groupby("kind").mean()])


def holdout(design: tuple[int, int], kind: str, seed: int) -> dict[str, float]:
    """Return what one test came to: without an effect, and with the smallest one that its plan promises."""
    regions, length = design
    rng = np.random.default_rng(seed)
    of = weekly_orders.drawn(rng, regions, YEARS + length, **weekly_orders.KINDS[kind])
    data = history(of.orders)
    plan = lift_tests.planned(data.until(data.weeks[YEARS - 1]), 1.0, weeks=length, seed=seed)
    effect = float(plan.chosen["smallest"])
    row = {"false": read(plan, of.orders, length).p <= ALPHA, "smallest": effect}
    if np.isfinite(effect):
        with_effect, added = weekly_orders.with_effect(rng, of, treated(plan, regions, length), YEARS, effect)
        result = read(plan, with_effect, length)
        row |= {"power": result.p <= ALPHA, "covered": result.low <= added <= result.high}
        row |= {"finite": np.isfinite(result.se)}
    else:
        row["unseen"] = 1.0
    return row


def history(orders: Floats) -> lift_tests.WeeklyOrders:
    """Return weekly orders, weeks x regions, as a user's, of which the last week is 2026-W47."""
    names = tuple(weeks.before("2026-W47", back) for back in range(len(orders) - 1, -1, -1))
    return lift_tests.WeeklyOrders(names, tuple(f"region {at:02}" for at in range(orders.shape[1])), orders)


def treated(plan: lift_tests.Plan, regions: int, length: int) -> Floats:
    """Return 1 for the regions, or weeks, that a plan has drawn."""
    if plan.design == lift_tests.REGIONS:
        return np.array([float(f"region {at:02}" in plan.treated) for at in range(regions)])
    return np.array([[float(str(at + 1) in plan.treated)] for at in range(length)])


def read(plan: lift_tests.Plan, orders: Floats, length: int) -> lift_tests.Result:
    """Return the result of a plan's test, which are the last weeks of the orders."""
    data = history(orders)
    start, end = (weeks.last_day(data.weeks[at]) for at in (YEARS, -1))
    if plan.design == lift_tests.REGIONS:
        return lift_tests.of_regions(
            data, start, end, plan.treated, campaign="test", known=data.weeks[YEARS - 1]
        )
    on = [data.weeks[YEARS + int(at) - 1] for at in plan.treated]
    return lift_tests.of_weeks(data, start, end, on, campaign="test", span=plan.span)


def main() -> None:
    """Run what was asked for, and print it as it goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["sbc", "robust", "held", "rules", "staged", "lift"])
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cluster", default="", help="as of nanospread simulate")
    asked = parser.parse_args()
    with workers(asked.cluster) as executor:
        _print(asked, executor)


@contextmanager
def workers(spec: str) -> Iterator[Executor | None]:
    """Yield the workers of a cluster, which are sent the modules that only tests have; none without one."""
    if not spec:
        yield None
        return
    import cloudpickle

    for module in (fresh_campaigns, generator, histories, weekly_orders):
        cloudpickle.register_pickle_by_value(module)
    with cluster.connected(spec) as client, cluster.workers(client) as executor:
        yield executor


def _print(asked: argparse.Namespace, executor: Executor | None) -> None:
    if asked.what in ("rules", "staged"):
        tried = fresh_campaigns.rules if asked.what == "rules" else fresh_campaigns.values
        cases = run.mapped(
            tried, (asked.sets, asked.seed), [(name,) for name in fresh_campaigns.CASES], executor
        )
        table = pd.concat(cases, ignore_index=True)
        if asked.out:
            table.to_csv(asked.out, index=False)
        print(table.round(2).to_string(index=False))
        return
    if asked.what == "lift":
        for design in DESIGNS:
            table = holdouts(design, asked.sets, asked.seed, executor)
            print(design, table.round(3).to_string(), sep="\n", flush=True)
        return
    seeds = [(asked.seed * 100_000 + at,) for at in range(asked.sets)]
    for misfit in generator.MISFITS if asked.what == "robust" else ("",):
        if asked.what == "held":
            sets = run.mapped(placed, ns.open().engagement, seeds, executor)
        else:
            sets = run.mapped(ranked, misfit, seeds, executor)
        rows = []
        for row in sets:
            rows.append(row)
            if asked.out:
                pd.DataFrame(rows).to_csv(asked.out.with_stem(f"{asked.out.stem}{misfit.replace(' ', '_')}"))
        table = summary(pd.DataFrame(rows).filter(regex="^(?!fit)"))
        print(misfit, table.round(3).to_string(), sep="\n", flush=True)


if __name__ == "__main__":
    main()
