"""Numbers in, checked rows out: what each notebook ends on, nbval compares and metrics.json carries.

One row is one number with all that is needed to trust it: metric (unique name), label (in words), value,
low and high (its interval, where there is one), se (Monte Carlo error, where it was simulated), n (sample
size), unit, basis (measured, estimated or assumed) and formula. A simulated number's interval is the
simulation's own error; the doubt about the assumptions is shown by the sweeps, not here.
"""

import pandas as pd

from nanospread.pages.headlines.ambassadors import ambassadors
from nanospread.pages.headlines.authenticity import authenticity
from nanospread.pages.headlines.campaign import campaign, first_screen, spread
from nanospread.pages.headlines.engagement import engagement
from nanospread.pages.headlines.forecast import forecast
from nanospread.pages.headlines.quality import quality
from nanospread.pages.headlines.recruitment import recruitment
from nanospread.pages.headlines.shortlist import shortlist

__all__ = [
    "ambassadors",
    "authenticity",
    "campaign",
    "engagement",
    "first_screen",
    "forecast",
    "quality",
    "recruitment",
    "shortlist",
    "spread",
    "together",
]


def together(*parts: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of several parts of a page, one after the other."""
    return pd.concat(parts, ignore_index=True)
