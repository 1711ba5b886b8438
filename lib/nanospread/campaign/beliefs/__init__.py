"""Brief + own results -> beliefs: what is not known, as joint draws, before and after the results.

- evidence: tables -> what results say, and what contradicts
- quadrature: Poisson counts with normal luck -> exact likelihoods and gradients, compiled
- likelihood: evidence + values -> log likelihood and gradient
- importance: log density -> equally weighted draws, or the word that they cannot be had
- posterior: brief + evidence -> joint draws, before and after the results
- lasting: results + beliefs -> what each creator's own past sales say of its next
- stored: the same, stored for the next process
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nanospread.campaign.beliefs import evidence, lasting, posterior, stored
from nanospread.campaign.beliefs.evidence import Evidence
from nanospread.campaign.beliefs.importance import SamplerResult
from nanospread.campaign.beliefs.likelihood import LEAST, Likelihood
from nanospread.campaign.brief import Assumptions, Brief, order_earns
from nanospread.core.formatting import counted
from nanospread.core.types import Floats

__all__ = ["LIFT_TESTS", "Beliefs", "Conflict", "creator_effects", "learned", "prior", "with_creators"]

EFFECT_DRAWS = 8  # of the joint draws, from low sales to high ones; fewer where results are many
MANY_ROWS = 16_000  # results times such draws: as many take seconds
QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
LIFT_TESTS = ["campaign", "side", "incremental_orders", "se", "from", "to", "source"]
TAUGHT_BY_LIFT = ("tracked_share", "incremental_share")  # what is believed once a lift test tells of it
COLUMNS = [*(f"prior_{name}" for name in QUANTILES), *QUANTILES, "basis", "learned_from"]


class Conflict(NamedTuple):
    """A belief whose results have their middle outside the prior's 1 to 99 % points, low and high."""

    name: str
    middle: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Beliefs:
    """What is believed of each uncertain assumption, jointly, before and after the results.

    draws: equally weighted joint draws x `names`, in natural units; rows rise with the sales of a nano
    follower, so that one uniform picks a row well. prior: the same before any result. basis: measured,
    learned, published, assumed or set, by name. learned_from: what taught a belief, by name. fixed: values in
    force of beliefs that nothing draws: set as one number, without a range, or switched off. notes: what
    contradicts in the results, in sentences. conflicts: of results with the prior. unfitted: groups of
    beliefs that the results could not be fitted to, which are as before. fits: how the draws of each group
    were had, and how well. creators: what past sales say of single creators, as `creator_effects`.
    """

    names: tuple[str, ...]
    draws: Floats
    prior: Floats
    basis: Mapping[str, str]
    learned_from: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    unfitted: tuple[tuple[str, ...], ...] = ()
    fits: tuple[SamplerResult, ...] = ()
    creators: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["multiplier", "remaining"]))

    def column(self, name: str, *, before: bool = False) -> Floats:
        """Return the draws of one belief, also of a fixed one. before: those of the prior."""
        draws = self.prior if before else self.draws
        if name in self.fixed:
            return np.full(len(draws), self.fixed[name])
        return draws[:, self.names.index(name)]

    def orders_per_100_clicks(self, side: str, *, before: bool = False) -> Floats:
        """Return what 100 clicks bring on average, flops included; kappa, conversion and advocacy jointly."""

        def drawn(name: str) -> Floats:
            return self.column(name, before=before)

        advocacy = drawn("advocacy") if side == "nano" else 1.0
        flops = 1 - drawn("flop_rate") * (1 - drawn("flop_multiplier"))
        return 100 * drawn("kappa") * drawn(f"cvr_{side}") * advocacy * flops

    @property
    def sales(self) -> str:
        """Return what the orders of a click rest on: learned from any result, or the basis of kappa."""
        parts = [self.basis[name] for name in ("kappa", "cvr_nano", "cvr_macro")]
        return "learned" if "learned" in parts else parts[0]

    def table(self) -> pd.DataFrame:
        """Return each belief before and after the results.

        Returns a row per belief and derived quantity, indexed by name: prior_p10, prior_p50, prior_p90, p10,
        p50, p90 in the belief's unit; basis; learned_from. Derived: orders_per_100_clicks_nano and _macro,
        and nano_to_macro, their ratio.
        """
        rows = {
            name: (self.column(name, before=True), self.column(name), self.basis[name]) for name in self.basis
        }
        sides = ("nano", "macro")
        per_click = [
            [self.orders_per_100_clicks(side, before=before) for side in sides] for before in (True, False)
        ]
        for column, side in enumerate(sides):
            rows[f"orders_per_100_clicks_{side}"] = (per_click[0][column], per_click[1][column], self.sales)
        ratios = [nano / np.where(macro > 0, macro, np.nan) for nano, macro in per_click]
        rows["nano_to_macro"] = (ratios[0], ratios[1], self.sales)
        return (
            pd.DataFrame({name: self._row(name, *values) for name, values in rows.items()}, index=COLUMNS)
            .T.rename_axis("name")
            .infer_objects()
        )

    def _row(self, name: str, before: Floats, after: Floats, basis: str) -> list[object]:
        shares = list(QUANTILES.values())
        quantiles = [end for draws in (before, after) for end in np.quantile(draws, shares)]
        return [*quantiles, basis, self.learned_from.get(name if name in self.basis else "kappa", "")]


def prior(brief: Brief) -> Beliefs:
    """Return what is believed before any result."""
    return _prior(brief, posterior.free_beliefs(brief))


