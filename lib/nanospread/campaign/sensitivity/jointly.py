"""Several assumptions at once -> odds on a grid of two, and the share of the variance that each causes."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import qmc, sobol_indices

from nanospread.campaign import risk
from nanospread.campaign.brief import Brief, changed
from nanospread.campaign.risk import Estimate
from nanospread.campaign.risk.swept import UNKNOWN
from nanospread.campaign.sensitivity import pairs
from nanospread.campaign.sensitivity.one_at_a_time import tornado
from nanospread.campaign.sensitivity.pairs import Setting
from nanospread.campaign.simulation import draws
from nanospread.core import errors
from nanospread.core.types import Floats, Places
from nanospread.creators.engagement import EngagementModel

CELLS = (6, 5)  # values of x and of y where none are given
MEASURED = ("p_loss", "p_beats", "profit_mean", "cvar_5")
OF = ("gain", "profit")
RESAMPLES = 1000
COVERED = (0.025, 0.975)  # quantiles of the resamples between which the interval lies


def heat_map(
    engagement: EngagementModel,
    brief: Brief,
    *,
    x: str = "kappa",
    y: str = "rho_campaign",
    xs: Sequence[float] | None = None,
    ys: Sequence[float] | None = None,
    n_worlds: int,
    seed: int,
) -> pd.DataFrame:
    """Return the nano arm's odds for each pair of values of two assumptions, or fields such as budget.

    xs, ys: None for 6 and 5 values from low to high of an assumption. Returns by x, then y: x, y, x_name,
    y_name, p_loss, p_beats, profit_mean, cvar_5, each with its <measure>_se; nan for a pair that cannot be.

    Raises: InputError for an unknown name, the same one twice, no values, or not one pair that can be.
    """
    if x == y:
        raise errors.InputError(f"x and y must be two assumptions; got {x!r} twice")
    across, up = _values(brief, x, xs, CELLS[0]), _values(brief, y, ys, CELLS[1])
    setting = Setting(engagement, brief, n_worlds, seed)
    cells = pd.DataFrame(
        {"x": one, "y": other, "x_name": x, "y_name": y, **pairs.columns(_odds(setting, {x: one, y: other}))}
        for one in across
        for other in up
    )
    if cells["p_loss"].isna().all():
        raise errors.InputError(f"no pair of the {x} and {y} given can be simulated")
    return cells


def _values(brief: Brief, name: str, given: Sequence[float] | None, n: int) -> list[float]:
    changed(brief, **{name: None})  # an unknown name has its own error
    if given is not None:
        if not len(given):
            raise errors.InputError(f"{name} needs at least one value; got none")
        return sorted(set(given))
    if name not in brief.assumptions:
        raise errors.InputError(f"{name} has no range of its own: give its values")
    return _rounded(pairs.Range(brief.assumptions[name].low, brief.assumptions[name].high).spaced(n))


def _rounded(values: list[float]) -> list[float]:
    """Return the values between the ends at two digits, unless that would make two of them one."""
    inner = [float(f"{value:.2g}") for value in values[1:-1]]
    short = [*values[:1], *inner, *values[1:][-1:]]
    return short if short == sorted(set(short)) else values


def _odds(setting: Setting, cell: dict[str, float]) -> dict[str, Estimate]:
    try:
        played = setting.pair(cell)
    except errors.InputError:
        if setting.possible(cell):  # then it is n_worlds or the seed that cannot be
            raise
        return dict.fromkeys(MEASURED, UNKNOWN)
    nano, worst = played.measures(), risk.cvar(played.nano, batch=played.batch)
    return dict(zip(MEASURED, (nano["loss"], nano["beats"], nano["profit"], worst), strict=True))


def indices(
    engagement: EngagementModel,
    brief: Brief,
    *,
    names: Sequence[str] | None = None,
    most: int = 8,
    n: int = 64,
    n_worlds: int = 256,
    seed: int,
) -> pd.DataFrame:
    """Return the share of the variance of gain and of profit that each assumption causes, all varied at once.

    Each is uniform from low to high on its own scale and independent of the others: how far they can be
    argued, not how likely each value is. Left out are the luck of the worlds (means over the same n_worlds
    count as exact), the assumptions not named, the errors of the engagement model and all correlations.
    names: None for the `most` of the largest swing. n: a power of two; n (names + 2) campaigns run.

    Returns: of ("gain" or "profit"), name, first (caused alone), total (with all it does beside others), each
    with the ends _low and _high of its 95 % interval over 1,000 resamples of the n points. The gain has a
    long tail, so with n = 64 a leading share is known to about 0.3 only; n = 256 halves that.

    References: Saltelli et al. 2010, Comput. Phys. Commun. 181:259; Efron and Tibshirani 1993, chapter 13.
    """
    if most < 1:
        raise errors.InputError(f"most must be 1 or more; got {most}")
    if n < 2 or n & (n - 1):
        raise errors.InputError(f"n must be a power of two such as 32 or 64; got {n}")
    if names is None:
        names = tornado(engagement, brief, n_worlds=n_worlds, seed=seed)["name"].tolist()[:most]
    wanted = pairs.chosen(brief, names)
    setting = Setting(engagement, brief, n_worlds, seed)
    spans = {name: setting.reachable(name) for name in wanted}
    ways = design(len(wanted), n, seed)
    means = np.stack([[_means(setting, spans, at) for at in row] for row in ways])
    return _table(wanted, means, seed)


def design(many: int, n: int, seed: int) -> Floats:
    """Return where to look, as shares of the way from low to high: n rows x (A, B, AB 1, ...) x many.

    A and B are the two halves of one Sobol sequence; AB i is A with column i of B.
    """
    halves = qmc.Sobol(2 * many, rng=int(draws.key(seed, "sensitivity"))).random(n)
    first, second = halves[:, :many], halves[:, many:]
    points = np.repeat(first[:, None, :], many + 2, axis=1)
    points[:, 1, :] = second
    each = np.arange(many)
    points[:, each + 2, each] = second
    return points


def _means(setting: Setting, spans: Mapping[str, pairs.Range], ways: Floats) -> Floats:
    """Return mean gain and mean profit [money] at one point."""
    at = {name: float(span.between(way)) for (name, span), way in zip(spans.items(), ways, strict=True)}
    at = _with_room(setting.brief, at)
    try:
        played = setting.pair(at)
    except errors.InputError:
        played = setting.pair(setting.nearest(at))
    return np.array([played.gain.mean(), played.nano.mean()])


def _with_room(brief: Brief, at: dict[str, float]) -> dict[str, float]:
    """Return the values with rho_niche, where it is one of them, no larger than rho_campaign allows."""
    if "rho_niche" not in at:
        return at
    room = 1 - at.get("rho_campaign", brief.values.rho_campaign)
    return {**at, "rho_niche": min(at["rho_niche"], room)}


def _table(names: Sequence[str], runs: Floats, seed: int) -> pd.DataFrame:
    both = shares(runs)
    spread = np.quantile([shares(runs[rows]) for rows in _resampled(len(runs), seed)], COVERED, axis=0)
    columns = {"of": np.repeat(OF, len(names)), "name": np.tile(names, len(OF))}
    for at, kind in enumerate(("first", "total")):
        columns[kind] = both[at].ravel()
        columns[f"{kind}_low"], columns[f"{kind}_high"] = spread[0, at].ravel(), spread[1, at].ravel()
    return pd.DataFrame(columns)


def shares(runs: Floats) -> Floats:
    """Return first and total indices: 2 x outputs x assumptions, of n rows x (A, B, AB 1, ...) x outputs."""
    first, second, *mixed = np.moveaxis(runs, 0, -1).copy()  # scipy centres what it is given
    sobol = sobol_indices(func={"f_A": first, "f_B": second, "f_AB": np.stack(mixed)}, n=len(runs))
    return np.stack([sobol.first_order, sobol.total_order])


def _resampled(n: int, seed: int) -> Places:
    """Return n of the n rows with repetition, `RESAMPLES` times; scipy's own bootstrap cannot be seeded."""
    uniforms = draws.uniforms(seed, "sensitivity", "resampled", RESAMPLES * n)
    return (uniforms * n).astype(np.intp).reshape(RESAMPLES, n)
