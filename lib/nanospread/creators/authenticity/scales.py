"""The scales on which creators are compared: those on which luck weighs about the same everywhere."""

import numpy as np

from nanospread.core.types import Floats

LEAST_JUMP = 0.001  # log change; below it counts are rounded anyway
EDGE = 1e-4  # nearest to 0 and 1 that odds are taken


def score(value: Floats, scale: str) -> Floats:
    """Return values [0-1] on their scale, higher where the value is higher.

    angle: asin of the root (a share's error is then 1 / (2 sqrt n), also at 0 and 1). odds: log odds. jump:
    minus the log of the log change (a largest change is skewed, its log hardly). log: already a log ratio.
    """
    if scale == "angle":
        return np.asarray(np.arcsin(np.sqrt(np.clip(value, 0.0, 1.0))))
    if scale == "odds":
        inside = np.clip(value, EDGE, 1 - EDGE)
        return np.asarray(np.log(inside / (1 - inside)))
    if scale == "jump":
        with np.errstate(divide="ignore"):
            return np.asarray(-np.log(np.maximum(-np.log(np.clip(value, 0.0, 1.0)), LEAST_JUMP)))
    return value