def learned(
    brief: Brief,
    results: pd.DataFrame,
    roster: pd.DataFrame,
    lift_tests: pd.DataFrame | None = None,
    *,
    rough: bool = False,
) -> Beliefs:
    """Return what is believed given the results of campaigns and lift tests; the prior where none teaches.

    results: as `Tables.results`, with posted_at, as_of, story_reach, impressions and
    tracking where they are known. roster: creator and followers. lift_tests: with the columns `LIFT_TESTS`.
    rough: from half of the draws, where many fits are wanted.
    Where the draws cannot be had, the prior of those beliefs stays, and they are named as unfitted.
    """
    tests = pd.DataFrame(columns=LIFT_TESTS) if lift_tests is None else lift_tests
    if not len(results) and not len(tests):
        return prior(brief)
    gathered = evidence.gathered(results, tests, roster, brief.goods, brief.platform)
    free = posterior.free_beliefs(brief, TAUGHT_BY_LIFT if len(gathered.lifts.se) else ())
    before = _prior(brief, free)
    taught = stored.learned(brief, free, gathered, rough=rough)
    if taught is None:
        return replace(before, notes=gathered.notes)
    draws = by_sales(brief, free.names, posterior.with_room(free.names, taught.values))
    source = _source(gathered)
    return replace(
        before,
        draws=draws,
        basis={**before.basis, **dict.fromkeys(taught.names, "learned")},
        learned_from=dict.fromkeys(taught.names, source),
        notes=gathered.notes,
        conflicts=_conflicts(before.prior, draws, free.names),
        unfitted=taught.unfitted,
        fits=taught.fits,
    )


def with_creators(believed: Beliefs, brief: Brief, results: pd.DataFrame, roster: pd.DataFrame) -> Beliefs:
    """Return the beliefs with what the results they were learned from say of single creators."""
    if not believed.learned_from:
        return believed
    return replace(believed, creators=creator_effects(brief, results, roster, believed))


def creator_effects(
    brief: Brief, results: pd.DataFrame, roster: pd.DataFrame, believed: Beliefs
) -> pd.DataFrame:
    """Return what each creator's own results say of the part of its orders per click that lasts.

    Returns a row per creator whose results tell of orders (none without a click), indexed by creator:
    log_mean and log_sd of the log of that part, 0 on average before any result; multiplier, what to multiply
    its expected orders by, 1 on average over creators alike; n, the campaigns that tell of it; remaining,
    the part of the sd of its own luck that is left.
    """
    orders, creators = evidence.by_creator(results, roster, brief.platform)
    codes, names = pd.factorize(creators)
    n = min(max(MANY_ROWS // max(orders.rows, 1), 2), EFFECT_DRAWS)
    places = ((np.arange(n) + 0.5) / n * len(believed.draws)).astype(np.intp)
    chosen = believed.draws[places].tolist()
    fixed = {name: brief.value(name) for name in brief.assumptions}
    drawn = [fixed | dict(zip(believed.names, each, strict=True)) for each in chosen]
    mean, sd, factor = lasting.effects(Likelihood(orders, ("orders",)), codes.astype(np.int64), drawn)
    n_campaigns = np.bincount(codes, minlength=len(names))
    columns = {"log_mean": mean, "log_sd": sd, "multiplier": factor, "n": n_campaigns}
    table = pd.DataFrame(columns, index=pd.Index(names, name="creator"))
    own = float(np.mean(believed.column("conversion_sd") ** 2 * (1 - believed.column("rho_campaign"))))
    left = 1 - brief.values.lasting_share + table["log_sd"] ** 2 / max(own, LEAST)
    return table.assign(remaining=np.sqrt(np.minimum(left, 1.0)))


def _prior(brief: Brief, free: posterior.Prior) -> Beliefs:
    draws = by_sales(brief, free.names, posterior.with_room(free.names, free.values(free.scores())))
    beliefs = [row for row in brief.assumptions.values() if row.kind == "belief"]
    return Beliefs(
        names=free.names,
        draws=draws,
        prior=draws,
        basis={row.name: row.basis if row.name in free.names else "set" for row in beliefs},
        fixed={row.name: row.used(brief.switches) for row in beliefs if row.name not in free.names},
    )


def _source(gathered: Evidence) -> str:
    tests = f" and {counted(len(gathered.lifts.se), 'lift test')}" if len(gathered.lifts.se) else ""
    return f"{counted(gathered.rows, 'result')} of {counted(gathered.campaigns, 'campaign')}{tests}"


def _conflicts(before: Floats, after: Floats, names: tuple[str, ...]) -> tuple[Conflict, ...]:
    ends = np.quantile(before, [0.01, 0.99], axis=0)
    middle = np.median(after, axis=0)
    rows = zip(names, middle.tolist(), *ends.tolist(), strict=True)
    return tuple(Conflict(*row) for row in rows if not row[2] <= row[1] <= row[3])


def by_sales(brief: Brief, names: tuple[str, ...], draws: Floats) -> Floats:
    """Return the draws by rising earnings of a nano follower, on which the odds depend most."""
    values: Assumptions[Any] = brief.values.replaced(dict(zip(names, draws.T, strict=True)))
    clicks = values.reach_rate_nano * values.ctr_feed + values.story_rate_nano * values.ctr_story
    orders = clicks * values.kappa * values.cvr_nano * values.advocacy
    sales = np.broadcast_to(orders * order_earns(values), len(draws))
    return draws[np.argsort(sales, kind="stable")]
