"""Model + brief -> the profits of the nano arm and the macro in the same worlds, and their measures."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanospread.campaign import risk, simulation
from nanospread.campaign.brief import Brief, changed
from nanospread.campaign.risk import Estimate
from nanospread.core import errors
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel


class Pair(NamedTuple):
    """The profit of both arms [money], one value for each world, in the same order."""

    nano: Floats
    macro: Floats

    @property
    def gain(self) -> Floats:
        """What nano earns more than the macro, in each world [money]."""
        return self.nano - self.macro

    @property
    def batch(self) -> NDArray[np.intp]:
        """Which independent batch each world is of."""
        return np.arange(len(self.nano)) % risk.BATCHES


def pair(
    engagement: EngagementModel,
    brief: Brief,
    changes: Mapping[str, float],
    *,
    n_worlds: int,
    seed: int,
) -> Pair:
    """Return the profits of the nano arm and the macro with these values of assumptions or fields.

    Raises: InputError for an unknown name or values that cannot be.
    """
    other = changed(brief, **changes)
    arms = (f"nano_{other.nano.offer}", "macro")
    blocks = list(simulation.blocks(engagement, other, n_worlds=n_worlds, seed=seed, only=arms))
    profits = [
        np.concatenate([block.loc[block["arm"] == arm, "profit"].to_numpy() for block in blocks])
        for arm in arms
    ]
    return Pair(*profits)


def possible(engagement: EngagementModel, brief: Brief, changes: Mapping[str, float]) -> bool:
    """Return whether the brief can be simulated with these values."""
    try:
        pair(engagement, brief, changes, n_worlds=1, seed=0)
    except errors.InputError:
        return False
    return True


def measured(found: Pair) -> dict[str, Estimate]:
    """Return gain and profit [money], beats and loss [probabilities]."""
    return {
        "gain": risk.mean(found.gain, batch=found.batch),
        "profit": risk.mean(found.nano, batch=found.batch),
        "beats": risk.p_beats(found.nano, found.macro, batch=found.batch),
        "loss": risk.p_loss(found.nano, batch=found.batch),
    }


def columns(found: Mapping[str, Estimate], end: str = "") -> dict[str, float]:
    """Return each measure's value as <measure><end> and its error as <measure><end>_se."""
    values = {f"{name}{end}": estimate.value for name, estimate in found.items()}
    return values | {f"{name}{end}_se": estimate.se for name, estimate in found.items()}
