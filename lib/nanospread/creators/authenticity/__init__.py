"""Posts, followers over time and comments -> components of trust per creator, each in [0, 1], and flags.

There is no total score: each component has its own formula, interval, peers and n (`CATALOGUE`). Nothing is
dropped for being odd. A flag names its reason and its peers; `by_chance` says how many flags luck alone would
bring, and `what_a_flag_tells` what one is worth.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from nanospread.core import errors
