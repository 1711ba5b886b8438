"""Model + brief -> how far each assumption moves the odds: tornado, map, global indices, break-evens.

Always about two arms, the nano arm with the brief's offer and the macro. gain is the mean profit of the first
minus that of the second [money], profit the mean profit of the nano arm [money], beats the probability that
nano beats the macro, loss that nano loses money; each with the Monte Carlo error of `risk` under <name>_se.
All values are played in the same worlds, so what differs is the assumption and not the luck.

An assumption's range is low to high of the brief. It counts on a log scale where low is above 0 and high at
least ten times as large. A value that cannot be, such as rho_campaign + rho_niche above 1 or a list too long
to work through, is drawn back towards the brief's own value until it can.

`pairs` plays the two arms, `ranges` tells which values there are, `one_at_a_time` makes the tornado, `grids`
the heat map, `shares` the global indices, `turning` the break-evens and `pilot` the worth of a pilot.
"""

from nanospread.campaign.sensitivity.grids import heat_map
from nanospread.campaign.sensitivity.one_at_a_time import tornado
from nanospread.campaign.sensitivity.pilot import Pilot, pilot, worth
from nanospread.campaign.sensitivity.shares import indices
from nanospread.campaign.sensitivity.turning import break_evens

__all__ = ["Pilot", "break_evens", "heat_map", "indices", "pilot", "tornado", "worth"]
