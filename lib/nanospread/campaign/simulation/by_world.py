"""Brief + beliefs -> the assumptions of each world: the brief's own, or one joint draw of what is not known.

Beliefs are rows of equally likely draws. World w takes the row that its own Sobol point picks, whatever the
seed's luck, and all options and arms of the world take the same row.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief
from nanospread.campaign.simulation import draws
from nanospread.campaign.simulation.creator_model import Values
from nanospread.core.types import Floats, Places


class JointDraws(Protocol):
    """Equally likely joint draws of what is not known; as `campaign.beliefs.Beliefs`."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns: rows of data/assumptions.csv."""

    @property
    def draws(self) -> Floats:
        """Return the draws, draws x names, sorted so that neighbours are alike."""

    @property
    def creators(self) -> pd.DataFrame:
        """Return what past sales say of single creators, by creator: multiplier, remaining."""


def rows(beliefs: JointDraws, seed: int, start: int, stop: int) -> Places:
    """Return which draw each of the worlds start to stop - 1 takes."""
    return (draws.beliefs(seed, start, stop) * len(beliefs.draws)).astype(np.intp)


def values(brief: Brief, beliefs: JointDraws | None, seed: int, start: int, stop: int) -> Values:
    """Return the assumptions in worlds start to stop - 1: a number each, or an array where it is drawn."""
    if beliefs is None:
        return brief.values
    return at(brief, beliefs, beliefs.draws[rows(beliefs, seed, start, stop)])


def drawn(brief: Brief, beliefs: JointDraws | None, most: int = 0) -> Values:
    """Return the assumptions at every draw, or at about `most` of them, or the brief's own."""
    if beliefs is None:
        return brief.values
    return at(brief, beliefs, beliefs.draws[:: max(1, len(beliefs.draws) // most if most else 1)])


def at(brief: Brief, beliefs: JointDraws, chosen: Floats) -> Values:
    """Return the assumptions at these draws; the niches' luck has what the campaign's leaves of it."""
    columns = dict(zip(beliefs.names, np.ascontiguousarray(chosen.T), strict=True))
    every = brief.values.replaced(columns)
    if {"rho_campaign", "rho_niche"} & columns.keys():
        every = every.replaced({"rho_niche": np.minimum(every.rho_niche, 1 - every.rho_campaign)})
    return every


@dataclass(frozen=True)
class Draws:
    """Joint draws alone."""

    names: tuple[str, ...]
    draws: Floats
    creators: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["multiplier", "remaining"]))


def without(beliefs: JointDraws | None, name: str) -> JointDraws | None:
    """Return the beliefs without one of them: what is set is known."""
    if beliefs is None or name not in beliefs.names:
        return beliefs
    others = [at for at, other in enumerate(beliefs.names) if other != name]
    return Draws(tuple(beliefs.names[at] for at in others), beliefs.draws[:, others], beliefs.creators)
